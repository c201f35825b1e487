import type { Outcome } from "../model/finding.ts";

/** The exit codes of every command: an interface, documented in the language reference. */
export const EXIT = {
  ok: 0,
  failed: 1,
  found: 2,
  waiting: 3,
  unknown: 4,
  usage: 64,
  invalid: 65,
  bug: 70,
  /** The run of this id is on record already. */
  begun: 73,
  interrupted: 130,
} as const;

/** The exit code of a run by its worst outcome. */
export function exitOf(outcome: Outcome): number {
  switch (outcome) {
    case "failed":
    case "in-doubt":
    case "rolled-back":
      return EXIT.failed;
    case "waiting":
      return EXIT.waiting;
    case "found":
      return EXIT.found;
    case "unknown":
      return EXIT.unknown;
    case "fixed":
    case "clear":
    case "skipped":
      return EXIT.ok;
  }
}
