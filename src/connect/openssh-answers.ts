import type { Host } from "../model/inventory.ts";
import type { Ask } from "./keys.ts";
import type { Deadline } from "./login.ts";
import type { Question } from "./openssh-askpass.ts";

/** Answers to what ssh asks during one login. */
export type Answers = {
  /** Undefined: nobody answers that, and ssh goes on without. */
  readonly answer: (question: Question) => Promise<string | undefined>;
  /** Settles when the host has asked what nobody answers. ssh must not go on: it would send an empty password. */
  readonly declined: Promise<void>;
};

/** Answers with the host's password, once, and asks a person for what opens a key. Undefined where there is neither. */
export function answersFor(host: Host, ask: Ask | undefined, home: string, deadline: Deadline): Answers | undefined {
  if (host.password === undefined && ask === undefined) return undefined;
  const { promise: declined, resolve: decline } = Promise.withResolvers<void>();
  const tries = new Map<string, number>();
  let known = host.password;

  async function opening(what: string, of: string): Promise<string | undefined> {
    const shown = of.startsWith(`${home}/`) ? `~${of.slice(home.length)}` : of;
    const tried = tries.get(of) ?? 0;
    tries.set(of, tried + 1);
    const again = tried === 0 ? "" : `Wrong (${tried} of ${TRIES}). `;
    // Whoever gives up at the prompt has given none.
    const secret = await deadline.pause(ask?.(`${again}${what} of ${shown}`).catch(() => undefined) ?? nobody());
    return secret?.reveal();
  }

  return {
    declined,
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
        case "password": {
          const password = known;
          // A wrong one is not repeated: some hosts lock the account after a few.
          known = undefined;
          if (password !== undefined) return password.reveal();
          decline();
          return never();
        }
      }
    },
  };
}

/** As often as ssh asks for a passphrase. */
const TRIES = 3;

async function nobody(): Promise<undefined> {}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
