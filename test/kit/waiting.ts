import { join } from "node:path";
import { decide, type DecideOptions } from "../../src/cli/approve.ts";
import { exitOfFaults } from "../../src/cli/io.ts";
import { FaultError } from "../../src/model/fault.ts";
import { localJob, sweep } from "./shelf.ts";
import type { Workshop } from "./workshop.ts";

/** A card that waits, as `runbook approvals --json` tells it. */
export type WaitingCard = {
  readonly run: string;
  readonly host: string;
  readonly step: string;
  readonly digest: string;
  readonly alive: boolean;
};

/** What a person does on two hosts, and a script of low risk on three. */
export const HAND = `  - id: hand
    independent: true
    detect: { run: '[ ! -e "$dir/loose" ] || echo loose' }
    fix: { risk: low, manual: Plug it in }
`;

/** A workshop with a run that waits: files `*.bad` on the hosts a and b, and something loose on a. */
export async function waitingJob(steps = sweep() + HAND, args: readonly string[] = []): Promise<Workshop> {
  const shop = await localJob(steps, {
    hosts: ["a", "b"],
    top: "inputs: { dir: { type: string } }\nrollout: { batches: [100%], max_failures: 2 }\n",
    files: { "a/x.bad": "", "b/x.bad": "", "a/loose": "" },
  });
  const { exit, out, err } = await shop.run("run", "job", "-i", "hosts.yml", ...args);
  if (exit !== 3) throw new Error(`it does not wait: ${exit}\n${out}${err}`);
  return shop;
}

/** The cards that wait in all runs of a workshop, or in one. */
export async function cardsOf(shop: Workshop, ...argv: readonly string[]): Promise<readonly WaitingCard[]> {
  const { out } = await shop.run("approvals", "--json", ...argv);
  return out
    .split("\n")
    .filter((line) => line !== "")
    .map((line): WaitingCard => JSON.parse(line));
}

/** The card of a step on a host. */
export async function cardOn(shop: Workshop, host: string, step = "sweep"): Promise<WaitingCard> {
  const cards = await cardsOf(shop);
  const card = cards.find((one) => one.host === host && one.step === step);
  if (card === undefined) throw new Error(`no card of ${step} on ${host}: ${JSON.stringify(cards)}`);
  return card;
}

/** What came of a decision: the exit code, and all that was said. */
export type Said = { readonly exit: number; readonly said: string };

/** Decides as the command does, in this process and so without a terminal: a hundred refusals need not start a hundred programs. */
export async function decideHere(
  shop: Workshop,
  verdict: "approve" | "deny",
  target: string,
  options: DecideOptions = {},
): Promise<Said> {
  let said = "";
  const io = { out: (text: string) => void (said += text), err: (text: string) => void (said += text) };
  const state = join(shop.directory, ".local/state/runbook");
  const answer = await decide(verdict, target, { ...options, state }, io).catch((error: unknown) => {
    if (error instanceof FaultError) return error.faults;
    throw error;
  });
  if (typeof answer === "number") return { exit: answer, said };
  const faults = answer.map(({ where, message, hint }) => `${where ?? ""}: ${message}\n${hint ?? ""}\n`);
  return { exit: exitOfFaults(answer), said: said + faults.join("") };
}
