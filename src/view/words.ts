import type { Risk } from "../model/approval.ts";
import type { Cell, Outcome } from "../model/finding.ts";
import type { ColumnType } from "../model/runbook.ts";
import { clean } from "./clean.ts";
import type { Style } from "./colour.ts";

/** How an outcome is shown: the word, one sign of one column, and the style that goes with both. */
export type OutcomeLook = { readonly word: string; readonly sign: string; readonly style: Style };

/** Every outcome's look. The signs differ, so that nothing is lost without colour. */
export const OUTCOME_LOOK: Readonly<Record<Outcome, OutcomeLook>> = {
  failed: { word: "failed", sign: "✗", style: "red" },
  "in-doubt": { word: "in doubt", sign: "≈", style: "red" },
  "rolled-back": { word: "rolled back", sign: "↶", style: "yellow" },
  waiting: { word: "waiting", sign: "◷", style: "magenta" },
  found: { word: "found", sign: "!", style: "yellow" },
  unknown: { word: "unknown", sign: "?", style: "magenta" },
  fixed: { word: "fixed", sign: "✓", style: "green" },
  clear: { word: "clear", sign: "·", style: "green" },
  skipped: { word: "skipped", sign: "–", style: "dim" },
};

/** The style of a risk. */
export const RISK_STYLE: Readonly<Record<Risk, Style>> = { low: "green", medium: "yellow", high: "red" };

/** A whole number with its thousands apart, as in `1,000`. By hand: to be ready for a locale takes Node 5 ms. */
export function grouped(amount: number): string {
  return `${amount}`.replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 host`, `37 hosts`, `1,000 hosts`; `plural` where an s is not enough. */
export function counted(amount: number, thing: string, plural = `${thing}s`): string {
  return `${grouped(amount)} ${amount === 1 ? thing : plural}`;
}

/** A span of time from seconds, in two units at most: `40 ms`, `3.2 s`, `45 s`, `4 min 5 s`, `2 h 10 min`, `3 d 4 h`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  if (seconds < 0) return `-${duration(-seconds)}`;
  if (seconds === 0) return "0 s";
  if (seconds < 0.0995) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return twoUnits(whole, 60, "min", 1, "s");
  if (whole < 86_400) return twoUnits(Math.round(whole / 60) * 60, 3600, "h", 60, "min");
  return twoUnits(Math.round(whole / 3600) * 3600, 86_400, "d", 3600, "h");
}

function twoUnits(seconds: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const rest = Math.floor((seconds % large) / small);
  const first = `${Math.floor(seconds / large)} ${largeUnit}`;
  return rest === 0 ? first : `${first} ${rest} ${smallUnit}`;
}

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** Bytes in powers of 1024, as `df -h` and `du -h` count, with the unit that says so: `512 B`, `1.2 GiB`. */
export function bytes(amount: number): string {
  let value = Math.abs(amount);
  let unit = 0;
  while (value >= 1023.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit > 0 && value < 99.95 ? value.toFixed(1) : grouped(Math.round(value));
  return `${amount < 0 ? "-" : ""}${digits} ${BYTE_UNITS[unit]}`;
}

/** How long ago `at` was: `just now`, `3 s ago`, `4 min 5 s ago`. Both in ms since the epoch. */
export function ago(at: number, now: number): string {
  const seconds = Math.floor((now - at) / 1000);
  return seconds < 1 ? "just now" : `${duration(seconds)} ago`;
}

/** A cell as a person reads it, cleaned, on one line; `-` for an empty one. */
export function cellWords(cell: Cell, type: ColumnType): string {
  if (cell === null) return "-";
  if (typeof cell !== "number") return clean(String(cell));
  switch (type) {
    case "bytes":
      return bytes(cell);
    case "percent":
      return `${cell} %`;
    case "duration":
      return duration(cell);
    case "string":
    case "integer":
    case "number":
    case "boolean":
      return String(cell);
  }
}

/** An input's or fact's text as a person reads it: `2147483648 (2.0 GiB)` where the plain number alone would be hard to read. */
export function valueWords(text: string, type: ColumnType | "choice"): string {
  const amount = Number(text);
  if (type === "bytes" && text !== "" && amount >= 1024) return `${clean(text)} (${bytes(amount)})`;
  if (type === "duration" && text !== "" && amount >= 60) return `${clean(text)} (${duration(amount)})`;
  return clean(text);
}

/** A card's digest as people see it: long enough to tell any two cards apart, and to name one with `--digest`. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 12);
}
