import { randomBytes } from "node:crypto";
import type { Fault } from "../model/fault.ts";
import { isFault } from "../model/fault.ts";
import type { Secret } from "../model/secret.ts";
import { decode } from "../script/bytes.ts";
import { prelude, type Purpose, startCommand, sudoCommand } from "../script/session.ts";
import { markFinder } from "./mark.ts";
import type { OpenPipe, Pipe } from "./pipe.ts";
import { sudoFault } from "./sudo.ts";
import { within } from "./within.ts";

/** Who a session's shell is and what for. `user` null: whoever logged in. */
export type Wanted = {
  readonly shell: "sh" | "bash";
  readonly user: string | null;
  readonly password: Secret | undefined;
  readonly purpose: Purpose;
};

/** A shell that waits for frames. */
export type Session = {
  readonly pipe: Pipe;
  readonly purpose: Purpose;
  readonly shell: "sh" | "bash";
  readonly pipefail: boolean;
  readonly machineId: string | null;
  readonly bootId: string | null;
};

/** Seconds that a shell may take to be there; PAM with a directory behind it is slow. */
const PATIENCE = 20;
const NOISE = 16_384;
/** ms that a refused sudo is given to end. */
const GIVING_UP = 3000;

/** Opens a session and waits until its shell has answered. */
export async function openSession(open: OpenPipe, wanted: Wanted): Promise<Session | Fault | "full"> {
  const ready = randomMark();
  const prompt = wanted.password === undefined ? null : randomMark();
  const pipe = await open(
    wanted.user === null ? startCommand(wanted.shell) : sudoCommand(wanted.shell, wanted.user, ready, prompt),
  );
  if (pipe === "full" || isFault(pipe)) return pipe;
  if (wanted.user !== null) {
    const refusal = await becomeUser(pipe, wanted.user, wanted.password, ready, prompt);
    if (refusal !== undefined) return refusal;
  }
  const answer = await greet(pipe, wanted);
  if (isFault(answer)) return answer;
  const [pipefail, machineId = "", bootId = ""] = answer;
  return {
    pipe,
    purpose: wanted.purpose,
    shell: wanted.shell,
    pipefail: pipefail === "yes",
    machineId: /^[\da-f]{32}$/.test(machineId) ? machineId : null,
    bootId: /^[\da-f-]{36}$/.test(bootId) ? bootId : null,
  };
}

/** A word nobody can guess. */
export function randomMark(): string {
  return `rb-${randomBytes(12).toString("hex")}`;
}

/** Talks to sudo until the shell is there. The password goes out at most once, and only as the answer to our own prompt. */
async function becomeUser(
  pipe: Pipe,
  user: string,
  password: Secret | undefined,
  ready: string,
  prompt: string | null,
): Promise<Fault | undefined> {
  const heard = hearing();
  let prompts = 0;
  const there = new Promise<"ready" | "wrong">((resolve) => {
    pipe.receive((stream, chunk) => {
      heard.push(stream, chunk);
      if (heard.text("stdout").includes(`${ready}\n`)) resolve("ready");
      if (prompt === null || !heard.drop("stderr", prompt)) return;
      prompts++;
      if (prompts === 1) pipe.write(`${password?.reveal() ?? ""}\n`);
      else resolve("wrong");
    });
  });
  const answer = await soon(there, pipe);
  if (answer === "ready") return undefined;
  // sudo reads the end of its input as giving up, and writes its own log before it goes.
  pipe.end();
  await within(GIVING_UP, pipe.ended);
  pipe.abandon();
  if (answer === "late" && prompts < 2) {
    return { kind: "privilege", message: `sudo did not answer within ${PATIENCE} s${lastLine(heard.text("stderr"))}` };
  }
  return sudoFault(heard.text("stderr"), user, password !== undefined, prompts);
}

/** Sends the prelude and waits for its mark on both streams: what comes before is the noise of a login. */
async function greet(pipe: Pipe, wanted: Wanted): Promise<readonly string[] | Fault> {
  const mark = randomMark();
  const find = { stdout: markFinder(mark), stderr: markFinder(mark) };
  const noise = hearing();
  let words: readonly string[] | undefined;
  let quiet = false;
  const there = new Promise<readonly string[]>((resolve) => {
    pipe.receive((stream, chunk) => {
      const cut = find[stream].push(chunk);
      noise.push(stream, ...cut.before);
      if (cut.found === undefined) return;
      if (stream === "stdout") words = cut.found.words;
      else quiet = true;
      if (words !== undefined && quiet) resolve(words);
    });
  });
  pipe.write(prelude(wanted.purpose, mark));
  const answer = await soon(there, pipe);
  if (answer === "ended" || answer === "late") {
    pipe.abandon();
    const said = lastLine(noise.text("stdout")) + lastLine(noise.text("stderr"));
    const what = answer === "late" ? `did not answer within ${PATIENCE} s` : "ended before it took a script";
    return { kind: "session", message: `the shell on the host ${what}${said}` };
  }
  return answer;
}

type Stream = "stdout" | "stderr";

/** The last of what comes on both streams. As bytes, since a character may come in two pieces. */
function hearing(): {
  push(stream: Stream, ...chunks: readonly Uint8Array[]): void;
  text(stream: Stream): string;
  /** Takes `word` out once; says whether it was there. */
  drop(stream: Stream, word: string): boolean;
} {
  const heard = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  return {
    push: (stream, ...chunks) => (heard[stream] = Buffer.concat([heard[stream], ...chunks]).subarray(-NOISE)),
    text: (stream) => decode(heard[stream]),
    drop(stream, word) {
      const at = heard[stream].indexOf(word);
      if (at === -1) return false;
      heard[stream] = Buffer.concat([heard[stream].subarray(0, at), heard[stream].subarray(at + word.length)]);
      return true;
    },
  };
}

async function soon<T>(there: Promise<T>, pipe: Pipe): Promise<T | "ended" | "late"> {
  const { promise: late, resolve } = Promise.withResolvers<"late">();
  const timer = setTimeout(resolve, PATIENCE * 1000, "late");
  // A refusal and the end of its process come together: let what was printed arrive first.
  const ended = pipe.ended.then(() => "ended" as const);
  const answer = await Promise.race([there, ended, late]);
  clearTimeout(timer);
  return answer;
}

function lastLine(text: string): string {
  const line = text.split("\n").findLast((line) => line.trim() !== "");
  return line === undefined ? "" : `: ${line.trim().slice(0, 200)}`;
}
