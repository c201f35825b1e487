import type { Fault } from "../model/fault.ts";
import { paletteOf } from "../view/colour.ts";
import { problemLines } from "../view/problem.ts";
import { EXIT } from "./exit.ts";

/** Where a command writes. Both take texts with their newlines. */
export type Io = {
  out(text: string): void;
  err(text: string): void;
};

/** The process's own streams. */
export const processIo: Io = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
};

/**
 * Ends the process when what it writes can go nowhere: quietly where the reader has gone (`| head`), with a word where a disk is full.
 * A command that has said so (`onceReadersGo`) is told instead, and ends what it has begun first.
 */
export function endWithReaders(): void {
  let gone = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (gone) return;
      gone = true;
      const quiet = error.code === "EPIPE" || stream === process.stderr;
      if (!quiet) process.stderr.write(`the output cannot be written: ${error.message}\n`);
      if (listeners.size === 0) process.exit(quiet ? (process.exitCode ?? EXIT.ok) : EXIT.failed);
      for (const tell of listeners) tell();
    });
  }
}

const listeners = new Set<() => void>();

/**
 * Is told, once, when what the process writes can go nowhere, until disposed of. Not SIGPIPE: that comes as well when a program that we have
 * started ends before it has read all of its input.
 */
export function onceReadersGo(tell: () => void): Disposable {
  listeners.add(tell);
  return { [Symbol.dispose]: () => void listeners.delete(tell) };
}

/** Tells faults, or warnings, on stderr. */
export function tell(faults: readonly Fault[], io: Io, weight: "error" | "warning" = "error"): void {
  const palette = paletteOf(process.stderr.isTTY && process.stderr.hasColors());
  for (const line of faults.flatMap((fault) => problemLines(fault, palette, weight))) io.err(`${line}\n`);
}

/** The exit code for faults that kept a command from its work; the first that holds wins. */
export function exitOfFaults(faults: readonly Fault[]): number {
  const kinds = new Set(faults.map((fault) => fault.kind));
  if (kinds.has("usage") || kinds.has("nothing-selected") || kinds.has("journal")) return EXIT.usage;
  if (kinds.has("invalid-file")) return EXIT.invalid;
  return EXIT.unknown;
}
