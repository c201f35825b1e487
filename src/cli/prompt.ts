import { FaultError } from "../model/fault.ts";
import { Secret } from "../model/secret.ts";

/** Asks for a secret on the terminal without showing it; what is asked for is written to stderr. Throws a usage fault without a terminal. */
export async function askSecret(question: string): Promise<Secret> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) {
    const message = `${question}: there is no terminal to ask on`;
    throw new FaultError({ kind: "usage", message, hint: "run it on a terminal" });
  }
  stderr.write(`${question}: `);
  stdin.setRawMode(true);
  stdin.resume();
  try {
    return new Secret(await readHidden(stdin));
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write("\n");
  }
}

/** Reads to Enter. Backspace and Ctrl-U edit; Ctrl-C and Ctrl-D give up. */
function readHidden(stdin: NodeJS.ReadStream): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let typed = "";
  const onData = (chunk: Buffer): void => {
    for (const key of chunk.toString("utf8")) {
      if (key === "\r" || key === "\n") resolve(typed);
      else if (key === "\u0003" || key === "\u0004")
        reject(new FaultError({ kind: "usage", message: "given up at the prompt" }));
      else if (key === "\u007F" || key === "\b") typed = typed.slice(0, -1);
      else if (key === "\u0015") typed = "";
      else typed += key;
    }
  };
  stdin.on("data", onData);
  return promise.finally(() => stdin.off("data", onData));
}

/** The same question asked once, whoever asks and however many hosts need the answer. */
export function askOnce(ask: (question: string) => Promise<Secret | undefined>): typeof ask {
  const answers = new Map<string, Promise<Secret | undefined>>();
  let last: Promise<unknown> = Promise.resolve();
  return (question) => {
    const known = answers.get(question);
    if (known !== undefined) return known;
    // One question after the other: two prompts on one terminal cannot be told apart.
    const answer = last.then(() => ask(question));
    last = answer.catch(() => undefined);
    answers.set(question, answer);
    return answer;
  };
}
