import type { Fault } from "../model/fault.ts";
import { EXIT } from "./exit.ts";

/** Where a command writes. Both take texts with their newlines. */
export type Io = {
  out(text: string): void;
  err(text: string): void;
};

/** The process's own streams. A reader that has gone away (`| head`) ends us quietly. */
export const processIo: Io = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
};

/** Tells faults: where and what happened, the place in the source, and what to do next. */
export function tell(faults: readonly Fault[], io: Io): void {
  for (const fault of faults) {
    io.err(`${fault.where === undefined ? "" : `${fault.where}: `}${fault.message}\n`);
    if (fault.excerpt !== undefined) io.err(`${fault.excerpt}\n`);
    if (fault.hint !== undefined) io.err(`  → ${fault.hint}\n`);
  }
}

/** The exit code for faults that kept a command from its work; the first that holds wins. */
export function exitOfFaults(faults: readonly Fault[]): number {
  const kinds = new Set(faults.map((fault) => fault.kind));
  if (kinds.has("usage") || kinds.has("nothing-selected")) return EXIT.usage;
  if (kinds.has("invalid-file")) return EXIT.invalid;
  if (kinds.has("journal")) return EXIT.failed;
  return EXIT.unknown;
}
