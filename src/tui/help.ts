import { wrapWords } from "../view/width.ts";

const KEYS: readonly (readonly [string, string])[] = [
  ["y", "yes: this fix may run on this host (high risk: type yes)"],
  ["n", "no: not in this run; a reason may be typed"],
  [
    "a",
    "yes to this step on every host that waits now, and on those that come later in this run (high risk: type their number)",
  ],
  ["d", "done: what the card asks of a person has been done"],
  ["s", "later: the next card first"],
  ["↑ ↓", "scroll the card; PgUp, PgDn, Home and End go further"],
  ["q", "stop: no new fix starts; what runs is finished and verified"],
  ["Ctrl-C", "the same at once; pressed again, leave now"],
  ["?", "this help; any key goes back"],
];

const PROMISE =
  "An answer counts for exactly what is on the card. What changes in the meantime is asked again. " +
  "What nobody has answered when the run stops is left as it was found.";

const INDENT = 9;

/** What every key does, and what an answer is worth, in lines of at most `width` columns. */
export function helpLines(width: number): readonly string[] {
  const keys = KEYS.flatMap(([key, words]) =>
    wrapWords(words, width - INDENT).map((line, index) => (index === 0 ? key : "").padEnd(INDENT) + line),
  );
  return [...keys, "", ...wrapWords(PROMISE, width)];
}
