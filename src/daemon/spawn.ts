import { spawn, type ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
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
  /** What is in force of that file; null: what stands in it. */
  readonly text: () => string | null;
};

/** Starts the program itself for each errand, in a process group of its own: a signal that ends us does not end it. */
export function processStarter(program: Program): Starter {
  const { file, argv, cwd, env } = program;
  return {
    start: (errand, hear) => {
      const child = spawn(file, [...argv, ...argumentsOf(errand, program)], {
        cwd,
        env,
        detached: true,
        // What it prints of the run is on record, and cards are not for a log.
        stdio: ["ignore", "ignore", "pipe"],
      });
      if (child.stderr !== null) hearLines(child.stderr, hear);
      return processOf(child, hear);
    },
  };
}

function argumentsOf(errand: Errand, { state, schedules, text }: Program): string[] {
  if (errand.kind === "resume") return ["resume", errand.run, "--no-tui", "--state", state];
  const { schedule, nominal, act, why, run } = errand;
  const inForce = text();
  const own = inForce === null ? [] : ["--text", inForce];
  const when = ["--nominal", new Date(nominal).toISOString(), "--act", act, "--run", run];
  return [
    "schedule",
    "fire",
    schedule,
    ...when,
    "--state",
    state,
    "--schedules",
    schedules,
    ...own,
    ...why.map((text) => `--why=${text}`),
  ];
}

function processOf(child: ChildProcess, hear: (line: string) => void): Process {
  const { promise, resolve } = Promise.withResolvers<ProcessEnd>();
  child.on("error", (error) => {
    hear(error.message);
    // A signal that could not be sent is an error, too.
    if (child.pid === undefined) resolve({ code: null, signal: null });
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
