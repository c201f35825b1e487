import type { Fault } from "../model/fault.ts";
import { isFault } from "../model/fault.ts";
import type { BecomeMeans } from "../model/inventory.ts";
import type { Secret } from "../model/secret.ts";
import { prelude, type Purpose, startCommand, WHOLE } from "../script/session.ts";
import { becomeUser, type Manner } from "./become/become.ts";
import { hearing, soon } from "./hearing.ts";
import { markFinder, randomMark } from "./mark.ts";
import { noShell } from "./noshell.ts";
import type { OpenPipe, Pipe } from "./pipe.ts";

/** Who a session's shell is and what for. `user` null: whoever logged in. */
export type Wanted = {
  readonly shell: "sh" | "bash";
  readonly user: string | null;
  readonly means: BecomeMeans;
  readonly password: Secret | undefined;
  readonly purpose: Purpose;
  readonly manners: Map<string, Manner>;
  /** Seconds that its shell may take to answer. */
  readonly patience: number;
};

/** A shell that waits for frames. */
export type Session = {
  readonly pipe: Pipe;
  readonly purpose: Purpose;
  readonly shell: "sh" | "bash";
  readonly pipefail: boolean;
  readonly machineId: string | null;
  readonly bootId: string | null;
  /** What the kernel counts its processes as; null where it does not say. */
  readonly id: number | null;
};

/** Bytes before its first answer after which a login shell is taken to print without end. */
const FLOOD = 32 * 1024 * 1024;

/** Opens a session and waits until its shell has answered. */
export async function openSession(open: OpenPipe, wanted: Wanted): Promise<Session | Fault | "full"> {
  const { user } = wanted;
  const pipe = await (user === null ? open(startCommand(wanted.shell)) : becomeUser(open, { ...wanted, user }));
  if (pipe === "full" || isFault(pipe)) return pipe;
  const answer = await greet(pipe, wanted);
  if (isFault(answer)) return answer;
  const [pipefail, machineId = "", bootId = "", , id = ""] = answer;
  return {
    pipe,
    purpose: wanted.purpose,
    shell: wanted.shell,
    pipefail: pipefail === "yes",
    machineId: /^[\da-f]{32}$/.test(machineId) ? machineId : null,
    bootId: /^[\da-f-]{36}$/.test(bootId) ? bootId : null,
    id: /^\d+$/.test(id) ? Number(id) : null,
  };
}

/** Sends the prelude and waits for its mark on both streams: what comes before is the noise of a login. */
async function greet(pipe: Pipe, wanted: Wanted): Promise<readonly string[] | Fault> {
  const mark = randomMark();
  const find = { stdout: markFinder(mark), stderr: markFinder(mark) };
  const noise = hearing();
  let words: readonly string[] | undefined;
  let quiet = false;
  let seen = 0;
  const there = new Promise<readonly string[] | "flooded">((resolve) => {
    pipe.receive((stream, chunk) => {
      const cut = find[stream].push(chunk);
      seen += chunk.length;
      if (seen > FLOOD) resolve("flooded");
      noise.push(stream, ...cut.before);
      if (cut.found === undefined) return;
      if (stream === "stdout") words = cut.found.words;
      else quiet = true;
      if (words !== undefined && quiet) resolve(words);
    });
  });
  pipe.write(prelude(wanted.purpose, mark));
  const answer = await soon(there, pipe, wanted.patience);
  if (typeof answer !== "string" && answer[3] === WHOLE) return answer;
  pipe.abandon();
  const why = typeof answer !== "string" ? "asked" : answer;
  const said = { stdout: noise.text("stdout"), stderr: noise.text("stderr") };
  return noShell(why === "late" ? { kind: why, seconds: wanted.patience } : { kind: why }, said);
}
