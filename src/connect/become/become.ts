import type { Fault } from "../../model/fault.ts";
import { isFault } from "../../model/fault.ts";
import type { BecomeMeans } from "../../model/inventory.ts";
import type { Secret } from "../../model/secret.ts";
import { becomeCommand, becomeOnTerminal } from "../../script/become.ts";
import { converse } from "./converse.ts";
import { randomMark } from "../mark.ts";
import type { OpenPipe, Pipe, PipeEnd } from "../pipe.ts";
import { needsTerminal, refusalOf } from "./refusal.ts";
import { lastLine, privilegeFault } from "./refused.ts";
import { openOnTerminal } from "./terminal.ts";

/** Who to become, and how. */
export type Wish = {
  readonly shell: "sh" | "bash";
  readonly user: string;
  readonly means: BecomeMeans;
  readonly password: Secret | undefined;
  /** Seconds for it. */
  readonly patience: number;
  /** How a user can be become, as far as trying has told; what it tells is added. */
  readonly manners: Map<string, Manner>;
};

/** What a program was found to want: a terminal to ask on, and words of its own to ask with (a sudo-rs before 0.2.5). */
export type Manner = { readonly terminal: boolean; readonly ownWords: boolean };

const PLAIN: Manner = { terminal: false, ownWords: false };

/** A shell of another user, on a pipe, or why there is none. A program that wants it done in another manner is started once more. */
export async function becomeUser(open: OpenPipe, wish: Wish): Promise<Pipe | Fault | "full"> {
  const manner = wish.manners.get(wish.user) ?? PLAIN;
  const answer = await start(open, wish, manner);
  if (typeof answer === "string" || !("wants" in answer)) return answer;
  if (manner[answer.wants]) return answer.wants === "terminal" ? NO_TERMINAL : NO_PROMPT;
  wish.manners.set(wish.user, { ...manner, [answer.wants]: true });
  return becomeUser(open, wish);
}

type Wants = { readonly wants: keyof Manner };

async function start(open: OpenPipe, wish: Wish, manner: Manner): Promise<Pipe | Fault | "full" | Wants> {
  const ready = randomMark();
  const prompt = wish.password === undefined || manner.ownWords ? null : randomMark();
  const becoming = { ...wish, ready, prompt, answered: wish.password !== undefined };
  if (!manner.terminal) {
    const pipe = await open(becomeCommand(becoming));
    return pipe === "full" || isFault(pipe) ? pipe : attempt({ pipe }, wish, ready, prompt);
  }
  const both = await openOnTerminal(open, (holder) => becomeOnTerminal(becoming, holder));
  return both === "full" || isFault(both) ? both : attempt(both, wish, ready, prompt);
}

const NO_TERMINAL = privilegeFault(
  "becoming another user there takes a terminal, and none can be had on this connection",
  "Allow it without one (sudo: `Defaults:USER !requiretty`; doas: `nopass`), or use another ansible_become_method.",
);

const NO_PROMPT = privilegeFault("sudo does not take the options that we need", "Look at which sudo it is: `sudo -V`.");

async function attempt(
  started: { readonly pipe: Pipe; readonly screen?: Pipe },
  wish: Wish,
  ready: string,
  prompt: string | null,
): Promise<Pipe | Fault | Wants> {
  const { pipe } = started;
  const { method } = wish.means;
  const talk = await converse(started, { ...wish, ready, prompt });
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
        `${method} did not answer within ${wish.patience} s${lastLine(talk.said)}`,
        "It may wait for a directory or the name service (PAM, LDAP, SSSD): try it there by hand.",
      );
    case "refused": {
      const refused = { ...wish, ...talk, passwordGiven: wish.password !== undefined };
      if (needsTerminal(refused)) return { wants: "terminal" };
      return prompt !== null && method === "sudo" && /invalid option provided/.test(talk.said)
        ? { wants: "ownWords" }
        : refusalOf(refused);
    }
  }
}

/** Only sudo tells by a signal of its own that the shell was killed by one; others tell by their exit code. */
function withSignal(end: PipeEnd): PipeEnd {
  if (end.kind === "lost" || end.code === null || end.code <= 128) return end;
  return { ...end, code: null, signal: end.code - 128 };
}
