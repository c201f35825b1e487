import type { Ask } from "../ssh/keys.ts";
import type { Deadline } from "../ssh/login.ts";
import type { Question } from "./askpass.ts";
import type { There } from "./resolve.ts";
import { answers, type Asked, CODE } from "../ssh/prompts.ts";

/** Answers to what ssh asks during one login. */
export type Answers = {
  /** Undefined: nobody answers that, and ssh goes on without. `log`: what ssh has written to it so far. */
  readonly answer: (question: Question, log: string) => Promise<string | undefined>;
  /** Settles when the host has asked what nobody answers. ssh must not go on: it would send an empty password. Rejects with a bug. */
  readonly declined: Promise<void>;
  /** What that was. */
  asked(): Asked | undefined;
  /** Without them there is no way in. */
  readonly vital: boolean;
};

/** Whom a login may ask, and the home in which their keys are. */
export type Asker = { readonly ask?: Ask; readonly home: string };

/** Answers with the host's password, once, and asks a person for what opens a key, and for codes. Undefined where there is neither. */
export function answersFor(host: There, { ask, home }: Asker, deadline: Deadline): Answers | undefined {
  if (host.password === undefined && ask === undefined) return undefined;
  const { promise: declined, resolve: decline, reject: broken } = Promise.withResolvers<void>();
  const tries = new Map<string, number>();
  let asked: Asked | undefined;
  /** How often the host had said no when the password was sent. */
  let used: number | undefined;
  const whom = { host, ...(ask !== undefined && { ask }), pause: <T>(work: Promise<T>) => deadline.pause(work) };
  const person = answers(whom, (what) => (asked = what));

  async function opening(what: string, of: string): Promise<string | undefined> {
    const shown = of.startsWith(`${home}/`) ? `~${of.slice(home.length)}` : of;
    const tried = tries.get(of) ?? 0;
    tries.set(of, tried + 1);
    const again = tried === 0 ? "" : `Wrong (${tried} of ${TRIES}). `;
    // Whoever gives up at the prompt has given none.
    const secret = await deadline.pause(ask?.(`${again}${what} of ${shown}`).catch(() => undefined) ?? nobody());
    return secret?.reveal();
  }

  /** What the host asks, or ssh for it. A wrong password is not repeated: some hosts lock the account after a few. */
  async function hostQuestion(text: string, log: string): Promise<string> {
    const refusals = log.match(REFUSED)?.length ?? 0;
    const again = used !== undefined && used < refusals;
    if (text.endsWith("'s password:")) {
      if (used !== undefined) return refuse();
      used = refusals;
      return host.password?.reveal() ?? refuse();
    }
    // Who has no password is asked only what comes after something that was accepted: a wrong key must not ask a person for each host.
    if (again || (host.password === undefined && !PARTLY.test(log))) return refuse();
    if (!CODE.test(text)) used ??= refusals;
    const prompts = [{ prompt: text, echo: false }];
    const [typed] = await new Promise<string[]>((resolve) =>
      person("", "", "", prompts, (words) => resolve([...words])),
    );
    return typed ?? refuse();
  }

  function refuse(): Promise<never> {
    decline();
    return never();
  }

  async function answer(question: Question, log: string): Promise<string | undefined> {
    switch (question.kind) {
      case "passphrase":
        return opening("Passphrase", question.of);
      case "pin":
        return opening("PIN", question.of);
      case "touch":
        // Their time is not the host's. The end of the login ends the wait.
        void deadline.pause(never());
        return undefined;
      case "host-key":
        return undefined;
      case "password":
        // Newer ones say before it for whom they ask, older ones do not.
        return hostQuestion(question.text.replace(/^\(\S+@\S+\) /, ""), log);
    }
  }

  async function guarded(question: Question, log: string): Promise<string | undefined> {
    try {
      return await answer(question, log);
    } catch (bug) {
      broken(bug);
      return never();
    }
  }

  return { answer: guarded, vital: host.password !== undefined, declined, asked: () => asked };
}

/** Asks each question once for all hosts, but for what an earlier answer does not count for. */
export function askingOnce(ask: Ask): Ask {
  const answers = new Map<string, ReturnType<Ask>>();
  return (prompt, how) => {
    if (how?.again === true) return ask(prompt, how);
    const answer = answers.get(prompt) ?? ask(prompt, how);
    answers.set(prompt, answer);
    return answer;
  };
}

/** What ssh writes to its log when it was refused, and where that is not the end. */
const REFUSED = /^debug1: Authentications that can continue: /gm;
const PARTLY = / with partial success\.\r?$/m;

/** As often as ssh asks for a passphrase. */
const TRIES = 3;

function nobody(): Promise<undefined> {
  return Promise.resolve(undefined);
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
