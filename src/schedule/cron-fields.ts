import { didYouMean } from "../language/suggest.ts";

/** What a cron expression says, field by field: every value that it names, in order. */
export type CronFields = {
  readonly second: readonly number[];
  readonly minute: readonly number[];
  readonly hour: readonly number[];
  readonly month: readonly number[];
  readonly days: Days;
  readonly weekdays: Weekdays;
};

/** Days of a month. `any` is a mere `*`; where days and weekdays are both named, either will do. */
type Days = {
  readonly any: boolean;
  readonly values: readonly number[];
  /** `L`: the last one. */
  readonly last: boolean;
  /** `LW`: the last one from Monday to Friday. */
  readonly lastWeekday: boolean;
  /** `15W`: the day from Monday to Friday that is nearest. */
  readonly nearest: readonly number[];
};

/** Days of a week, 0 is Sunday. `nth`: of a month, such as the second Tuesday (`tue#2`) or the last Friday (`friL`). */
type Weekdays = {
  readonly any: boolean;
  readonly values: readonly number[];
  readonly nth: readonly { readonly day: number; readonly nth: number | "last" }[];
};

/** A part of an expression that is wrong: where it begins, how long it is, and what to do. */
export type CronProblem = {
  readonly at: number;
  readonly length: number;
  readonly message: string;
  readonly hint?: string;
};

/** The short names and what they stand for. */
const NICKNAMES: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

type Kind = {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Words that stand for numbers, the first for `min`. */
  readonly words: readonly string[];
};

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const SECOND: Kind = { name: "second", min: 0, max: 59, words: [] };
const MINUTE: Kind = { name: "minute", min: 0, max: 59, words: [] };
const HOUR: Kind = { name: "hour", min: 0, max: 23, words: [] };
const DAY: Kind = { name: "day of the month", min: 1, max: 31, words: [] };
const MONTH: Kind = { name: "month", min: 1, max: 12, words: MONTHS };
const WEEKDAY: Kind = { name: "day of the week", min: 0, max: 7, words: WEEKDAYS };

/** A piece of an expression and where it begins. */
type Piece = { readonly text: string; readonly at: number };

/** Reads an expression, or says everything that is wrong with it. */
export function readCron(text: string): { readonly fields: CronFields } | { readonly problems: CronProblem[] } {
  const whole = { text: text.trim(), at: text.length - text.trimStart().length };
  if (whole.text.startsWith("@")) return readNickname(whole);
  const pieces = [...text.matchAll(/\S+/g)].map((found): Piece => ({ text: found[0], at: found.index }));
  if (pieces.length !== 5 && pieces.length !== 6) {
    const message = `a cron expression has five or six fields, and this one has ${pieces.length}`;
    const hint = "minute hour day month weekday, such as `30 2 * * mon-fri`; a sixth in front is the second";
    return { problems: [problem(whole, message, hint)] };
  }
  const [second, minute, hour, day, month, weekday] = pieces.length === 5 ? [ZERO, ...pieces] : pieces;
  const problems: CronProblem[] = [];
  const days = readDays(day ?? ZERO, problems);
  const weekdays = readWeekdays(weekday ?? ZERO, problems);
  const fields = {
    second: readField(second ?? ZERO, SECOND, problems),
    minute: readField(minute ?? ZERO, MINUTE, problems),
    hour: readField(hour ?? ZERO, HOUR, problems),
    month: readField(month ?? ZERO, MONTH, problems),
    days,
    weekdays,
  };
  return problems.length > 0 ? { problems: problems.toSorted((a, b) => a.at - b.at) } : { fields };
}

const ZERO: Piece = { text: "0", at: 0 };

/** The expression with a short name written out. */
export function writtenOut(text: string): string {
  return NICKNAMES[text.trim().toLowerCase()] ?? text.trim().split(/\s+/).join(" ");
}

function readNickname(piece: Piece): { readonly fields: CronFields } | { readonly problems: CronProblem[] } {
  const known = NICKNAMES[piece.text.toLowerCase()];
  if (known !== undefined) return readCron(known);
  const names = Object.keys(NICKNAMES);
  const hint = didYouMean(piece.text, names) ?? `there are ${names.join(", ")}`;
  return { problems: [problem(piece, `\`${piece.text}\` is no time`, hint)] };
}

function readDays(piece: Piece, problems: CronProblem[]): Days {
  const items = itemsOf(piece, DAY, problems);
  const is = (pattern: RegExp) => items.filter(({ text }) => pattern.test(text));
  const nearest = is(/^\d+w$/i).flatMap((item) => readNumber({ ...item, text: item.text.slice(0, -1) }, DAY, problems));
  const plain = items.filter(({ text }) => !/^(l|lw|\d+w)$/i.test(text));
  const [lastWeekday] = is(/^lw$/i);
  if (lastWeekday !== undefined && items.length > 1)
    problems.push(problem(lastWeekday, "`LW` cannot stand in a list", "make a schedule of its own of it"));
  return {
    any: piece.text === "*",
    values: readItems(plain, DAY, problems),
    last: is(/^l$/i).length > 0,
    lastWeekday: lastWeekday !== undefined,
    nearest: sorted(nearest),
  };
}

const NTH = /^([a-z]+|\d+)(?:#(\w+)|l)$/i;

function readWeekdays(piece: Piece, problems: CronProblem[]): Weekdays {
  const items = itemsOf(piece, WEEKDAY, problems);
  const nth = items.flatMap((item) => {
    const [, day, which] = NTH.exec(item.text) ?? [];
    if (day === undefined) return [];
    if (which !== undefined && !/^[1-5]$/.test(which)) {
      const hint = "from #1 to #5; the last one of a month is `friL`";
      problems.push(problem(item, `a month has no such weekday: \`#${which}\``, hint));
    }
    const [number] = readNumber({ ...item, text: day }, WEEKDAY, problems);
    return number === undefined
      ? []
      : [{ day: number % 7, nth: which === undefined ? ("last" as const) : Number(which) }];
  });
  const plain = items.filter(({ text }) => !NTH.test(text));
  const values = readItems(plain, WEEKDAY, problems).map((day) => day % 7);
  return { any: piece.text === "*", values: sorted(values), nth };
}

function readField(piece: Piece, kind: Kind, problems: CronProblem[]): number[] {
  return readItems(itemsOf(piece, kind, problems), kind, problems);
}

/** The parts between commas. */
function itemsOf(piece: Piece, kind: Kind, problems: CronProblem[]): Piece[] {
  let at = piece.at;
  return piece.text.split(",").flatMap((text) => {
    const item = { text, at };
    at += text.length + 1;
    if (text !== "") return [item];
    problems.push(problem(piece, `an empty part in the ${kind.name}`, "remove the comma that is too many"));
    return [];
  });
}

function readItems(items: readonly Piece[], kind: Kind, problems: CronProblem[]): number[] {
  return sorted(items.flatMap((item) => readItem(item, kind, problems)));
}

/** `*`, `5`, `1-5`, `*` or `1-5` with a step. */
function readItem(item: Piece, kind: Kind, problems: CronProblem[]): number[] {
  const [range = "", step, ...more] = item.text.split("/");
  const every = step === undefined ? 1 : readStep(item, step, kind, problems);
  if (more.length > 0) problems.push(problem(item, `\`${item.text}\` has two steps`, "write `*/15` or `10-40/15`"));
  const [from, to] = range === "*" ? [kind.min, lastOf(kind)] : readRange({ ...item, text: range }, kind, problems);
  if (from === undefined || to === undefined || every === undefined) return [];
  if (step !== undefined && !/[*-]/.test(range)) {
    problems.push(problem(item, `a step needs a range`, `write \`${range}-${lastOf(kind)}/${step}\``));
    return [];
  }
  return Array.from({ length: Math.floor((to - from) / every) + 1 }, (_, index) => from + index * every);
}

/** 7 is Sunday once more. */
function lastOf(kind: Kind): number {
  return kind === WEEKDAY ? 6 : kind.max;
}

function readStep(item: Piece, step: string, kind: Kind, problems: CronProblem[]): number | undefined {
  const most = kind.max - kind.min + (kind === WEEKDAY ? 0 : 1);
  if (/^\d{1,2}$/.test(step) && Number(step) >= 1 && Number(step) <= most) return Number(step);
  problems.push(problem(item, `the step \`${step}\` is not from 1 to ${most}`, "write `*/15`, for instance"));
  return undefined;
}

function readRange(item: Piece, kind: Kind, problems: CronProblem[]): readonly (number | undefined)[] {
  const [first = "", last, ...more] = item.text.split("-");
  if (more.length > 0) {
    problems.push(problem(item, `\`${item.text}\` is no range`, "a range has two ends: `1-5`"));
    return [];
  }
  const [from] = readNumber({ text: first, at: item.at }, kind, problems);
  if (last === undefined) return [from, from];
  const [to] = readNumber({ text: last, at: item.at + first.length + 1 }, kind, problems);
  if (from === undefined || to === undefined || from <= to) return [from, to];
  const hint = `write \`${first}-${wordOf(lastOf(kind), kind, first)},${wordOf(kind.min, kind, first)}-${last}\``;
  // 7 as well as 0.
  if (kind === WEEKDAY && /^sun$/i.test(last)) return [from, 7];
  problems.push(problem(item, `the range \`${item.text}\` goes backwards`, hint));
  return [];
}

/** A value as the one beside it is written. */
function wordOf(value: number, { words, min }: Kind, like: string): string {
  return /\d/.test(like) ? String(value) : (words[value - min] ?? String(value));
}

function readNumber({ text, at }: Piece, kind: Kind, problems: CronProblem[]): number[] {
  const word = kind.words.indexOf(text.toLowerCase());
  if (word >= 0) return [word + kind.min];
  if (/^\d{1,2}$/.test(text) && Number(text) >= kind.min && Number(text) <= kind.max) return [Number(text)];
  const scope = `from ${kind.min} to ${kind.max}${kind.words.length > 0 ? `, or ${kind.words.slice(0, 2).join(", ")}, …` : ""}`;
  const hint = (/^[a-z]/i.test(text) ? didYouMean(text, kind.words) : undefined) ?? adviceOn(text, kind);
  problems.push(
    problem({ text: text === "" ? "-" : text, at }, `\`${text}\` is no ${kind.name}: expected ${scope}`, hint),
  );
  return [];
}

/** What other programs call cron allows more. */
function adviceOn(text: string, kind: Kind): string | undefined {
  if (text === "?") return "write `*`";
  if (/^l-\d/i.test(text) || text.toLowerCase() === "l") {
    return kind === WEEKDAY
      ? "the last Friday of a month is `friL`"
      : "`L` is the last day, and only in the day of the month";
  }
  return undefined;
}

function problem({ at, text }: Piece, message: string, hint?: string): CronProblem {
  return { at, length: text.length, message, ...(hint === undefined ? {} : { hint }) };
}

function sorted(values: readonly number[]): number[] {
  return [...new Set(values)].toSorted((a, b) => a - b);
}
