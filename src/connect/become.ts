import type { Fault } from "../model/fault.ts";
import { isFault } from "../model/fault.ts";
import type { BecomeMeans } from "../model/inventory.ts";
import type { Secret } from "../model/secret.ts";
import { becomeCommand, becomeOnTerminal } from "../script/become.ts";
import { converse } from "./converse.ts";
import { PATIENCE } from "./hearing.ts";
import { randomMark } from "./mark.ts";
import type { OpenPipe, Pipe, PipeEnd } from "./pipe.ts";
import { needsTerminal, refusalOf } from "./refusal.ts";
import { lastLine, privilegeFault } from "./refused.ts";
import { openOnTerminal } from "./terminal.ts";

/** Who to become, and how. */
export type Wish = {
  readonly shell: "sh" | "bash";
  readonly user: string;
  readonly means: BecomeMeans;
  readonly password: Secret | undefined;
  /** Users who cannot be become without a terminal, as far as that is known: those that turn out to are added. */
  readonly onTerminal: Set<string>;
};

/** A shell of another user, on a pipe, or why there is none. A program that wants a terminal is started once more on one. */
export async function becomeUser(open: OpenPipe, wish: Wish): Promise<Pipe | Fault | "full"> {
  const ready = randomMark();
  const prompt = wish.password === undefined ? null : randomMark();
  const becoming = { ...wish, ready, prompt };
  if (!wish.onTerminal.has(wish.user)) {
    const pipe = await open(becomeCommand(becoming));
    if (pipe === "full" || isFault(pipe)) return pipe;
    const answer = await attempt({ pipe }, wish, ready, prompt);
    if (answer !== "wants a terminal") return answer;
    wish.onTerminal.add(wish.user);
  }
  const both = await openOnTerminal(open, (holder) => becomeOnTerminal(becoming, holder));
  if (both === "full" || isFault(both)) return both;
  const answer = await attempt(both, wish, ready, prompt);
  return answer === "wants a terminal" ? NO_TERMINAL : answer;
}

const NO_TERMINAL = privilegeFault(
  "becoming another user there takes a terminal, and none can be had on this connection",
  "Allow it without one (sudo: `Defaults:USER !requiretty`; doas: `nopass`), or use another ansible_become_method.",
);

async function attempt(
  started: { readonly pipe: Pipe; readonly screen?: Pipe },
  wish: Wish,
  ready: string,
  prompt: string | null,
): Promise<Pipe | Fault | "wants a terminal"> {
  const { pipe } = started;
  const { method } = wish.means;
  const talk = await converse(started, { password: wish.password, ready, prompt });
  switch (talk.end) {
    case "ready":
      // The line that the shell waits for.
      pipe.write("\n");
      return method === "sudo" && started.screen === undefined ? pipe : { ...pipe, ended: pipe.ended.then(withSignal) };
    case "question":
      return privilegeFault(
        `${method} asks what a password does not answer: ${talk.question.slice(0, 200)}`,
        "A second factor or a new password cannot be given: let this user become another without it.",
      );
    case "late":
      return privilegeFault(
        `${method} did not answer within ${PATIENCE} s${lastLine(talk.said)}`,
        "It may wait for a directory or the name service (PAM, LDAP, SSSD): try it there by hand.",
      );
    case "refused": {
      const refused = { ...wish, ...talk, passwordGiven: wish.password !== undefined };
      return needsTerminal(refused) ? "wants a terminal" : refusalOf(refused);
    }
  }
}

/** Only sudo tells by a signal of its own that the shell was killed by one; others tell by their exit code. */
function withSignal(end: PipeEnd): PipeEnd {
  if (end.kind === "lost" || end.code === null || end.code <= 128) return end;
  return { ...end, code: null, signal: end.code - 128 };
}
