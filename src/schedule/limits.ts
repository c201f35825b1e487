import { resolveShare } from "../model/measure.ts";
import type { Schedule } from "../model/schedule.ts";
import { counted, duration } from "../view/words.ts";
import { localTime } from "./clock.ts";

/** Why a finding that was fixed at these moments before is left to people now; null: it may be fixed once more. */
export function recurrence(
  { stopAfter }: Pick<Schedule, "stopAfter">,
  fixes: readonly number[],
  now: number,
): string | null {
  const { fixes: most, within } = stopAfter;
  const recent = fixes.filter((at) => at > now - within * 1000 && at <= now).length;
  if (recent < most) return null;
  return `it keeps coming back: fixed ${counted(recent, "time")} within ${duration(within)}`;
}

/** How many more hosts the schedule may fix on the day of `now` by its clocks. One that was fixed on that day counts once, and may be fixed again. */
export function hostsLeft(
  { maxHostsPerDay, timezone }: Pick<Schedule, "maxHostsPerDay" | "timezone">,
  fixed: readonly { readonly host: string; readonly at: number }[],
  { hosts, now }: { readonly hosts: number; readonly now: number },
): number {
  const { date } = localTime(now, timezone);
  const today = new Set(fixed.filter(({ at }) => localTime(at, timezone).date === date).map(({ host }) => host));
  return Math.max(0, resolveShare(maxHostsPerDay, hosts) - today.size);
}
