import { moment } from "../engine/words.ts";
import type { Card, CardMember } from "./card.ts";
import { BAR, labelled, more, type Prose } from "./margin.ts";
import { tableLines, type Table } from "./table.ts";
import { ago, shortDigest } from "./words.ts";

/** What else is going on: dim, since what is unusual in it stands on top of the card. */
export function contextLines(card: Card, draw: Prose): string[] {
  const dim = { style: (text: string) => draw.palette("dim", text) };
  return [
    ...labelled("asked by", card.askedBy, draw),
    ...labelled("this run", card.fared, draw, dim),
    ...labelled("rollout", card.rollout, draw, dim),
    ...labelled("runs", card.runs, draw),
    ...labelled("before", card.history, draw),
    ...labelled("waived", card.waived, draw),
    ...labelled("approval", card.approval, draw),
    ...labelled("policy", card.policy, draw, dim),
  ];
}

type Listing = Prose & { readonly now: number | undefined; readonly most: number };

/** The digest to copy; for several hosts, each with its own, those that were fixed most often first. */
export function hostsLines({ members }: Card, draw: Listing): string[] {
  const [only] = members;
  if (only !== undefined && members.length === 1) return labelled("card", only.digest, draw);
  const sorted = members.toSorted((a, b) => b.fixedThisWeek - a.fixedThisWeek || a.seenAt - b.seenAt);
  const shown = sorted.slice(0, draw.most);
  const table = tableLines(tableOf(shown, draw.now), draw.width - BAR.length, draw.palette);
  return [
    ...labelled("cards", "each host has its own", draw),
    ...table.map((line) => draw.palette("dim", BAR) + line),
    ...more(members.length - shown.length, draw),
  ];
}

function tableOf(members: readonly CardMember[], now: number | undefined): Table {
  const fixed = members.some((member) => member.fixedThisWeek > 0);
  return {
    columns: [
      { name: "host", side: "left" },
      { name: "card", side: "left" },
      { name: "seen", side: "left" },
      ...(fixed ? [{ name: "fixed in 7 days", side: "right" } as const] : []),
    ],
    rows: members.map(({ host, digest, seenAt, fixedThisWeek }) => [
      host,
      shortDigest(digest),
      now === undefined ? moment(seenAt) : ago(seenAt, now),
      ...(fixed ? [fixedThisWeek === 0 ? "-" : String(fixedThisWeek)] : []),
    ]),
  };
}
