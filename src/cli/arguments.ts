import { InvalidArgumentError } from "@commander-js/extra-typings";
import type { RunPlan } from "../model/plan.ts";
import type { Fault } from "../model/fault.ts";
import { parseDuration } from "../model/quantity.ts";

/** What a command answers: an exit code, or the faults that kept it from its work. */
export type Answer = number | Fault | readonly Fault[];

/** An option that may be given several times. */
export function several(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** A number of things. */
export function count(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError("expected a whole number from 1 to 99999");
  return Number(text);
}

/** A share, or a score. */
export function percent(text: string): number {
  if (!/^(\d{1,2}|100)$/.test(text)) throw new InvalidArgumentError("expected a whole number from 0 to 100");
  return Number(text);
}

/** A time in seconds. */
export function seconds(text: string): number {
  const parsed = parseDuration(text);
  if (parsed === undefined) throw new InvalidArgumentError("expected a duration such as 90s or 10m");
  return parsed;
}

/** What `--wait-lock [DURATION]` says, as a plan has it; `none` where it was not given. */
export function waitLockOf<None>(given: number | true | undefined, none: None): RunPlan["waitLock"] | None {
  if (given === undefined) return none;
  return given === true ? null : given;
}
