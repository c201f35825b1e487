import type { RunPlan } from "../model/plan.ts";
import { clean } from "../view/clean.ts";
import { paletteOf, type Style } from "../view/colour.ts";
import { fit, pad, widthOf } from "../view/width.ts";

/** One line of a log: who, what part, how it stands, and the rest in words. Not cleaned yet. */
export type LogLine = {
  readonly host: string;
  readonly step: string;
  readonly word: string;
  readonly style: Style | null;
  readonly rest: string;
};

/** Longer names than this do not push everybody else's columns to the right. */
const WIDEST = 32;
/** The longest word: `rolled back`, `fix refused`. */
const WORD = 11;

/** Draws lines in columns that fit the hosts and steps of a run, cleaned and cut to the width. */
export function lineDrawer(plan: RunPlan, room: { colour: boolean; width: number }): (line: LogLine) => string {
  const paint = paletteOf(room.colour);
  const host = columnFor(plan.hosts);
  const step = columnFor(plan.steps.map((one) => one.id));
  return (line) => {
    const names = `${pad(clean(line.host), host)}  ${pad(clean(line.step), step)}`;
    const head = fit(`${names}  ${pad(line.word, WORD)}`, room.width);
    const rest = fit(clean(line.rest), Math.max(0, room.width - widthOf(head) - 2));
    const painted = line.style === null ? head : `${names}  ${paint(line.style, pad(line.word, WORD))}`;
    return `${widthOf(head) < room.width ? painted : head}${rest === "" ? "" : `  ${rest}`}`.trimEnd();
  };
}

function columnFor(names: readonly string[]): number {
  return Math.min(WIDEST, Math.max(0, ...names.map((name) => widthOf(clean(name)))));
}
