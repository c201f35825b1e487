import { moment } from "../engine/words.ts";
import { contextLines, hostsLines } from "./card-context.ts";
import type { Card } from "./card.ts";
import type { Against } from "./card-against.ts";
import type { CardFix } from "./card-fix.ts";
import { paletteOf, type Palette } from "./colour.ts";
import { diffStyles } from "./diff.ts";
import { BAR, barred, labelled, more, type Prose } from "./margin.ts";
import { differenceLines, tableLines } from "./table.ts";
import { wrapWords } from "./width.ts";
import { ago, counted, RISK_STYLE } from "./words.ts";

/** How a card is drawn. */
export type CardDrawing = {
  /** Columns of the paper or terminal. */
  readonly width: number;
  readonly colour: boolean;
  /** ms since the epoch: ages are told against it. Without it times are told as they are, as a log must. */
  readonly now?: number;
  /** Show every finding and every line of the preview, where a person can scroll. Else the first ones and how many more there are. */
  readonly all?: boolean;
  /** Show the functions too, not only how many lines they are; by default as `all` says. They are the same on every card of a runbook. */
  readonly functions?: boolean;
  /** A card of the same step that the reader has seen: what is the same to the line is named, not repeated. */
  readonly above?: Card;
};

const MOST_ROWS = 20;
const MOST_LINES = 40;

/**
 * The card as lines of at most `width` columns: what speaks against it first, then what was found, what would run, and what else is going
 * on. The step's own scripts are never shortened: they are all there, or named as those of the card above. What comes from a script or a host
 * stands behind a bar or is indented, so that it cannot pass for a line of the card.
 */
export function cardLines(card: Card, drawing: CardDrawing): string[] {
  const draw: Draw = {
    palette: paletteOf(drawing.colour),
    width: Math.max(40, drawing.width),
    all: drawing.all === true,
    functions: drawing.functions ?? drawing.all === true,
    above: drawing.above ?? null,
  };
  return [
    ...headOf(card, draw),
    ...labelled("evidence", evidenceWords(card, drawing.now), draw),
    ...evidenceLines(card, draw),
    ...previewLines(card, draw),
    ...(card.fix === null ? [] : fixLines(card.fix, draw)),
    ...valueLines(card, draw),
    ...contextLines(card, draw),
    ...(card.fix === null ? [] : safetyLines(card, card.fix, draw)),
    ...hostsLines(card, { ...draw, now: drawing.now, most: draw.all ? Number.POSITIVE_INFINITY : MOST_ROWS }),
  ];
}

/** Draws cards of one run, one below the other: the first of each step whole, and on those after it only what is not the same. */
export function cardDrawer(drawing: CardDrawing): (card: Card) => string[] {
  const firsts = new Map<string, Card>();
  return (card) => {
    const above = firsts.get(card.step);
    if (above === undefined) firsts.set(card.step, card);
    return cardLines(card, above === undefined ? drawing : { ...drawing, above });
  };
}

type Draw = Prose & { readonly all: boolean; readonly functions: boolean; readonly above: Card | null };

function headOf(card: Card, draw: Draw): string[] {
  const size = card.members.length;
  const who = size === 1 ? card.host : `${card.host} (${counted(size, "host")})`;
  const against = card.against.flatMap((one) => againstLines(one, draw));
  return [
    ...wrapWords(`${who}: ${card.title}`, draw.width).map((line) => draw.palette("bold", line)),
    ...against,
    ...labelled("groups", card.groups.join(", "), draw, { style: (text) => draw.palette("dim", text) }),
    ...labelled("step", `${card.step} of ${card.runbook}, ${card.severity}`, draw),
    ...riskLines(card, draw),
  ];
}

function riskLines({ fix }: Card, draw: Draw): string[] {
  if (fix === null) return labelled("fix", "none: this step only reports", draw);
  const { risk, summary } = fix;
  return [
    ...labelled("fix", summary, draw),
    ...labelled("risk", risk === "high" ? "HIGH" : risk, draw, {
      style: (text) => draw.palette(RISK_STYLE[risk], text),
    }),
  ];
}

type Look = { readonly sign: string; readonly style: (palette: Palette, text: string) => string };

const AGAINST: Readonly<Record<Against["weight"], Look>> = {
  alarm: { sign: " !! ", style: (palette, text) => palette("red", palette("inverse", text)) },
  warning: { sign: "  ! ", style: (palette, text) => palette("red", text) },
  note: { sign: "  · ", style: (palette, text) => palette("yellow", text) },
};

/** Told by signs as well as by colours; what a host said in it cannot begin a line. */
function againstLines({ weight, text, lines = [] }: Against, draw: Draw): string[] {
  const { sign, style } = AGAINST[weight];
  const wrapped = wrapWords(text, draw.width - sign.length).map(
    (line, at) => style(draw.palette, at === 0 ? sign : " ".repeat(sign.length)) + style(draw.palette, line),
  );
  const styles = lines.map((line) => (line.startsWith("+") ? "green" : "red"));
  return [...wrapped, ...barred(lines, draw, styles)];
}

function evidenceWords({ evidence, seenAt, seenLastAt, members }: Card, now: number | undefined): string {
  const amount = counted(evidence.rows.length, "finding");
  const each = members.length === 1 ? "" : " on each host";
  const when = (at: number): string => (now === undefined ? moment(at) : ago(at, now));
  const [oldest, newest] = [when(seenAt), when(seenLastAt)];
  const at = now === undefined ? "seen at " : "seen ";
  return `${amount}${each}, ${at}${oldest}${oldest === newest ? "" : ` to ${newest}`}`;
}

function evidenceLines(card: Card, draw: Draw): string[] {
  const { columns, rows } = card.evidence;
  const shown = draw.all ? rows : rows.slice(0, MOST_ROWS);
  const lines = card.members.length === 1 ? tableLines : differenceLines;
  const table = lines({ columns, rows: shown }, draw.width - BAR.length, draw.palette);
  return [...table.map((line) => draw.palette("dim", BAR) + line), ...more(rows.length - shown.length, draw)];
}

function previewLines(card: Card, draw: Draw): string[] {
  if (card.preview === null) return [];
  const { lines, failed } = card.preview;
  const shown = draw.all ? lines : lines.slice(0, MOST_LINES);
  const words = failed === null ? (lines.length === 0 ? "printed nothing" : "what would change") : `failed: ${failed}`;
  return [
    ...labelled("preview", words, draw, { style: (text) => (failed === null ? text : draw.palette("red", text)) }),
    ...barred(shown, draw, diffStyles(lines)),
    ...more(lines.length - shown.length, draw),
  ];
}

function fixLines(fix: CardFix, draw: Draw): string[] {
  return scriptLines(fix.kind === "manual" ? "to do" : "script", fix.how, (of) => of.lines, fix, draw);
}

/** One script of the fix behind bars; or the card that shows the same one. */
function scriptLines(
  label: string,
  words: string,
  script: (fix: CardFix) => readonly string[] | null,
  fix: CardFix,
  draw: Draw,
): string[] {
  const lines = script(fix) ?? [];
  const { above } = draw;
  const before = above === null || above.fix === null ? [] : (script(above.fix) ?? []);
  if (above !== null && lines.length > 0 && lines.join("\n") === before.join("\n")) {
    return labelled(label, `the same as on the card of ${above.host}`, draw);
  }
  return [...labelled(label, words, draw), ...barred(lines, draw)];
}

function valueLines(card: Card, draw: Draw): string[] {
  return card.values.flatMap((value, index) =>
    labelled(
      index === 0 ? "values" : "",
      `$${value.name} = ${value.text}${value.from === "fact" ? " (fact)" : ""}`,
      draw,
    ),
  );
}

/** What keeps the fix from doing harm, or says that nothing does. */
function safetyLines(card: Card, fix: CardFix, draw: Draw): string[] {
  const { verify } = fix;
  const script = (label: string, words: string, of: Parameters<typeof scriptLines>[2]): string[] =>
    scriptLines(label, words, of, fix, draw);
  return [
    ...(fix.guard === null ? [] : script("guard", "right before each fix; it may defer it", ({ guard }) => guard)),
    ...script("verify", verify === null ? "none: the runbook says so" : verify.how, (of) => of.verify?.lines ?? null),
    ...script("rollback", fix.rollback === null ? "none" : fix.rollback.how, ({ rollback }) => rollback?.lines ?? null),
    ...functionLines(card, fix, draw),
    ...(fix.files.length === 0 ? [] : labelled("files", fix.files.join(", "), draw)),
  ];
}

/** Named where they would push the rest out of sight. */
function functionLines(card: Card, fix: CardFix, draw: Draw): string[] {
  if (fix.functions.length === 0) return [];
  const words = "put before every script";
  if (draw.functions) return [...labelled("functions", words, draw), ...barred(fix.functions, draw)];
  const where = `\`runbook show ${card.runbook}\` shows them`;
  return labelled("functions", `${counted(fix.functions.length, "line")}, ${words}; ${where}`, draw);
}
