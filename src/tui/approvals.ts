import { previewOf } from "../view/card-evidence.ts";
import { cardLines } from "../view/card-lines.ts";
import { groupCardOf } from "../view/card.ts";
import { clean } from "../view/clean.ts";
import { paletteOf, type Palette } from "../view/colour.ts";
import { foldHosts } from "../view/hosts.ts";
import { lineWithEnd, type Piece } from "../view/line.ts";
import { barred, labelled } from "../view/margin.ts";
import { differenceLines, type TableColumn } from "../view/table.ts";
import { fit, widthOf } from "../view/width.ts";
import { ago, cellWords, counted, grouped, RISK_STYLE } from "../view/words.ts";
import { windowOf } from "./hosts.ts";
import { drawnLately, type CardDrawing, type Pane } from "./pane.ts";
import type { Entry, QueuedCard } from "./queue.ts";
import type { Offer, Sight } from "./sight.ts";

/** The queue around its cursor, one entry a line, in at most `rows` lines of exactly `width` columns. */
export function entryLines(sight: Sight, rows: number, draw: CardDrawing): string[] {
  const { entries, entry } = sight;
  const { from, to } = windowOf(entries.length, rows, Math.max(0, entry === null ? 0 : entries.indexOf(entry)));
  const palette = paletteOf(draw.colour);
  return entries.slice(from, to).map((one) => entryLine(one, one === entry, draw, palette));
}

function entryLine({ cards }: Entry, chosen: boolean, { state, now, width }: CardDrawing, palette: Palette): string {
  const [first] = cards;
  if (first === undefined) return "";
  const step = state.hosts.get(first.host)?.steps.find(({ plan }) => plan.id === first.step);
  const findings = counted(step?.findings?.length ?? 0, "finding");
  const names = clean(foldHosts(cards.map(({ host }) => host)));
  const many = cards.length === 1 ? "" : ` (${counted(cards.length, "host")})`;
  const asked = `asked ${ago(first.at, now)}`;
  const risk = first.risk === "high" ? "HIGH" : first.risk;
  // The names give way, so that the risk is always to be seen.
  const room = width - widthOf(`›◷ ${many}  ${risk}  ${asked}`);
  const who = `${fit(names, Math.max(NAMES, room - STEP))}${many}`;
  const left: Piece[] = [
    chosen ? ["bold", "›"] : " ",
    ["magenta", first.kind === "manual" ? "☐ " : "◷ "],
    chosen ? ["bold", who] : who,
    "  ",
    [RISK_STYLE[first.risk], risk],
    `  ${clean(first.step)}  ${findings}`,
  ];
  return lineWithEnd(left, asked, width, palette);
}

/** Columns for names at least, and for the step beside longer ones. */
const NAMES = 6;
const STEP = 12;

/** The heading of the queue. */
export function queueHeading({ entries, opened }: Sight): string {
  if (opened !== null) return `one group, card by card ── Esc goes back`;
  const cards = entries.reduce((sum, entry) => sum + entry.cards.length, 0);
  return `approvals ── ${counted(cards, "card")} in ${counted(entries.length, "group")}`;
}

/** The cards that an answer is for: one card, one for many hosts that are alike, or a table of all that differ only in their evidence. */
export function offerPane(sight: Sight, offer: Offer, draw: CardDrawing): Pane {
  const [first] = offer.all;
  if (first === undefined) return { heading: "", lines: [], follows: false };
  const members = [sight.table, offer.all.length, offer.all.at(-1)?.id, offer.ready.length];
  const lines = drawnLately(first, members, draw, () =>
    sight.table ? familyLines(offer, draw) : cardOf(offer, first, draw),
  );
  const cards = sight.entries.reduce((sum, entry) => sum + entry.cards.length, 0);
  const queue = sight.focus === "approvals" && sight.opened === null ? cards : offer.all.length;
  const waiting = queue === 1 ? "a card waits" : `${grouped(queue)} cards wait`;
  return { heading: waiting, lines: [...reachLines(offer, draw), ...lines], follows: false };
}

/** The one card that says what is true of all of them. */
function cardOf({ all }: Offer, first: QueuedCard, draw: CardDrawing): readonly string[] {
  const { state, loaded, now, width, colour } = draw;
  const card = groupCardOf({ state, hosts: all.map(({ host }) => host), step: first.step, loaded, now });
  return cardLines(card, { width, colour, now, all: true });
}

/** Which of several hosts a yes is for, before anything else. */
function reachLines({ all, ready, bar }: Offer, { width, colour }: CardDrawing): string[] {
  const draw = { palette: paletteOf(colour), width };
  const barLines =
    bar === null ? [] : labelled("decide", bar.why, draw, { style: (text) => draw.palette("yellow", text) });
  if (all.length === 1) return barLines;
  if (all[0]?.kind === "manual") {
    return [...barLines, ...labelled("done", "is said host by host: Enter opens the group", draw)];
  }
  const chosen = new Set(ready);
  const rest = all.filter((card) => !chosen.has(card));
  const words =
    ready.length === 0 ? "none now: their batch has no room yet" : `${countWords(ready, all)}: ${names(ready)}`;
  const wait = rest.length === 1 ? "1 waits for its batch" : `${grouped(rest.length)} wait for their batch`;
  const later = rest.length === 0 ? "" : `${wait}: ${names(rest)}`;
  return [
    ...barLines,
    ...labelled("approve", words, draw, { style: (text) => draw.palette("bold", text) }),
    ...labelled("later", later, draw),
  ];
}

/** `these 4 of 37`, `this one of 37`, `these 37`. */
export function countWords(ready: readonly QueuedCard[], all: readonly QueuedCard[]): string {
  const some = ready.length === 1 ? "this one" : `these ${grouped(ready.length)}`;
  return ready.length === all.length ? some : `${some} of ${grouped(all.length)}`;
}

function names(cards: readonly QueuedCard[]): string {
  return foldHosts(
    cards.map(({ host }) => host),
    12,
  );
}

/**
 * One row for each host and finding, with what differs; those that a yes is for come first, and are marked where it is not for all. Previews
 * follow, host by host.
 */
function familyLines({ all, ready }: Offer, { state, width, colour }: CardDrawing): string[] {
  const palette = paletteOf(colour);
  const draw = { palette, width };
  const chosen = new Set(ready);
  const members = [...ready, ...all.filter((card) => !chosen.has(card))].flatMap((card) => {
    const host = state.hosts.get(card.host);
    const step = host?.steps.find(({ plan }) => plan.id === card.step);
    return host === undefined || step === undefined ? [] : [{ host, step, mark: chosen.has(card) ? "✓" : "" }];
  });
  const plan = members[0]?.step.plan;
  if (plan === undefined) return [];
  const marked = ready.length > 0 && ready.length < all.length;
  const columns: TableColumn[] = [
    ...(marked ? [{ name: "yes", side: "left" } as const] : []),
    { name: "host", side: "left" },
    ...plan.columns.map(({ name, type }): TableColumn => ({
      name: clean(name),
      side: type === "string" || type === "boolean" ? "left" : "right",
    })),
  ];
  const rows = members.flatMap(({ host, step, mark }) =>
    (step.findings ?? []).map(({ values }) => [
      ...(marked ? [mark] : []),
      clean(host.host),
      ...plan.columns.map(({ name, type }) => cellWords(values[name] ?? null, type)),
    ]),
  );
  const previews = members.flatMap((member) => {
    const preview = previewOf(member);
    if (preview === null) return [];
    const words = preview.failed === null ? "what would change" : `no preview: ${preview.failed}`;
    return [...labelled("preview", `${member.host.host}: ${words}`, draw), ...barred(preview.lines, draw)];
  });
  return [...differenceLines({ columns, rows }, width, palette), ...previews, "", ...labelled("script", SCRIPT, draw)];
}

const SCRIPT = "the same for all of them: t goes back to the cards, where it stands";
