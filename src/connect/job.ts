import { ailmentIn } from "../engine/ailment.ts";
import type { Fault } from "../model/fault.ts";
import type { BytesRead, JobEnded, Started } from "../run/ports.ts";
import { encode } from "../script/bytes.ts";
import { lockAnswer } from "../script/lock.ts";
import { KEEP, live, type RunOptions } from "./attempt.ts";
import { markFinder, randomMark } from "./mark.ts";
import { capture } from "./output.ts";
import { notBegun } from "./noshell.ts";
import type { PipeEnd } from "./pipe.ts";
import type { Session } from "./session.ts";

export const NOTHING_READ: BytesRead = { stdout: 0, stderr: 0 };

/** s that the host gets to end a job whose time is up, and to look whether it is gone, before we stop waiting for its word. */
export const ENDING = 20;

/** Why we stopped following: the host's last words on the job, or what kept us from them. */
type Stop =
  | { readonly kind: "told"; readonly words: readonly string[] }
  | { readonly kind: "ended"; readonly end: PipeEnd }
  | { readonly kind: "late" | "aborted" };

/** Sends what starts or finds a job in a session of its own, and listens until its end. The job never depends on us. */
export async function follow(
  session: Session,
  text: (mark: string) => string,
  job: Started,
  options: RunOptions,
): Promise<JobEnded> {
  const started = performance.now();
  const out = { stdout: capture(KEEP.stdout, job.from.stdout), stderr: capture(KEEP.stderr, job.from.stderr) };
  const mark = randomMark();
  const { promise: told, resolve: tell } = Promise.withResolvers<Stop>();
  const find = { stdout: markFinder(mark), stderr: markFinder(mark) };
  const over = { stdout: false, stderr: false };
  const show = options.listen === undefined ? undefined : live(options.listen);
  let words: readonly string[] = [];
  session.pipe.receive((stream, chunk) => {
    if (over[stream]) return;
    const cut = find[stream].push(chunk);
    for (const piece of cut.before) {
      out[stream].push(piece);
      show?.(stream, piece);
    }
    if (cut.found === undefined) return;
    over[stream] = true;
    if (stream === "stdout") ({ words } = cut.found);
    if (over.stdout && over.stderr) tell({ kind: "told", words });
  });
  const patience = (job.timeout + (job.late === "kill" ? ENDING : 0)) * 1000;
  const timer = setTimeout(tell, Math.min(patience, 2 ** 31 - 1), { kind: "late" });
  const abort = (): void => tell({ kind: "aborted" });
  options.signal?.addEventListener("abort", abort, { once: true });
  if (options.signal?.aborted === true) abort();
  session.pipe.write(encode(text(mark)));
  const ended = session.pipe.ended.then((end): Stop => ({ kind: "ended", end }));
  const stop = await Promise.race([told, ended]);
  clearTimeout(timer);
  options.signal?.removeEventListener("abort", abort);
  // What was started lives on; a session that merely looked ends with its input.
  if (session.purpose === "look") session.pipe.end();
  session.pipe.abandon();
  // What comes after the head comes again as a whole: where the gap before it is, only the end tells.
  const begun = { stdout: out.stdout.beginning(), stderr: out.stderr.beginning() };
  const read = { stdout: job.from.stdout + begun.stdout.bytes, stderr: job.from.stderr + begun.stderr.bytes };
  const ms = performance.now() - started;
  if (stop.kind !== "told") {
    return { ended: unended(stop, { stdout: begun.stdout.printed, stderr: begun.stderr.printed, ms }), read };
  }
  const [, , dropped, droppedOfErr, staleLock] = stop.words;
  out.stdout.skip(Number(dropped ?? 0));
  out.stderr.skip(Number(droppedOfErr ?? 0));
  const last = fromHost(stop.words, { stdout: out.stdout.output(), stderr: out.stderr.output(), ms });
  const lock = last.kind === "locked" || staleLock === undefined ? null : lockAnswer(["held", staleLock]);
  return { ended: last, read, ...(lock?.kind === "held" && lock.over !== null ? { over: lock.over } : {}) };
}

type Printed = Pick<Extract<JobEnded["ended"], { kind: "exited" }>, "stdout" | "stderr" | "ms">;

function unended(stop: Exclude<Stop, { kind: "told" }>, printed: Printed): JobEnded["ended"] {
  switch (stop.kind) {
    case "ended":
      return { kind: "lost", reason: reasonOf(stop.end), ...printed };
    case "late":
      return { kind: "timed-out", gone: false, ...printed };
    case "aborted":
      return { kind: "lost", reason: "interrupted, and left running", ...printed };
  }
}

function reasonOf(end: PipeEnd): string {
  return end.kind === "lost" ? end.reason : "the shell that followed it ended";
}

/** The host's words, as `script/job` has it say them. What cannot be read is not known. */
function fromHost([word = "", code, , , ...more]: readonly string[], printed: Printed): JobEnded["ended"] {
  switch (word) {
    case "ended":
    case "killed":
      if (!/^\d+$/.test(code ?? "")) break;
      return { kind: "exited", code: Number(code), ...(word === "killed" ? { killed: true } : {}), ...printed };
    case "timed-out":
      return { kind: "timed-out", gone: code === "gone", ...printed };
    case "refused": {
      const answer = code === "lock" ? lockAnswer(more) : null;
      if (answer !== null && answer.kind !== "held") return { kind: "locked", answer };
      return { kind: "refused", fault: refusal(code, printed.stderr.head) };
    }
    case "unsure":
      return { kind: "lost", reason: "a process that follows it could not be started on the host", ...printed };
    case "gone":
    case "rebooted":
    case "died":
      return { kind: "missing", why: word };
    case "disarmed":
    case "lapsed":
      return { kind: "missing", why: "unfired" };
  }
  return { kind: "lost", reason: "the line that tells the job's end was torn", ...printed };
}

/** Why a host began nothing; what its shells said on stderr tells what ails it. */
function refusal(code: string | undefined, stderr: string): Fault {
  switch (code ?? "") {
    case "disk":
      return NO_MEMORY;
    case "unarmed":
      return UNARMED;
    case "processes":
    // An answer of the lock that cannot be read: its shell gave up.
    case "lock":
      return notBegun(stderr);
  }
  return { ...NO_PLACE, kind: ailmentIn(stderr) ?? NO_PLACE.kind };
}

const NO_PLACE: Fault = {
  kind: "session",
  message:
    "no place on the host to keep how it ends: /run, /dev/shm, /var/tmp and /tmp are full, read-only or not ours",
  hint: "Make room in one of them, or use --no-jobs: then a lost connection leaves its end unknown.",
};

const NO_MEMORY: Fault = {
  kind: "session",
  message: "it has secret inputs, and neither /run nor /dev/shm of the host is in memory and has room",
  hint: "What it prints would reach a disk there. With --no-jobs nothing is kept on the host.",
};

const UNARMED: Fault = {
  kind: "session",
  message: "the timer that would undo it could not be armed on the host",
  hint: "No further process could be started there, or /proc/uptime cannot be read.",
};
