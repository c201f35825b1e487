import { Cron } from "croner";
import { writtenOut } from "./cron-fields.ts";

/** The first moment after another that an expression names, in ms since the epoch; null: there is none. */
export type NextFire = (after: number) => number | null;

/** Reading an expression costs as much as asking it ten times. */
const known = new Map<string, NextFire>();

/** Most expressions that are kept: schedules change while a daemon runs for years. */
const MOST_KNOWN = 2000;

/**
 * The moments that an expression names by the clocks of a zone. What names its hours and minutes fires once a day whatever the clocks do: in an hour that is
 * left out at its end, in one that comes twice the first time. What has a `*` or a step there goes on by the time that really passes.
 */
export function nextFire(expression: string, zone: string): NextFire {
  const key = `${zone}\n${expression}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const cron = new Cron(writtenOut(expression), {
    paused: true,
    timezone: zone,
    mode: "5-or-6-parts",
    fixedTimeRule: "no-wildcard",
  });
  const next: NextFire = (after) => cron.nextRun(new Date(after))?.getTime() ?? null;
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(key, next);
  return next;
}
