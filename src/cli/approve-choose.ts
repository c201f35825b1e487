import { FaultError, type Fault } from "../model/fault.ts";
import type { WaitingRun } from "../report/waiting.ts";
import { clean } from "../view/clean.ts";
import { wantedOf } from "../view/questions.ts";
import { counted, shortDigest } from "../view/words.ts";
import { askAll } from "./approve-ask.ts";
import { cardsNamed, doneFaults, type Asked, type Choice } from "./approve-choice.ts";
import type { Io } from "./io.ts";
import { dialogue } from "./prompt.ts";

/** What the command line says of the choices. */
export type ChoosingOptions = {
  readonly digest?: readonly string[] | undefined;
  readonly reason?: string | undefined;
  readonly done?: boolean | undefined;
  readonly sign?: string | true | undefined;
  readonly json?: boolean | undefined;
};

/**
 * What somebody decides: on the cards that `--digest` names, of all that were ever asked, else on those that wait, one by one on the
 * terminal. Null: they gave up. Throws usage faults, before anything is decided.
 */
export async function choose(
  run: WaitingRun,
  asked: readonly Asked[],
  verdict: Choice["verdict"],
  options: ChoosingOptions,
  io: Io,
): Promise<readonly Choice[] | null> {
  if (options.digest !== undefined) return chooseNamed(run, asked, verdict, options);
  if (run.questions.length === 0) throw new FaultError(nothingWaits(run));
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw new FaultError(nobodyToAsk(run, verdict));
  const unsigned = options.sign === undefined ? unsignedFault(run) : null;
  if (unsigned !== null) throw new FaultError(unsigned);
  const { stdout, stderr } = process;
  const own = options.json === true || !stdout.isTTY;
  const terminal = own ? stderr : stdout;
  using talk = dialogue();
  return await askAll(run, {
    verdict,
    reason: options.reason,
    show: (line) => (own ? io.err(`${line}\n`) : io.out(`${line}\n`)),
    dialogue: talk,
    width: terminal.columns,
    colour: terminal.hasColors(),
    now: () => Date.now(),
  });
}

function chooseNamed(
  run: WaitingRun,
  asked: readonly Asked[],
  verdict: Choice["verdict"],
  { digest = [], reason, done }: ChoosingOptions,
): readonly Choice[] {
  if (verdict === "deny" && (reason ?? "").trim() === "") {
    const message = "whoever reads of it later wants to know why it was denied";
    throw new FaultError({ kind: "usage", where: "--reason", message, hint: "--reason TEXT" });
  }
  const named = cardsNamed(digest, run, asked);
  if ("faults" in named) throw new FaultError(...named.faults);
  const misused = verdict === "approve" ? doneFaults(named.cards, run, done === true) : [];
  if (misused.length > 0) throw new FaultError(...misused);
  const decidedAt = Date.now();
  return named.cards.map((card) => ({ ...card, verdict, reason, decidedAt }));
}

function nothingWaits({ state }: WaitingRun): Fault {
  const { ended, run, hosts } = state;
  const other = [...hosts.values()].flatMap(({ steps }) => steps.flatMap((step) => step.elsewhere?.inRun ?? []))[0];
  if (other !== undefined) {
    const message = `nothing waits in run ${run}: what it found is asked in run ${other}`;
    return { kind: "usage", message, hint: `\`runbook approve ${other}\`` };
  }
  const how = ended === null ? "" : `: it has ended (${ended.outcome}, exit ${ended.exit})`;
  return {
    kind: "usage",
    message: `nothing waits in run ${run}${how}`,
    hint: `\`runbook history show ${run}\` tells what it did`,
  };
}

/** So many cards are named to somebody who must type one of them. */
const MOST_NAMED = 10;

function nobodyToAsk({ state, questions }: WaitingRun, verdict: Choice["verdict"]): Fault {
  const cards = questions.flatMap(({ members }) => members);
  const names = cards.slice(0, MOST_NAMED).map(({ host, step, digest }) => {
    const manual = step.plan.fix?.kind === "manual" && verdict === "approve" ? " --done" : "";
    return `--digest ${shortDigest(digest)}${manual} (${clean(step.plan.id)} on ${clean(host.host)})`;
  });
  const rest = cards.length - names.length;
  return {
    kind: "usage",
    message: `there is no terminal to ask on, and no card is named; ${counted(cards.length, "card")} of run ${state.run} wait`,
    hint: `look at them (\`runbook approvals ${state.run}\`), then name what you have seen: ${names.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`,
  };
}

/** Said before somebody reads a card, rather than after. */
function unsignedFault({ state, questions }: WaitingRun): Fault | null {
  const now = Date.now();
  const signed = questions
    .flatMap(({ members }) => members)
    .filter((card) => wantedOf(state, card, now).permission.signed);
  if (signed.length === 0) return null;
  return {
    kind: "usage",
    message: `${counted(signed.length, "card")} of run ${state.run} cannot be decided without a signature`,
    hint: "add --sign, or --sign KEY",
  };
}
