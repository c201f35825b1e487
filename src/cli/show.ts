import { loadRunbook } from "../load/runbook.ts";
import type { Lookup } from "../load/library.ts";
import type { Fault } from "../model/fault.ts";
import { runbookPage } from "../view/runbook-page.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";

/** Columns of a page that goes to no terminal, and the most of one that does: longer lines are hard to read. */
const PAGE = 100;

/** Shows what a runbook does: its inputs, its steps, every script. */
export async function show(nameOrPath: string, lookup: Lookup, io: Io): Promise<number | readonly Fault[]> {
  const loaded = await loadRunbook(nameOrPath, lookup);
  if (Array.isArray(loaded)) return loaded;
  const { isTTY, columns } = process.stdout;
  const drawing = {
    width: isTTY ? Math.min(columns, PAGE) : PAGE,
    scriptWidth: isTTY ? columns : Number.POSITIVE_INFINITY,
    colour: isTTY && process.stdout.hasColors(),
  };
  for (const line of runbookPage(loaded, drawing)) io.out(`${line}\n`);
  return EXIT.ok;
}
