import { spawn, type ChildProcess } from "node:child_process";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { contentDigest } from "../engine/runbook-digest.ts";
import type { ProcessEnd } from "../schedule/aftermath.ts";
import type { Errand, Process, Starter } from "./ports.ts";

/** How processes of ours are started. */
export type Program = {
  /** What is called, and its first arguments. */
  readonly file: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** The directory of the record, and the file of schedules. */
  readonly state: string;
  readonly schedules: string;
  /** What is in force of that file, which may be another by now; null: nothing yet. */
  readonly text: () => string | null;
};

/** Starts the program itself for each errand, in a process group of its own: a signal that ends us does not end it. */
export function processStarter(program: Program): Starter {
  return {
    start: (errand, hear) => {
      try {
        return begin(errand, program, hear);
      } catch (error) {
        // Where there is no memory for another process, for instance.
        hear(error instanceof Error ? error.message : String(error));
        return { pid: null, ended: Promise.resolve(NOT_STARTED), stop: () => undefined };
      }
    },
  };
}

const NOT_STARTED: ProcessEnd = { code: null, signal: null };

function begin(
  errand: Errand,
  { file, argv, cwd, env, text, ...places }: Program,
  hear: (line: string) => void,
): Process {
  const inForce = errand.kind === "fire" ? text() : null;
  const child = spawn(file, [...argv, ...argumentsOf(errand, places, inForce)], {
    cwd,
    env,
    detached: true,
    // What it prints of the run is on record, and cards are not for a log.
    stdio: [inForce === null ? "ignore" : "pipe", "ignore", "pipe"],
  });
  // It may end before it has read anything.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(inForce);
  if (child.stderr !== null) hearLines(child.stderr, hear);
  // Whoever ends does not wait for what goes on without them.
  child.unref();
  if (child.stderr instanceof Socket) child.stderr.unref();
  return processOf(child, hear);
}

function argumentsOf(
  errand: Errand,
  { state, schedules }: Pick<Program, "state" | "schedules">,
  inForce: string | null,
): string[] {
  if (errand.kind === "resume") return ["resume", errand.run, "--no-tui", "--state", state];
  const { schedule, nominal, act, why, run, begun } = errand;
  const [fire, since] = [nominal, begun].map((at) => new Date(at).toISOString());
  const own = ["--nominal", fire ?? "", "--begun", since ?? "", "--act", act, "--run", run];
  return [
    "schedule",
    "fire",
    schedule,
    ...own,
    "--state",
    state,
    "--schedules",
    schedules,
    // Whole or not at all: we may die while we write it.
    ...(inForce === null ? [] : ["--digest", contentDigest(Buffer.from(inForce))]),
    ...why.map((reason) => `--why=${reason}`),
  ];
}

function processOf(child: ChildProcess, hear: (line: string) => void): Process {
  const { promise, resolve } = Promise.withResolvers<ProcessEnd>();
  child.on("error", (error) => {
    hear(error.message);
    // A signal that could not be sent is an error, too.
    if (child.pid === undefined) resolve(NOT_STARTED);
  });
  // Not `close`: something that it left behind may keep its pipes open.
  child.on("exit", (code, signal) => resolve({ code, signal }));
  return { pid: child.pid ?? null, ended: promise, stop: () => void child.kill("SIGTERM") };
}

/** A line that is longer is told in pieces. */
const LONGEST = 8_000;

function hearLines(stream: Readable, hear: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") hear(line);
    for (; rest.length > LONGEST; rest = rest.slice(LONGEST)) hear(rest.slice(0, LONGEST));
  });
  stream.on("end", () => {
    if (rest.trim() !== "") hear(rest);
  });
  stream.on("error", () => undefined);
}
