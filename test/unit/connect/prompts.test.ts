import { expect, test } from "vitest";
import { type Asked, answers } from "../../../src/connect/ssh/prompts.ts";
import { targetOf } from "../../../src/connect/ssh/target.ts";
import { isFault } from "../../../src/model/fault.ts";
import { Secret } from "../../../src/model/secret.ts";
import { hostAt } from "../../kit/sshd.ts";

type Prompt = { readonly prompt: string; readonly echo?: boolean };

/** A server that asks several rounds, and a person who answers with the number of the question. */
function server(password: string | undefined, present = true) {
  const target = targetOf(hostAt(22, "/"), new Map(), { home: "/", user: "root" });
  if (isFault(target)) throw new Error(target.message);
  const host = { ...target, password: password === undefined ? undefined : new Secret(password) };
  const asked: string[] = [];
  const problems: Asked[] = [];
  const ask = async (question: string, how?: { readonly again: boolean; readonly open: boolean }) => {
    asked.push(`${question}${how?.open === true ? " (open)" : ""}${how?.again === true ? "" : " (once)"}`);
    return new Secret(String(asked.length));
  };
  const answer = answers({ host, pause: (work) => work, ...(present && { ask }) }, (problem) => problems.push(problem));
  const round = (...prompts: Prompt[]): Promise<string[]> =>
    new Promise((resolve) => answer("PAM", " Two\u001B[2J factors ", "", prompts, resolve));
  return { round, asked, problems };
}

test("the password answers one secret question, once", async () => {
  const { round, asked } = server("open");
  expect(await round({ prompt: "Password: ", echo: false })).toEqual(["open"]);
  expect(await round({ prompt: "Password: ", echo: false })).toEqual(["1"]);
  expect(asked).toHaveLength(1);
});

test("what is no password is asked of a person: codes, what may be seen, and several things at once", async () => {
  const { round, asked } = server("open");
  expect(await round({ prompt: "Verification code: ", echo: false })).toEqual(["1"]);
  expect(await round({ prompt: "Name:", echo: true }, { prompt: "Password:", echo: false })).toEqual(["2", "3"]);
  expect(asked).toEqual([
    "root@web1: PAM — Two\\x1b[2J factors — Verification code",
    "root@web1: PAM — Two\\x1b[2J factors — Name (open)",
    "root@web1: PAM — Two\\x1b[2J factors — Password",
  ]);
});

test("no answer is made up where nobody is there, and none is given to a server that wants a new password or asks for ever", async () => {
  const alone = server(undefined, false);
  expect(await alone.round({ prompt: "Code: " })).toEqual([]);
  expect(alone.problems).toEqual([{ kind: "unanswered", prompt: "Code:" }]);
  const expired = server("open");
  expect(await expired.round({ prompt: "New password: ", echo: false })).toEqual([]);
  expect(expired.problems).toEqual([{ kind: "new-password" }]);
  const endless = server(undefined);
  for (let round = 0; round < 8; round += 1) expect(await endless.round({ prompt: "And?" })).toHaveLength(1);
  expect(await endless.round({ prompt: "And?" })).toEqual([]);
  expect(await endless.round()).toEqual([]);
});
