import { splitPattern } from "../language/inventory/terms.ts";
import { isFault, type Fault } from "../model/fault.ts";
import { readText } from "./text.ts";

const MAX_LIST = 1_000_000;

/** Puts what stands in a file, a pattern a line, in the place of each `@file` of a host pattern. Lines that begin with # are comments. */
export async function expandPattern(pattern: string | undefined): Promise<string | undefined | Fault> {
  if (pattern?.includes("@") !== true) return pattern;
  const parts = splitPattern(pattern);
  if (isFault(parts)) return parts;
  const written: string[] = [];
  for (const part of parts) {
    const lines = part.startsWith("@") ? await readLines(part.slice(1)) : [part];
    if (isFault(lines)) return lines;
    written.push(...lines);
  }
  // The comma at the end: a name may hold colons.
  return `${written.join(",")},`;
}

async function readLines(file: string): Promise<readonly string[] | Fault> {
  const read = await readText(file, MAX_LIST);
  const hint = "what follows @ in a host pattern is a file with a host or pattern a line";
  if ("problem" in read) return { kind: "usage", where: `@${file}`, message: read.problem, hint };
  const lines = read.text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  // Nothing must not come to mean all.
  return lines.length > 0
    ? lines
    : { kind: "nothing-selected", where: `@${file}`, message: "the file names no host", hint };
}
