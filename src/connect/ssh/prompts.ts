import type { KeyboardInteractiveAuthMethod, Prompt } from "ssh2";
import { clean } from "../../view/clean.ts";
import type { Credentials } from "./auth.ts";
import type { Target } from "./target.ts";

/** Why a server's question was not answered: what it asked, or that it wants a new password. */
export type Asked = { readonly kind: "unanswered"; readonly prompt: string } | { readonly kind: "new-password" };

/** Rounds of questions of one login: more is a server that asks for ever. */
const MOST_ROUNDS = 8;
/** What asks for something else than the password. */
export const CODE = /code|otp|token|pin\b|passcode|factor|verif|duo|yubi/i;
const NEW_PASSWORD = /\b(?:new|retype|re-enter|repeat)\b.*pass/i;

/**
 * Answers what a server asks. The password answers a single secret question, once: repeating a wrong one locks accounts. All else is asked of
 * a person, where there is one; `unanswered` is told what nobody answered.
 */
export function answers(
  {
    host,
    ask,
    pause,
  }: Pick<Credentials, "ask" | "pause"> & { readonly host: Pick<Target, "name" | "user" | "password"> },
  unanswered: (problem: Asked) => void,
): KeyboardInteractiveAuthMethod["prompt"] {
  let password = host.password;
  let rounds = 0;

  async function answer(about: string, prompts: readonly Prompt[]): Promise<string[]> {
    const [first] = prompts;
    if (first === undefined || (rounds += 1) > MOST_ROUNDS) return [];
    if (prompts.some(({ prompt }) => NEW_PASSWORD.test(prompt))) {
      unanswered({ kind: "new-password" });
      return [];
    }
    if (password !== undefined && prompts.length === 1 && first.echo !== true && !CODE.test(first.prompt)) {
      const own = password.reveal();
      password = undefined;
      return [own];
    }
    const typed: string[] = [];
    for (const { prompt, echo } of prompts) {
      const question = clean(`${host.user}@${host.name}: ${about}${prompt.trim().replace(/:$/, "")}`, { max: 300 });
      // A code is worth nothing a second time, not even for the same question.
      const secret = await pause(
        ask?.(question, { again: true, open: echo === true }).catch(() => undefined) ?? nobody(),
      );
      if (secret === undefined) {
        unanswered({ kind: "unanswered", prompt: clean(prompt.trim(), { max: 80 }) });
        return [];
      }
      typed.push(secret.reveal());
    }
    return typed;
  }

  return (name, instructions, _language, prompts, finish) => {
    const about = [name, instructions].map((text) => text.trim()).filter((text) => text !== "");
    void answer(about.map((text) => `${text} — `).join(""), prompts).then(finish);
  };
}

function nobody(): Promise<undefined> {
  return Promise.resolve(undefined);
}
