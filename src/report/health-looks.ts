import type { Severity } from "../model/runbook.ts";
import type { Style } from "../view/colour.ts";
import type { Health, HealthCell, HealthRating } from "./health.ts";
import { SEVERITIES } from "./health-rate.ts";
import { grouped } from "../view/words.ts";

/** How a cell of the table is shown: a sign of one column, its word, and the style that goes with both. */
export type Look = { readonly sign: string; readonly word: string; readonly style: Style };

/** The names of looks, from the worst to the best. */
export const LOOK_NAMES = [
  "critical",
  "warning",
  "info",
  "unknown",
  "not-checked",
  "waived",
  "clear",
  "skipped",
  "none",
] as const;
export type LookName = (typeof LOOK_NAMES)[number];

/** Every look. The signs differ, so that nothing is lost without colour. */
export const LOOKS: Readonly<Record<LookName, Look>> = {
  critical: { sign: "C", word: "critical", style: "red" },
  warning: { sign: "W", word: "warning", style: "yellow" },
  info: { sign: "i", word: "info", style: "cyan" },
  unknown: { sign: "?", word: "unknown", style: "magenta" },
  "not-checked": { sign: "x", word: "not checked", style: "magenta" },
  waived: { sign: "w", word: "waived", style: "dim" },
  clear: { sign: "·", word: "clear", style: "green" },
  skipped: { sign: "–", word: "does not apply", style: "dim" },
  none: { sign: " ", word: "", style: "dim" },
};

/** How a cell looks. */
export function lookOf({ state, severity }: HealthCell): LookName {
  return state === "found" ? (severity ?? "unknown") : state;
}

/** A cell in few letters: `C2`, with `?` behind where not all of it could be told. */
export function cellText(cell: HealthCell): string {
  const { sign } = LOOKS[lookOf(cell)];
  if (cell.state !== "found") return sign;
  return `${sign}${cell.findings}${cell.unknown > 0 ? "?" : ""}`;
}

/** A score as people read it; `–` where there is none. */
export function scoreText(score: number | null): string {
  return score === null ? "–" : String(score);
}

/** A confidence in percent; `–` where nothing was to be judged. */
export function shareText(share: number | null): string {
  return share === null ? "–" : `${share} %`;
}

/** The style of a score. */
export function scoreStyle(score: number | null): Style {
  if (score === null) return "magenta";
  return score === 100 ? "green" : score >= 60 ? "yellow" : "red";
}

/** `2 critical, 1 warning, 3 unknown, 1 waived`; empty where nothing is to be counted. */
export function countsText({ findings, unknown, waived }: HealthRating): string {
  const severities: readonly Severity[] = SEVERITIES.toReversed();
  const counts: readonly (readonly [number, string])[] = [
    ...severities.map((severity) => [findings[severity], severity] as const),
    [unknown, "unknown"],
    [waived, "waived"],
  ];
  return counts.flatMap(([amount, word]) => (amount === 0 ? [] : [`${grouped(amount)} ${word}`])).join(", ");
}

/** The same of all hosts, in words where it is empty. */
export function fleetText({ fleet, endedAt }: Health): string {
  const counts = countsText(fleet);
  if (counts !== "") return counts;
  if (endedAt === null) return "nothing found so far";
  return fleet.judged > 0 ? "all clear" : "nothing was to be judged";
}
