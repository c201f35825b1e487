import type { Fault } from "../model/fault.ts";
import type { Ended, Following, Listener, Script, Sequel } from "../run/ports.ts";
import { decode, encode, unfinished } from "../script/bytes.ts";
import { HUNG } from "../script/hung.ts";
import { alert, ASK_TO_END, END_NOW, frame, maySpoil, NOT_BEGUN, SPOILED } from "../script/session.ts";
import { markFinder, randomMark } from "./mark.ts";
import { notBegun, stillHung } from "./noshell.ts";
import { type Capture, capture } from "./output.ts";
import type { PipeEnd } from "./pipe.ts";
import { within } from "./within.ts";
import type { Session } from "./session.ts";

/** What became of a script. `reusable`: its session can take another one; `cut`: the session ended before the script's marks came. */
export type Attempt = {
  readonly ended: Ended;
  readonly reusable: boolean;
  readonly cut: boolean;
  /** Whether bytes have come after the marks, up to now: something is still there and prints. */
  readonly soiled: () => boolean;
  /** Whether its session was left as it was found: only then is a sequel begun. */
  readonly unspoiled: boolean;
  /** Of the sequel, where it was begun: then the session is its affair. */
  readonly next?: Promise<Attempt>;
};

export type RunOptions = Following & { readonly sequel?: Sequel | undefined };

/** Bytes kept of what a script prints. */
export const KEEP = { stdout: 256 * 1024, stderr: 64 * 1024 };
/** Bytes after which a read-only script is ended: nobody reads that much. */
export const FLOOD = 32 * 1024 * 1024;
/** Bytes of live output that are passed on. */
const LIVE = 64 * 1024;
/** ms after which a script that looks is slow, and s beyond its deadline that its session may live if we are gone. */
const SLOW = 2000;
const SPARE = 60;
/** ms between TERM and KILL, for scripts that look and for scripts that write; then ms until its channel must have closed. */
const GRACE = { look: 300, write: 2000 };
const CLOSE = 5000;

/** Why the driver stopped waiting. */
type Stop =
  | { readonly kind: "marked"; readonly words: readonly string[] }
  | { readonly kind: "ended"; readonly end: PipeEnd }
  | { readonly kind: "late" | "aborted" | "flooded" };

/** Runs one script in a session and waits for its end, or makes it. A sequel must be of the same kind of session, and both must only look. */
export async function attempt(session: Session, script: Script, options: RunOptions): Promise<Attempt> {
  const { sequel, ...own } = options;
  const after = sequel && {
    script: sequel.script,
    watched: watch(session, sequel.script, { ...own, listen: sequel.listen }),
  };
  const watched = watch(session, script, own, after?.watched);
  const timeout = script.timeout + (after?.script.timeout ?? 0);
  const guard = session.purpose === "look" ? watchOver(session, timeout, maySpoil(script.text)) : undefined;
  session.pipe.receive((stream, chunk) => watched.push(stream, chunk));
  const sent = [{ script, watched }, ...(after === undefined ? [] : [after])];
  const framed = sent.map((one) => ({ text: one.script.text, mark: one.watched.mark }));
  session.pipe.write(encode(frame(session, framed, script.look)));
  const attempted = await outcome(session, script, watched, guard);
  if (after === undefined || !goesOn(attempted)) {
    clearTimeout(guard?.timer);
    return attempted;
  }
  const next = outcome(session, after.script, after.watched, guard).finally(() => clearTimeout(guard?.timer));
  return { ...attempted, next };
}

/** Whether a sequel was begun. */
function goesOn({ ended, unspoiled }: Attempt): boolean {
  return ended.kind === "exited" && ended.code === 0 && unspoiled;
}

async function outcome(session: Session, script: Script, watched: Watch, guard: Guard | undefined): Promise<Attempt> {
  const started = performance.now();
  watched.begin();
  const stop = await watched.stop;
  const ms = stop.kind === "late" ? script.timeout * 1000 : performance.now() - started;
  const end = await settle(session, stop, watched.marked);
  watched.release();
  const { stdout, stderr } = watched.out;
  const printed = { stdout: stdout.output(), stderr: stderr.output(), ms };
  const unspoiled = stop.kind === "marked" && !stop.words.includes(SPOILED);
  const reusable = unspoiled && guard?.alerted() === false;
  const { soiled } = watched;
  const ended: Ended =
    end.kind === "refused" ? { ...end, fault: end.fault ?? notBegun(printed.stderr.head) } : { ...end, ...printed };
  return { ended, reusable: reusable && !soiled(), cut: stop.kind === "ended", soiled, unspoiled };
}

type Guard = { readonly timer: NodeJS.Timeout; alerted(): boolean };

/** Alerts the session at once to a script that may spoil it, and to any other that takes its time; one that was alerted is not used again. */
function watchOver(session: Session, timeout: number, risky: boolean): Guard {
  let alerted = false;
  const tell = (): void => {
    alerted = true;
    session.pipe.write(alert(Math.ceil(timeout) + SPARE));
  };
  if (risky) tell();
  return { timer: setTimeout(() => alerted || tell(), SLOW), alerted: () => alerted };
}

type End =
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "timed-out" | "flooded"; readonly gone: boolean }
  | { readonly kind: "lost"; readonly reason: string }
  | { readonly kind: "refused"; readonly fault: Fault | null };

async function settle(session: Session, stop: Stop, marked: Promise<unknown>): Promise<End> {
  switch (stop.kind) {
    case "marked":
      return fromMark(stop.words);
    case "ended":
      return fromPipe(stop.end);
    case "late":
      if (session.purpose === "write") {
        session.pipe.abandon();
        return { kind: "timed-out", gone: false };
      }
      return { kind: "timed-out", gone: await endGroup(session, marked) };
    case "flooded":
      return { kind: "flooded", gone: await endGroup(session, marked) };
    case "aborted":
      if (session.purpose === "look") {
        const gone = await endGroup(session, marked);
        return { kind: "lost", reason: gone ? "interrupted, and ended" : "interrupted, but it did not end" };
      }
      session.pipe.abandon();
      return { kind: "lost", reason: "interrupted, and left running" };
  }
}

function fromMark([code = "", ...more]: readonly string[]): End {
  if (code === NOT_BEGUN) return { kind: "refused", fault: null };
  if (code === HUNG) return { kind: "refused", fault: stillHung(more) };
  if (!/^\d+$/.test(code)) return { kind: "lost", reason: "the line that tells the script's end was torn" };
  return { kind: "exited", code: Number(code) };
}

/** The channel ended without the marks. Only a signal tells how the script itself ended: it killed the shell around it. */
function fromPipe(end: PipeEnd): End {
  if (end.kind === "lost") return end;
  if (end.signal !== null) return { kind: "exited", code: 128 + end.signal };
  return { kind: "lost", reason: "the shell around the script ended before it told the script's end" };
}

/** Ends all processes of a session: TERM, a grace, KILL. True once nobody holds its channel any more. */
async function endGroup(session: Session, marked: Promise<unknown>): Promise<boolean> {
  session.pipe.write(ASK_TO_END);
  await within(session.purpose === "look" ? GRACE.look : GRACE.write, Promise.race([marked, session.pipe.ended]));
  session.pipe.write(END_NOW[session.purpose]);
  const end = await within(CLOSE, session.pipe.ended);
  session.pipe.abandon();
  return end?.kind === "exited";
}

/** What is read of one script. */
type Watch = {
  readonly mark: string;
  readonly out: { readonly stdout: Capture; readonly stderr: Capture };
  /** Takes what its session prints. */
  push(stream: "stdout" | "stderr", chunk: Uint8Array): void;
  /** From now on its time runs, and it can be aborted. */
  begin(): void;
  readonly stop: Promise<Stop>;
  /** Settles when both marks have come, even after the driver stopped waiting. */
  readonly marked: Promise<Stop>;
  readonly soiled: () => boolean;
  release(): void;
};

/** `after`: who takes what comes after the script's marks. */
function watch(session: Session, script: Script, options: Following, after?: Watch): Watch {
  const mark = randomMark();
  const out = { stdout: capture(KEEP.stdout), stderr: capture(KEEP.stderr) };
  const { promise: stopped, resolve: halt } = Promise.withResolvers<Stop>();
  const { promise: marked, resolve: done } = Promise.withResolvers<Stop>();
  const find = { stdout: markFinder(mark), stderr: markFinder(mark) };
  const over = { stdout: false, stderr: false };
  const tell = options.listen === undefined ? undefined : live(options.listen);
  let words: readonly string[] = [];
  let soiled = false;
  let timer: NodeJS.Timeout | undefined;
  const abort = (): void => halt({ kind: "aborted" });
  const pass = (stream: "stdout" | "stderr", chunk: Uint8Array): void => {
    soiled = true;
    after?.push(stream, chunk);
  };
  const push = (stream: "stdout" | "stderr", chunk: Uint8Array): void => {
    if (over[stream]) {
      pass(stream, chunk);
      return;
    }
    const cut = find[stream].push(chunk);
    for (const piece of cut.before) {
      out[stream].push(piece);
      tell?.(stream, piece);
    }
    if (session.purpose === "look" && out[stream].seen() > FLOOD) halt({ kind: "flooded" });
    if (cut.found === undefined) return;
    over[stream] = true;
    if (stream === "stdout") ({ words } = cut.found);
    if (cut.found.after.length > 0) pass(stream, cut.found.after);
    if (over.stdout && over.stderr) done({ kind: "marked", words });
  };
  const ended = session.pipe.ended.then((end): Stop => ({ kind: "ended", end }));
  return {
    mark,
    out,
    push,
    begin() {
      timer = setTimeout(halt, Math.min(script.timeout * 1000, 2 ** 31 - 1), { kind: "late" });
      options.signal?.addEventListener("abort", abort, { once: true });
      if (options.signal?.aborted === true) abort();
    },
    stop: Promise.race([marked, stopped, ended]),
    marked,
    soiled: () => soiled,
    release() {
      for (const stream of ["stdout", "stderr"] as const) {
        if (!over[stream]) out[stream].push(find[stream].rest());
      }
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", abort);
    },
  };
}

/** Passes live output on, decoded, until it is too much for anybody's eyes; and says when more comes than that. */
export function live(listen: Listener): (stream: "stdout" | "stderr", chunk: Uint8Array) => void {
  let left = LIVE;
  let cut = false;
  const held = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  return (stream, chunk) => {
    if (cut || chunk.length === 0) return;
    cut = chunk.length > left;
    const all = Buffer.concat([held[stream], chunk.subarray(0, left)]);
    left -= Math.min(chunk.length, left);
    const whole = all.length - unfinished(all);
    held[stream] = all.subarray(whole);
    if (whole > 0) listen(stream, decode(all.subarray(0, whole)));
    if (cut) listen(stream, null);
  };
}
