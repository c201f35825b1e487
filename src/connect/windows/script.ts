import { type Fault, isFault } from "../../model/fault.ts";
import type { Printed } from "../../model/output.ts";
import type { Ended, Script } from "../../run/ports.ts";
import { withoutClixml } from "../../script/clixml.ts";
import {
  mayLeave,
  NOT_WHOLE,
  windowsCommand,
  windowsFrame,
  windowsInput,
  type WindowsShell,
} from "../../script/powershell-session.ts";
import { FLOOD, KEEP, live, type RunOptions } from "../attempt.ts";
import { markFinder, randomMark } from "../mark.ts";
import { capture } from "../output.ts";
import type { OpenPipe, Pipe, PipeEnd } from "../pipe.ts";
import { within } from "../within.ts";

/** s that a PowerShell may take to begin; and beyond a deadline, for the host to end what it is to end. */
const PATIENCE = { begin: 60, end: 20 };
/** ms for what follows the last word on stdout: the rest of stderr, the exit status, the end of the channel. */
const CLOSE = 5000;
/** Tries for a channel where the host grants none, and the ms between them. */
const ROOM = { tries: 20, pause: 100 };

const FULL: Fault = { kind: "session", message: "the host grants no further channel (MaxSessions)" };

type Options = RunOptions & {
  /** Ends a script that began in the process `pid` and is not to go on. True once it is known to have ended. */
  readonly end?: (pid: number) => Promise<boolean>;
};

/** Why we stopped waiting. `told`: the words that end the script. */
type Stop =
  | { readonly kind: "told"; readonly words: readonly string[] }
  | { readonly kind: "ended"; readonly end: PipeEnd }
  | { readonly kind: "late" | "aborted" | "flooded" };

type End = Ended extends infer E ? (E extends { stdout: unknown } ? Omit<E, "stdout" | "stderr" | "ms"> : E) : never;

/** Runs one script in a PowerShell of its own and waits for its end, or makes it. */
export async function runWindows(
  open: OpenPipe,
  shell: WindowsShell,
  script: Script,
  options: Options,
): Promise<Ended> {
  const started = performance.now();
  const pipe = await openWithRoom(open, windowsCommand(shell));
  if (isFault(pipe)) return { kind: "refused", fault: pipe };
  const mark = randomMark();
  const heard = hear(pipe, mark, script, options);
  const tidy = script.late === "end" && mayLeave(script.text);
  const deadline = script.late === "leave" ? null : script.timeout;
  pipe.write(windowsInput(windowsFrame({ script: script.text, mark, deadline, tidy })));
  pipe.end();
  const stop = await heard.stop;
  const late = stop.kind === "late" || (stop.kind === "told" && stop.words[0] === "late");
  const ms = late ? script.timeout * 1000 : performance.now() - started;
  const end = await settle(stop, pipe, heard, script, options);
  heard.release();
  pipe.abandon();
  return end.kind === "refused" ? end : { ...end, ...heard.printed(), ms };
}

async function openWithRoom(open: OpenPipe, command: string): Promise<Pipe | Fault> {
  let pipe = await open(command);
  for (let tries = 0; pipe === "full" && tries < ROOM.tries; tries++) {
    await new Promise((resolve) => setTimeout(resolve, ROOM.pause));
    pipe = await open(command);
  }
  return pipe === "full" ? FULL : pipe;
}

async function settle(stop: Stop, pipe: Pipe, heard: Heard, script: Script, options: Options): Promise<End> {
  switch (stop.kind) {
    case "told":
      return fromWords(stop.words, pipe, heard);
    case "ended":
      return fromPipe(stop.end, heard);
    case "late":
      return { kind: "timed-out", gone: false };
    case "flooded":
      return { kind: "flooded", gone: await ended(heard, options) };
    case "aborted": {
      if (script.late !== "end") return { kind: "lost", reason: "interrupted, and left running" };
      const gone = await ended(heard, options);
      return { kind: "lost", reason: gone ? "interrupted, and ended" : "interrupted, but it did not end" };
    }
  }
}

/** What the host says of the script's end. An exit status that the script itself chose is the channel's. */
async function fromWords([word, what]: readonly string[], pipe: Pipe, heard: Heard): Promise<End> {
  if (word === "late") {
    const closed = await within(CLOSE, pipe.ended);
    return { kind: "timed-out", gone: what === "gone" && closed?.kind === "exited" };
  }
  await within(CLOSE, Promise.race([heard.quiet, pipe.ended]));
  if (word === "end" && /^-?\d+$/.test(what ?? "")) return { kind: "exited", code: Number(what) >>> 0 };
  if (word !== "exit") return { kind: "lost", reason: "the line that tells the script's end was torn" };
  const end = await within(CLOSE, pipe.ended);
  if (end?.kind !== "exited" || end.code === null) return { kind: "lost", reason: "its exit status did not come" };
  return { kind: "exited", code: end.code };
}

function fromPipe(end: PipeEnd, heard: Heard): End {
  if (end.kind === "lost") return end;
  const status = end.code === null ? "" : ` with ${end.code}`;
  if (heard.pid() !== null) {
    return { kind: "lost", reason: `the PowerShell that ran it ended${status} before it told the script's end` };
  }
  if (end.code === NOT_WHOLE) return refusal("the script did not arrive whole, and nothing of it was begun");
  return refusal(`PowerShell on the host ended${status} before it took a script${heard.noise()}`, WHY_NONE);
}

const WHY_NONE =
  "Is powershell.exe there, may it run (AppLocker, antivirus), and is `ansible_shell_type` what the DefaultShell of its sshd is?";

function refusal(message: string, hint?: string): End {
  return { kind: "refused", fault: { kind: "session", message, ...(hint === undefined ? {} : { hint }) } };
}

/** Without its process id nobody can end it; its own deadline will. */
async function ended(heard: Heard, { end }: Options): Promise<boolean> {
  const pid = heard.pid();
  return pid !== null && end !== undefined && end(pid);
}

type Heard = {
  readonly stop: Promise<Stop>;
  /** Settles once the script's stderr has ended. */
  readonly quiet: Promise<void>;
  /** The script's process; null before it began. */
  pid(): number | null;
  /** The last line of what came before it began. */
  noise(): string;
  printed(): { readonly stdout: Printed; readonly stderr: Printed };
  release(): void;
};

function hear(pipe: Pipe, mark: string, script: Script, options: RunOptions): Heard {
  const { promise: stop, resolve: halt } = Promise.withResolvers<Stop>();
  const { promise: quiet, resolve: hush } = Promise.withResolvers<void>();
  const out = { stdout: capture(KEEP.stdout), stderr: capture(KEEP.stderr) };
  const before = { stdout: capture(KEEP.stderr), stderr: capture(KEEP.stderr) };
  const find = { stdout: markFinder(mark), stderr: markFinder(mark) };
  const state = { stdout: "before", stderr: "before" };
  const show = options.listen === undefined ? undefined : live(options.listen);
  let pid: number | null = null;
  let timer = setTimeout(halt, PATIENCE.begin * 1000, { kind: "late" });
  const begun = (id: number): void => {
    pid = id;
    clearTimeout(timer);
    const seconds = script.timeout + (script.late === "leave" ? 0 : PATIENCE.end);
    timer = setTimeout(halt, Math.min(seconds * 1000, 2 ** 31 - 1), { kind: "late" });
  };
  const take = (stream: "stdout" | "stderr", chunk: Uint8Array): void => {
    if (state[stream] === "over") return;
    const cut = find[stream].push(chunk);
    for (const piece of cut.before) {
      if (state[stream] === "before") before[stream].push(piece);
      else {
        out[stream].push(piece);
        show?.(stream, piece);
      }
    }
    if (script.late === "end" && out[stream].seen() > FLOOD) halt({ kind: "flooded" });
    if (cut.found === undefined) return;
    const { words, after } = cut.found;
    if (state[stream] === "before" && words[0] === "begin") {
      state[stream] = "within";
      find[stream] = markFinder(mark);
      if (stream === "stdout") begun(Number(words[1]));
      take(stream, after);
      return;
    }
    state[stream] = "over";
    if (stream === "stderr") hush();
    else halt({ kind: "told", words });
  };
  pipe.receive(take);
  const abort = (): void => halt({ kind: "aborted" });
  options.signal?.addEventListener("abort", abort, { once: true });
  if (options.signal?.aborted === true) abort();
  const end = pipe.ended.then((how): Stop => ({ kind: "ended", end: how }));
  return {
    stop: Promise.race([stop, end]),
    quiet,
    pid: () => pid,
    noise: () => lastLine(before.stderr.output().head) || lastLine(before.stdout.output().head),
    printed: () => ({ stdout: tidied(out.stdout.output(), false), stderr: tidied(out.stderr.output(), true) }),
    release() {
      for (const stream of ["stdout", "stderr"] as const) {
        if (state[stream] === "within") out[stream].push(find[stream].rest());
      }
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", abort);
    },
  };
}

/** Lines end as everywhere else, and nothing is left of what only another PowerShell would read. */
function tidied({ head, tail, omitted }: Printed, complaints: boolean): Printed {
  const tidy = (text: string): string => {
    const plain = text.replaceAll("\r\n", "\n");
    return complaints ? withoutClixml(plain) : plain;
  };
  return { head: tidy(head.replace(/^\uFEFF/, "")), tail: tidy(tail), omitted };
}

function lastLine(text: string): string {
  const line = text.split("\n").findLast((each) => each.trim() !== "");
  return line === undefined ? "" : `: ${line.trim().slice(0, 200)}`;
}
