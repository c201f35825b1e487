import { execFile } from "node:child_process";
import { close, constants, openSync, write } from "node:fs";
import { access, readFile, writeFile } from "node:fs/promises";
import { Socket } from "node:net";
import { promisify } from "node:util";

/** What `ssh` wants to know. `touch`: nobody types anything, a person has to touch the key. */
export type Question =
  | { readonly kind: "passphrase" | "pin"; readonly of: string }
  | { readonly kind: "host-key" | "touch" }
  /** Asked by the host, or for the login's password. */
  | { readonly kind: "password"; readonly text: string };

/** Questions of one login; `environment` leads ssh here. */
export type Asked = Disposable & { readonly environment: Readonly<Record<string, string>> };

/**
 * The program that ssh starts for each question. It has none of the answers: they come through a pipe, for one reader, so that they are
 * in no argument, no variable and no file.
 */
const HELPER = `#!/bin/sh
d=\${0%/*}
printf '%s\\000%s\\000' "\${SSH_ASKPASS_PROMPT-}" "\${1-}" >"$d/asked" || exit 1
[ "\${SSH_ASKPASS_PROMPT-}" != none ] || exec sleep 120
exec head -n 1 <"$d/answers"
`;

/** Lets ssh ask by way of the private directory `dir`. An answer of undefined declines. Undefined: no program may be started there. */
export async function listenForQuestions(
  dir: string,
  answer: (question: Question, log: string) => Promise<string | undefined>,
): Promise<Asked | undefined> {
  const helper = `${dir}/askpass`;
  if (!(await mayRun(helper))) return undefined;
  await promisify(execFile)("mkfifo", ["-m", "600", `${dir}/asked`, `${dir}/answers`]);
  // Both ends, so that opening waits for nobody.
  const [asked, answers] = [opened(`${dir}/asked`), opened(`${dir}/answers`)];
  const reader = new Socket({ fd: asked, readable: true, writable: false });
  let over = false;
  async function reply(question: Question): Promise<void> {
    const log = await readFile(`${dir}/log`, "utf8").catch(() => "");
    const text = await answer(question, log);
    // An empty answer is none.
    if (question.kind !== "touch" && !over) write(answers, `${text ?? ""}\n`, () => undefined);
  }
  let heard = "";
  reader.setEncoding("utf8").on("data", (text: string) => {
    heard += text;
    for (let whole = /^([^\0]*)\0([^\0]*)\0/.exec(heard); whole !== null; whole = /^([^\0]*)\0([^\0]*)\0/.exec(heard)) {
      heard = heard.slice(whole[0].length);
      void reply(meant(whole[1] ?? "", whole[2] ?? ""));
    }
  });
  return {
    environment: { SSH_ASKPASS: helper, SSH_ASKPASS_REQUIRE: "force", DISPLAY: process.env["DISPLAY"] || "none" },
    [Symbol.dispose]() {
      reader.destroy();
      over = true;
      close(answers);
    },
  };
}

/** Where the helper is may be mounted so that no program starts there. */
async function mayRun(helper: string): Promise<boolean> {
  await writeFile(helper, HELPER, { mode: 0o700 });
  return access(helper, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function opened(fifo: string): number {
  return openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
}

function meant(hint: string, prompt: string): Question {
  if (hint === "none") return { kind: "touch" };
  const [, of] = /^Enter passphrase for (?:key )?'?(.*?)'?: ?$/s.exec(prompt) ?? [];
  if (of !== undefined) return { kind: "passphrase", of };
  const [, token] = /^Enter PIN for (.*?): ?$/s.exec(prompt) ?? [];
  if (token !== undefined) return { kind: "pin", of: token };
  if (/\(yes\/no|^Please type 'yes'/.test(prompt)) return { kind: "host-key" };
  return { kind: "password", text: prompt.trim() };
}
