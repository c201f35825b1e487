import { decode } from "../script/bytes.ts";
import type { Pipe } from "./pipe.ts";

/** Seconds that a shell may take to be there; PAM with a directory behind it is slow. */
export const PATIENCE = 20;

/** Bytes that are kept of what comes before a shell. */
const NOISE = 16_384;

export type Stream = "stdout" | "stderr" | "terminal";

/** The last of what comes on each stream. As bytes, since a character may come in two pieces. */
export type Hearing = {
  push(stream: Stream, ...chunks: readonly Uint8Array[]): void;
  text(stream: Stream): string;
  /** Takes `word` out once; says whether it was there. */
  drop(stream: Stream, word: string): boolean;
};

/** Nothing heard yet. */
export function hearing(): Hearing {
  const heard = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0), terminal: Buffer.alloc(0) };
  return {
    push: (stream, ...chunks) => (heard[stream] = Buffer.concat([heard[stream], ...chunks]).subarray(-NOISE)),
    text: (stream) => decode(heard[stream]),
    drop(stream, word) {
      const at = heard[stream].indexOf(word);
      if (at === -1) return false;
      heard[stream] = Buffer.concat([heard[stream].subarray(0, at), heard[stream].subarray(at + word.length)]);
      return true;
    },
  };
}

/** What is waited for, unless the process ends before or its time is up. */
export async function soon<T>(
  there: Promise<T>,
  pipe: Pipe,
  patience: number = PATIENCE,
): Promise<T | "ended" | "late"> {
  const { promise: late, resolve } = Promise.withResolvers<"late">();
  const timer = setTimeout(resolve, patience * 1000, "late");
  // A refusal and the end of its process come together: let what was printed arrive first.
  const ended = pipe.ended.then(() => "ended" as const);
  const answer = await Promise.race([there, ended, late]);
  clearTimeout(timer);
  return answer;
}
