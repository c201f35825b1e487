import { randomBytes } from "node:crypto";

/** What one chunk brought: bytes before the mark, and, once the mark was there, the words of its line and the bytes after it. */
export type Cut = {
  readonly before: readonly Uint8Array[];
  readonly found?: { readonly words: readonly string[]; readonly after: Uint8Array };
};

/** `rest`: what was held back because a mark might begin there, for a stream that ended without one. */
export type MarkFinder = { push(chunk: Uint8Array): Cut; rest(): Uint8Array };

/** Longest line a mark may stand on; what is longer was forged or torn, and is taken for the script's own. */
const LONGEST = 512;

/**
 * Looks for the line `\nMARK word word…\n` in a stream that comes in pieces, exact to the byte:
 * all that was printed before the newline goes to `before`, and nothing of the mark ever does.
 */
export function markFinder(mark: string): MarkFinder {
  const needle = Buffer.from(`\n${mark}`);
  let held: Uint8Array = new Uint8Array();
  const push = (chunk: Uint8Array): Cut => {
    const all =
      held.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([held, chunk]);
    const at = all.indexOf(needle);
    if (at === -1) {
      const safe = beginning(all, needle);
      held = Buffer.from(all.subarray(safe));
      return { before: [all.subarray(0, safe)] };
    }
    const start = at + needle.length;
    const end = all.indexOf(10, start);
    if (end === -1 && all.length - start < LONGEST) {
      held = Buffer.from(all.subarray(at));
      return { before: [all.subarray(0, at)] };
    }
    held = new Uint8Array();
    const line = all.toString("latin1", start, end === -1 ? all.length : end);
    const words = line.split(" ").filter((word) => word !== "");
    return { before: [all.subarray(0, at)], found: { words, after: all.subarray(end === -1 ? all.length : end + 1) } };
  };
  return { push, rest: () => held };
}

/** Where a needle may begin that the end of `all` cuts off; its length where none does. */
function beginning(all: Buffer, needle: Buffer): number {
  for (let at = Math.max(0, all.length - needle.length + 1); at < all.length; at++) {
    if (all[at] === needle[0] && needle.subarray(0, all.length - at).equals(all.subarray(at))) return at;
  }
  return all.length;
}

/** A word nobody can guess. */
export function randomMark(): string {
  return `rb-${randomBytes(12).toString("hex")}`;
}
