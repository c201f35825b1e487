import { type ChildProcess, spawn } from "node:child_process";
import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { type Fault, isFault } from "../../model/fault.ts";
import type { Deadline } from "../ssh/login.ts";
import { masterArguments } from "./arguments.ts";
import type { Answers } from "./answers.ts";
import { type Asked, listenForQuestions } from "./askpass.ts";
import { type Line, openLine } from "./mux.ts";
import { within } from "../within.ts";

/** An ssh of the system that is logged in and serves us alone. Nothing of it is on disk any more. */
export type Master = {
  readonly line: Line;
  /** What it wrote to its log. */
  log(): Promise<string>;
  /** Ends it; settles when it has ended, and never rejects. */
  end(): Promise<void>;
};

/** No login came about, with what ssh wrote to its log, and what it and a proxy of it wrote to stderr. */
export type NoLogin = {
  /** `failed`: ssh gave up; `declined`: the host asked what nobody answers. */
  readonly kind: "failed" | "late" | "interrupted" | "declined";
  readonly log: string;
  readonly stderr: string;
};

/** What a login has besides: who answers, whose agent, and until when. */
export type Login = {
  readonly answers: Answers | undefined;
  readonly agentSocket: string | undefined;
  readonly deadline: Deadline;
  readonly signal: AbortSignal | undefined;
};

/** Bytes that count of what ssh writes to stderr and to its log: the last ones. */
const SAID = 16 * 1024;
const LOG = 128 * 1024;
/** ms for ssh to end once it was told to, and for the last words of a proxy. */
const GRACE = 1000;
/** Longest path of a socket that all systems take, less what ssh adds to it for a moment. */
const LONGEST = 104 - 18;

/** Starts an ssh that logs in and then waits for us. It ends soon after us, should we be killed. */
export async function startMaster(host: readonly string[], login: Login): Promise<Master | NoLogin | Fault> {
  const { answers, agentSocket } = login;
  const place = await placeFor(answers);
  if (isFault(place)) return place;
  const { dir } = place;
  try {
    using asked = place.asked;
    // A session of its own: Ctrl-C is for us to hear, and the terminal for us to ask on.
    const batch = asked === undefined ? true : answers?.vital === true ? false : undefined;
    const child = spawn("ssh", [...masterArguments(dir, batch), ...host], {
      env: { ...process.env, SSH_AUTH_SOCK: agentSocket, ...asked?.environment },
      detached: true,
      stdio: ["ignore", "ignore", "pipe"],
    });
    const stderr = listenTo(child.stderr);
    const end = await endOf(child, login);
    if (isFault(end)) return end;
    const log = await open(join(dir, "log")).catch(() => undefined);
    if (child.exitCode === 0) {
      const line = await openLine(join(dir, "ssh"));
      if (!("problem" in line)) return masterOver(line, child, log);
      await log?.close();
      return { ...TOO_OLD, message: `ssh has logged in, but cannot be spoken to: ${line.problem}` };
    }
    if (end === "exited") await within(GRACE, stderr.over);
    const text = await logged(log);
    await log?.close();
    return { kind: end === "exited" ? "failed" : end, log: text, stderr: stderr.heard() };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const NO_PROGRAM: Fault = {
  kind: "unreachable",
  message: "",
  hint: "Install OpenSSH's client, or take `runbook_connection: openssh` out of the inventory.",
};

const TOO_OLD: Fault = { kind: "session", message: "", hint: "OpenSSH 7.4 or newer is needed on this machine." };

function masterOver(line: Line, child: ChildProcess, log: FileHandle | undefined): Master {
  let over = false;
  void line.closed.then(() => (over = true));
  return {
    line,
    log: () => logged(log),
    async end() {
      for (const signal of ["SIGTERM", "SIGKILL"] as const) {
        // As long as the line is open the number is the master's.
        if (!over) tell(line.pid, signal);
        await within(GRACE, line.closed);
      }
      line.close();
      child.stderr?.destroy();
      await log?.close().catch(() => undefined);
    },
  };
}

async function logged(log: FileHandle | undefined): Promise<string> {
  if (log === undefined) return "";
  const bytes = Buffer.alloc(LOG);
  const { size } = await log.stat().catch(() => ({ size: 0 }));
  const { bytesRead } = await log.read(bytes, 0, LOG, Math.max(0, size - LOG)).catch(() => ({ bytesRead: 0 }));
  return bytes.toString("utf8", 0, bytesRead);
}

/** Where a master may listen, and may ask. */
type Place = { readonly dir: string; readonly asked: Asked | undefined };

/** A directory that only we may enter, whose path is short enough for a socket, and in which a program may be started where that is needed. */
async function placeFor(answers: Answers | undefined): Promise<Place | Fault> {
  const bases = new Set([process.env["XDG_RUNTIME_DIR"] ?? "", tmpdir(), "/tmp", "/dev/shm"]);
  let problem = "all paths are too long";
  for (const base of bases) {
    if (base === "" || Buffer.byteLength(`${base}/rb-ssh-123456/ssh`) > LONGEST) continue;
    try {
      const dir = await mkdtemp(`${base}/rb-ssh-`);
      const asked = answers === undefined ? undefined : await listenForQuestions(dir, answers.answer);
      if (answers === undefined || asked !== undefined) return { dir, asked };
      problem = `no program may be started in ${base} (noexec)`;
      await rm(dir, { recursive: true, force: true });
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
  }
  // Whoever has no password to give may do without questions.
  if (answers?.vital === false) return placeFor(undefined);
  return { kind: "session", message: `no place on this machine for ssh to listen: ${problem}`, hint: "Set $TMPDIR." };
}

function listenTo(stderr: Readable): { heard(): string; readonly over: Promise<void> } {
  let heard = "";
  stderr.setEncoding("utf8").on("data", (text: string) => (heard = (heard + text).slice(-SAID)));
  return { heard: () => heard, over: new Promise((resolve) => stderr.once("close", () => resolve())) };
}

/** Waits until ssh has ended, or ends it. */
async function endOf(
  child: ChildProcess,
  { answers, deadline, signal }: Login,
): Promise<"exited" | "late" | "interrupted" | "declined" | Fault> {
  const { promise, resolve, reject } = Promise.withResolvers<"exited" | "late" | "interrupted" | "declined" | Fault>();
  child.once("error", ({ message }) =>
    resolve({ ...NO_PROGRAM, message: `ssh does not start on this machine: ${message}` }),
  );
  child.once("exit", () => resolve("exited"));
  answers?.declined.then(() => resolve("declined"), reject);
  const late = deadline.start(() => resolve("late"));
  const abort = (): void => resolve("interrupted");
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted === true) abort();
  try {
    return await promise;
  } finally {
    if (child.pid !== undefined) await stop(child);
    late.stop();
    signal?.removeEventListener("abort", abort);
  }
}

/** Ends an ssh that has not logged in yet, with its proxy and whatever asks for it; one that has ended needs nothing. */
async function stop(child: ChildProcess): Promise<void> {
  const runs = (): boolean => child.exitCode === null && child.signalCode === null;
  const ended = new Promise<void>((resolve) => (runs() ? child.once("exit", () => resolve()) : resolve()));
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    if (runs() && child.pid !== undefined) tell(-child.pid, signal);
    await within(GRACE, ended);
  }
}

function tell(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended since.
  }
}
