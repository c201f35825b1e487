import type { Fault } from "../../model/fault.ts";
import type { BecomeMeans } from "../../model/inventory.ts";

/** How an attempt to become another user went that gave no shell. */
export type Refused = {
  readonly means: BecomeMeans;
  readonly user: string;
  /** All that was printed, under LC_ALL=C. */
  readonly said: string;
  readonly passwordGiven: boolean;
  /** How often a password was asked for, and whether nothing was said before it was asked for again. */
  readonly asked: number;
  readonly silently: boolean;
};

/** A fault of this kind; without a hint the message says it all. */
export function privilegeFault(message: string, hint?: string): Fault {
  return { kind: "privilege", message, ...(hint === undefined ? {} : { hint }) };
}

/** What a program said last, to be put behind a message; empty where it said nothing. */
export function lastLine(text: string): string {
  const line = text.split("\n").findLast((each) => each.trim() !== "");
  return line === undefined ? "" : `: ${line.trim().slice(0, 200)}`;
}

/** The line that fits, in the same form. */
export function lineWith(text: string, pattern: RegExp): string {
  return lastLine(text.split("\n").find((line) => pattern.test(line)) ?? "");
}
