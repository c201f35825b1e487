import type { Style } from "./colour.ts";

const HUNK = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/;

/**
 * The style of each line of a unified diff: what is added green, what goes red, where it is cyan. Null for the rest, and for everything
 * in a text that is none. Told by the numbers of its hunks, so that a list with dashes does not look like something that goes.
 */
export function diffStyles(lines: readonly string[]): readonly (Style | null)[] {
  let gone = 0;
  let added = 0;
  return lines.map((line, at) => {
    const inHunk = gone > 0 || added > 0;
    const sign = line[0] ?? " ";
    if (inHunk && " +-\\".includes(sign)) {
      if (sign === " " || sign === "-") gone -= 1;
      if (sign === " " || sign === "+") added -= 1;
      return sign === "+" ? "green" : sign === "-" ? "red" : null;
    }
    const hunk = HUNK.exec(line);
    gone = hunk === null ? 0 : Number(hunk[1] ?? 1);
    added = hunk === null ? 0 : Number(hunk[2] ?? 1);
    if (hunk !== null) return "cyan";
    return isHeader(line, lines[at + (line.startsWith("-") ? 2 : 1)] ?? "") ? "bold" : null;
  });
}

/** The two lines before the first hunk of a file name what is compared. */
function isHeader(line: string, hunk: string): boolean {
  return /^(?:---|\+\+\+) /.test(line) && HUNK.test(hunk);
}
