import type { Printed } from "../model/output.ts";
import { decode, unfinished } from "../script/bytes.ts";

/** Takes a stream as it comes and keeps its head and tail: never more than about twice `keep` bytes in memory. */
export type Capture = {
  push(chunk: Uint8Array): void;
  /** Counts bytes that were dropped elsewhere, between the head and the tail. */
  skip(bytes: number): void;
  /** Bytes seen so far. */
  seen(): number;
  /** The head alone, as far as it has come, and its length in bytes. */
  beginning(): { readonly bytes: number; readonly printed: Printed };
  output(): Printed;
};

/**
 * A capture that keeps all of it up to `keep` bytes, and of more than that the first and the last half. The first `already` bytes are
 * known to somebody else, and not to come again.
 */
export function capture(keep: number, already = 0): Capture {
  const half = Math.max(1, Math.floor(keep / 2));
  const head = growing(Math.max(0, half - already));
  const tail = ring(keep - half);
  let seen = 0;
  return {
    push(chunk) {
      seen += chunk.length;
      tail.push(chunk.subarray(head.push(chunk)));
    },
    skip: (bytes) => void (seen += bytes),
    seen: () => seen,
    beginning() {
      const bytes = head.bytes();
      return { bytes: bytes.length, printed: { head: decode(bytes), tail: "", omitted: 0 } };
    },
    output() {
      const first = head.bytes();
      const last = tail.bytes();
      if (first.length + last.length === seen) {
        return { head: decode(Buffer.concat([first, last])), tail: "", omitted: 0 };
      }
      // A character that the gap cuts in two counts as left out: half of it would look like bytes that are not UTF-8.
      const whole = first.subarray(0, first.length - unfinished(first));
      const rest = last.subarray(continuation(last));
      return { head: decode(whole), tail: decode(rest), omitted: seen - whole.length - rest.length };
    },
  };
}

/** Bytes at the start that belong to a character before it. */
function continuation(bytes: Uint8Array): number {
  let count = 0;
  while (count < 3 && ((bytes[count] ?? 0) & 0xc0) === 0x80) count++;
  return count;
}

/** The first `limit` bytes; `push` says how many of the chunk it took. Starts small: most scripts print a line. */
function growing(limit: number): { push(chunk: Uint8Array): number; bytes(): Uint8Array } {
  let store = Buffer.alloc(0);
  let length = 0;
  return {
    push(chunk) {
      const taken = Math.min(chunk.length, limit - length);
      if (length + taken > store.length) {
        const larger = Buffer.alloc(Math.min(limit, Math.max(length + taken, store.length * 2)));
        store.copy(larger, 0, 0, length);
        store = larger;
      }
      store.set(chunk.subarray(0, taken), length);
      length += taken;
      return taken;
    },
    bytes: () => store.subarray(0, length),
  };
}

/** The last `limit` bytes, in a store twice as long that is moved down when it is full. */
function ring(limit: number): { push(chunk: Uint8Array): void; bytes(): Uint8Array } {
  let store = Buffer.alloc(0);
  let length = 0;
  return {
    push(chunk) {
      if (chunk.length === 0) return;
      if (store.length === 0) store = Buffer.alloc(limit * 2);
      const last = chunk.subarray(Math.max(0, chunk.length - limit));
      if (length + last.length > store.length) {
        const kept = Math.min(length, limit);
        store.copyWithin(0, length - kept, length);
        length = kept;
      }
      store.set(last, length);
      length += last.length;
    },
    bytes: () => store.subarray(Math.max(0, length - limit), length),
  };
}
