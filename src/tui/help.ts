import { wrapWords } from "../view/width.ts";

type Keys = readonly (readonly [keys: string, words: string])[];

const PARTS: readonly (readonly [string, Keys])[] = [
  [
    "a card, or a group of cards that are alike",
    [
      [
        "y",
        "yes: the fix may run, on one host or on as many of a group as the batch has room for (high risk: type what is asked)",
      ],
      ["n", "no: not in this run; a reason may be typed"],
      ["d", "done: what the card asks of a person has been done"],
      ["w", "waive findings of one host: accept them as they are until a date"],
      ["s", "later: the next card first"],
      ["Enter", "open a group, card by card; Esc closes it"],
      ["t", "a table of all cards of this step that differ only in what was found"],
    ],
  ],
  [
    "hosts",
    [
      ["↑ ↓", "the cursor; PgUp, PgDn, Home and End go further"],
      ["← → 1-4", "card, script, output, history of the host"],
      ["/", "show only some: part of a name, a glob, a group, a state (failed, waiting…); Esc shows all"],
      ["o", "order: trouble first, by name, longest first"],
      ["x", "skip the host: nothing new is begun there"],
    ],
  ],
  [
    "everywhere",
    [
      ["Tab", "from the approvals to the hosts and back"],
      ["j k", "scroll a line; Space and b a page"],
      ["p", "pause: no fix starts until p again; looks go on"],
      ["q", "stop, or leave the cards waiting for later"],
      ["Ctrl-C", "stop at once: what runs is finished; pressed again, leave now"],
      ["?", "this help; any key goes back"],
    ],
  ],
];

const PROMISE =
  "An answer counts for exactly what is on the card. What changes in the meantime is asked again. " +
  "What nobody has answered when the run stops is left as it was found.";

const INDENT = 9;

/** What every key does, and what an answer is worth, in lines of at most `width` columns. */
export function helpLines(width: number): readonly string[] {
  const parts = PARTS.flatMap(([title, keys]) => [
    ...wrapWords(title, width),
    ...keys.flatMap(([key, words]) =>
      wrapWords(words, width - INDENT - 2).map((line, index) => `  ${(index === 0 ? key : "").padEnd(INDENT)}${line}`),
    ),
    "",
  ]);
  return [...parts, ...wrapWords(PROMISE, width)];
}
