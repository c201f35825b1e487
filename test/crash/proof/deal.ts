import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fold } from "../../../src/engine/evolve.ts";
import { stepVerdict } from "../../../src/engine/outcome.ts";
import { SqliteRecord } from "../../../src/journal/sqlite.ts";
import type { Entry } from "../../../src/model/event.ts";
import { eventually } from "../../kit/processes.ts";
import type { Blow } from "./blow.ts";
import type { Site } from "./site.ts";
import { struck } from "./strike.ts";

const COMMAND = resolve(import.meta.dirname, "../../../bin/runbook.js");
const GUILLOTINE = resolve(import.meta.dirname, "../fixtures/guillotine.mjs");
const BEGIN = ["run", "./proof.yml", "-i", "hosts.yml", "--approve", "low", "--wait-lock", "1m"] as const;
/** So many processes, and a person gives up a run that does not come to rest. */
const MOST = 16;
/** s that a person waits for what still runs on a host, before they ask it again. */
const LINGERS = 60;
/** ms after which a process of the command hangs. */
const HANGS = 180_000;

/** One process of the command and how it ended; `exit` null: a signal ended it. */
export type Told = { readonly argv: readonly string[]; readonly exit: number | null; readonly text: string };

/** All that came of one case. */
export type Story = {
  readonly told: readonly Told[];
  readonly entries: readonly Entry[];
  /** Nothing is left to do, or asking once more changes nothing. */
  readonly rested: boolean;
  /** Whether the blow met a run that was still at work. */
  readonly hit: boolean;
  readonly ms: number;
};

/** Runs the site's runbook, deals the blow, and goes on as a person would until nothing is left. */
export async function deal(site: Site, blow: Blow | null): Promise<Story> {
  await site.renew();
  const begun = performance.now();
  const told: Told[] = [];
  let child: ChildProcess | null = null;
  let hit = false;
  const strike = struck(site, blow, () => child?.kill("SIGKILL"));
  const go = async (...argv: readonly string[]): Promise<Told> => {
    const killed = told.some(({ exit }) => exit === null);
    const at = blow?.kind === "event" && !killed ? `${blow.when}:${blow.seq}` : null;
    const next = start(site.directory, [...argv, "--state", "state"], at);
    child = next.child;
    if (argv[0] !== "approvals") strike.began(argv[0] === "run" || argv[0] === "resume");
    const one = { argv, ...(await next.ended) };
    child = null;
    told.push(one);
    hit ||= one.exit === null;
    return one;
  };

  await go(...BEGIN);
  let rested = false;
  while (!rested && told.length < MOST) {
    const before = await entriesOf(site.directory);
    const run = before[0]?.run;
    if (run === undefined) {
      await go(...BEGIN);
      continue;
    }
    const idle = site.idle();
    const deeds: Told[] = [];
    for (const digest of cardsIn(before)) deeds.push(await go("approve", run, "--digest", digest));
    const { exit, text } = await go("resume", run);
    const same = endsOf(await entriesOf(site.directory)) === endsOf(before);
    // What was killed is done again, and what runs may have something to tell later.
    const unchanged = same && exit !== null && exit < 64 && deeds.every((each) => each.exit !== null);
    rested = (exit === 64 && text.includes("nothing is left to do")) || (unchanged && idle);
    if (unchanged && !idle) await eventually(() => site.idle(), LINGERS, 250);
  }
  hit = (await strike.over()) || hit;
  return { told, entries: await entriesOf(site.directory), rested, hit, ms: performance.now() - begun };
}

/** Runs `runbook …` in the site's directory to its end, as built. */
export async function command(directory: string, ...argv: readonly string[]): Promise<Told> {
  return { argv, ...(await start(directory, [...argv, "--state", "state"], null).ended) };
}

function start(
  cwd: string,
  argv: readonly string[],
  killAt: string | null,
): { readonly child: ChildProcess; readonly ended: Promise<Omit<Told, "argv">> } {
  const options = killAt === null ? [] : ["--import", GUILLOTINE];
  const env = { PATH: process.env["PATH"], HOME: cwd, USER: "ada", NO_COLOR: "1", RUNBOOK_KILL_AT: killAt ?? "" };
  const child = spawn(process.execPath, [...options, COMMAND, ...argv], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const parts: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => void parts.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => void parts.push(chunk));
  const { promise: ended, resolve: end } = Promise.withResolvers<Omit<Told, "argv">>();
  const hangs = setTimeout(() => child.kill("SIGABRT"), HANGS);
  child.once("close", (exit, signal) => {
    clearTimeout(hangs);
    const words = signal === "SIGABRT" ? `\nit hung for ${HANGS / 1000} s` : "";
    end({ exit: signal === "SIGABRT" ? 70 : exit, text: Buffer.concat(parts).toString("utf8") + words });
  });
  return { child, ended };
}

/** What is on record; nothing where the command had not come so far. */
async function entriesOf(directory: string): Promise<readonly Entry[]> {
  const state = join(directory, "state");
  if (!existsSync(join(state, "runbook.db"))) return [];
  await using record = SqliteRecord.open(state);
  const run = (await record.runs())[0]?.run;
  return run === undefined ? [] : await record.read(run);
}

/** The digests of the cards that wait. */
function cardsIn(entries: readonly Entry[]): string[] {
  const hosts = fold(entries)?.hosts.values() ?? [];
  return [...hosts].flatMap((host) =>
    host.steps.flatMap((step) => (step.asked !== null && step.approval === null ? [step.asked.digest] : [])),
  );
}

/** How every step ended, as one text. */
function endsOf(entries: readonly Entry[]): string {
  const hosts = [...(fold(entries)?.hosts.values() ?? [])];
  return JSON.stringify(hosts.map((host) => host.steps.map((step) => stepVerdict(host, step).outcome)));
}
