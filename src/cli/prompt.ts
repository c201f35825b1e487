import { createInterface } from "node:readline";
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
    const typed = await readHidden(stdin);
    if (typed !== null) return new Secret(typed);
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write("\n");
  }
  // A raw terminal sends no signal by itself: this ends us as it would have, or stops a run that has begun.
  process.kill(process.pid, "SIGINT");
  throw new FaultError({ kind: "usage", message: "given up at the prompt" });
}

/** Reads to Enter. Backspace and Ctrl-U edit; Ctrl-C and Ctrl-D give up (null). */
function readHidden(stdin: NodeJS.ReadStream): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  let typed = "";
  const onData = (chunk: Buffer): void => {
    for (const key of chunk.toString("utf8")) {
      if (key === "\r" || key === "\n") resolve(typed);
      else if (key === "\u0003" || key === "\u0004") resolve(null);
      else if (key === "\u007F" || key === "\b") typed = typed.slice(0, -1);
      else if (key === "\u0015") typed = "";
      else typed += key;
    }
  };
  stdin.on("data", onData);
  return promise.finally(() => stdin.off("data", onData));
}

/** Questions whose answers are seen as they are typed, one line each. */
export type Dialogue = Disposable & {
  /** The line that was typed, trimmed; `end` where there will be no more (Ctrl-D), `given-up` after Ctrl-C. */
  ask(question: string): Promise<{ readonly typed: string } | "end" | "given-up">;
};

/** A dialogue on the terminal, written to stderr. What was typed before a question was there is no answer to it. */
export function dialogue(): Dialogue {
  const reader = createInterface({ input: process.stdin, output: process.stderr, terminal: true });
  const over = Promise.withResolvers<"end" | "given-up">();
  reader.on("SIGINT", () => over.resolve("given-up"));
  reader.on("close", () => over.resolve("end"));
  // Without somebody who asked, a line is dropped.
  return {
    ask: (question) => {
      const answered = new Promise<{ typed: string }>((resolve) => {
        reader.question(question, (line) => resolve({ typed: line.trim() }));
      });
      return Promise.race([answered, over.promise]);
    },
    [Symbol.dispose]: () => reader.close(),
  };
}

/** Questions that come up while hosts are logged in to, such as a key's passphrase. */
export type Questions = {
  /** Asks each question once, whoever asks and however many hosts need the answer; undefined where nobody can be asked. */
  readonly ask: (question: string) => Promise<Secret | undefined>;
  /** Waits for the questions that are open, and answers all new ones with undefined: something else has the terminal from now on. */
  close(): Promise<void>;
};

/** Questions on the terminal; without one, nobody is asked. */
export function questions(ask: (question: string) => Promise<Secret | undefined> = askOnTerminal): Questions {
  const answers = new Map<string, Promise<Secret | undefined>>();
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;
  return {
    ask: (question) => {
      const known = answers.get(question);
      if (known !== undefined) return known;
      if (closed) return Promise.resolve(undefined);
      // One question after the other: two prompts on one terminal cannot be told apart.
      const answer = last.then(() => ask(question));
      last = answer.catch(() => undefined);
      answers.set(question, answer);
      return answer;
    },
    close: async () => {
      for (let open: unknown = null; open !== last; await last) open = last;
      closed = true;
    },
  };
}

async function askOnTerminal(question: string): Promise<Secret | undefined> {
  return process.stdin.isTTY ? askSecret(question) : undefined;
}
