import type { Ask } from "./keys.ts";
import type { Deadline } from "./login.ts";
import type { Question } from "./openssh-askpass.ts";
import type { There } from "./openssh-resolve.ts";
import { answers, type Asked, CODE } from "./prompts.ts";

/** Answers to what ssh asks during one login. */
export type Answers = {
  /** Undefined: nobody answers that, and ssh goes on without. */
  readonly answer: (question: Question) => Promise<string | undefined>;
  /** Settles when the host has asked what nobody answers. ssh must not go on: it would send an empty password. */
  readonly declined: Promise<void>;
  /** What that was. */
  asked(): Asked | undefined;
};

/** Whom a login may ask, and the home in which their keys are. */
export type Asker = { readonly ask?: Ask; readonly home: string };

/** Answers with the host's password, once, and asks a person for what opens a key, and for codes. Undefined where there is neither. */
export function answersFor(host: There, { ask, home }: Asker, deadline: Deadline): Answers | undefined {
  if (host.password === undefined && ask === undefined) return undefined;
  const { promise: declined, resolve: decline } = Promise.withResolvers<void>();
  const tries = new Map<string, number>();
  let asked: Asked | undefined;
  let used = false;
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
  async function password(text: string): Promise<string> {
    const code = !text.endsWith("'s password:") && CODE.test(text);
    if (!code && (used || host.password === undefined)) return refuse();
    used ||= !code;
    const prompt = code ? text : "Password:";
    const [typed] = await new Promise<string[]>((resolve) =>
      person("", "", "", [{ prompt, echo: false }], (typed) => resolve([...typed])),
    );
    return typed ?? refuse();
  }

  function refuse(): Promise<never> {
    decline();
    return never();
  }

  return {
    declined,
    asked: () => asked,
    async answer(question) {
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
          return password(question.text.replace(/^\(\S+@\S+\) /, ""));
      }
    },
  };
}

/** As often as ssh asks for a passphrase. */
const TRIES = 3;

function nobody(): Promise<undefined> {
  return Promise.resolve(undefined);
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
