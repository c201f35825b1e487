import type { Fault } from "../model/fault.ts";
import { isFault } from "../model/fault.ts";
import type { BecomeMeans } from "../model/inventory.ts";
import type { Secret } from "../model/secret.ts";
import { prelude, type Purpose, startCommand } from "../script/session.ts";
import { becomeUser } from "./become.ts";
import { hearing, PATIENCE, soon } from "./hearing.ts";
import { markFinder, randomMark } from "./mark.ts";
import type { OpenPipe, Pipe } from "./pipe.ts";
import { lastLine } from "./refused.ts";

/** Who a session's shell is and what for. `user` null: whoever logged in. */
export type Wanted = {
  readonly shell: "sh" | "bash";
  readonly user: string | null;
  readonly means: BecomeMeans;
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

/** Opens a session and waits until its shell has answered. */
export async function openSession(open: OpenPipe, wanted: Wanted): Promise<Session | Fault | "full"> {
  const { user } = wanted;
  const pipe = await (user === null ? open(startCommand(wanted.shell)) : becomeUser(open, { ...wanted, user }));
  if (pipe === "full" || isFault(pipe)) return pipe;
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
