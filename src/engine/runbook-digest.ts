import { createHash } from "node:crypto";

/** SHA-256 of the content of a file, in hex. */
export function contentDigest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * What a runbook's approvals are bound to: its text, its functions, and the files that it sends, by name and `contentDigest`: so that somebody
 * who has only these digests can make it again. Every part stands with its length before it, so that no two sets of parts give the same text.
 */
export function runbookDigest(text: string, functions: string, files: ReadonlyMap<string, string>): string {
  const hash = createHash("sha256");
  const parts = [text, functions, ...[...files].toSorted(([a], [b]) => (a < b ? -1 : 1)).flat()];
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}\n`).update(part);
  return hash.digest("hex");
}
