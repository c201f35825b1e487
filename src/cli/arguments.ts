import { InvalidArgumentError } from "@commander-js/extra-typings";
import type { Fault } from "../model/fault.ts";

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
