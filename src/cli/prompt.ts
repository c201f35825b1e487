import { createInterface } from "node:readline";
import { FaultError } from "../model/fault.ts";
import { Secret } from "../model/secret.ts";

/**
 * Asks for a secret on the terminal without showing it, unless it may be seen; what is asked for is written to stderr. Throws a usage fault
 * without a terminal.
 */
export async function askSecret(question: string, open = false): Promise<Secret> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) {
    const message = `${question}: there is no terminal to ask on`;
    throw new FaultError({ kind: "usage", message, hint: "run it on a terminal" });
  }
  stderr.write(`${question}: `);
  stdin.setRawMode(true);
  stdin.resume();
  try {
    const typed = await readTyped(stdin, open ? (text) => stderr.write(text) : () => false);
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
function readTyped(stdin: NodeJS.ReadStream, show: (text: string) => unknown): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  let typed = "";
  const onData = (chunk: Buffer): void => {
    for (const key of chunk.toString("utf8")) {
      if (key === "\r" || key === "\n") resolve(typed);
      else if (key === "\u0003" || key === "\u0004") resolve(null);
      else if (key === "\u007F" || key === "\b") {
        if (typed !== "") show("\b \b");
        typed = typed.slice(0, -1);
      } else if (key === "\u0015") {
        show("\b \b".repeat(typed.length));
        typed = "";
      } else {
        typed += key;
        show(key);
      }
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

type HowAsked = { readonly again: boolean; readonly open: boolean };

/** Questions that come up while hosts are logged in to, such as a key's passphrase. */
export type Questions = {
  /**
   * Asks each question once, whoever asks and however many hosts need the answer, but for one that is to be asked `again`; undefined where nobody
   * can be asked. `open`: what is typed is seen.
   */
  readonly ask: (question: string, how?: HowAsked) => Promise<Secret | undefined>;
  /** Waits for the questions that are open, and answers all new ones with undefined: something else has the terminal from now on. */
  close(): Promise<void>;
};

/** Questions on the terminal; without one, nobody is asked. */
export function questions(
  ask: (question: string, open: boolean) => Promise<Secret | undefined> = askOnTerminal,
): Questions {
  const answers = new Map<string, Promise<Secret | undefined>>();
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;
  return {
    ask: (question, how = { again: false, open: false }) => {
      const known = answers.get(question);
      if (known !== undefined && !how.again) return known;
      if (closed) return Promise.resolve(undefined);
      // One question after the other: two prompts on one terminal cannot be told apart.
      const answer = last.then(() => ask(question, how.open));
      last = answer.catch(() => undefined);
      if (!how.again) answers.set(question, answer);
      return answer;
    },
    close: async () => {
      for (let open: unknown = null; open !== last; await last) open = last;
      closed = true;
    },
  };
}

async function askOnTerminal(question: string, open: boolean): Promise<Secret | undefined> {
  return process.stdin.isTTY ? askSecret(question, open) : undefined;
}
