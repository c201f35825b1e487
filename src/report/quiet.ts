import { runOutcome } from "../engine/outcome.ts";
import type { RunState } from "../engine/state.ts";
import type { Event } from "../model/event.ts";
import type { Outcome } from "../model/finding.ts";
import type { Watcher } from "../run/ports.ts";

/** A report that may have said nothing so far. */
export type QuietReport = Watcher & { spoken(): boolean };

/** Holds the lines of a report back until something is not as it should be, and then tells them all. Where nothing ever is, nobody hears of the run. */
export function quietReport(
  report: (out: (line: string) => void) => Watcher,
  out: (line: string) => void,
): QuietReport {
  let held: string[] | null = [];
  const inner = report((line) => {
    if (held === null) out(line);
    else held.push(line);
  });
  return {
    entry: (entry, state) => {
      inner.entry(entry, state);
      if (held === null || !speaks(entry.event, state)) return;
      for (const line of held) out(line);
      held = null;
    },
    spoken: () => held === null,
  };
}

/** What is part of a run in which all is well. What was found and is waived counts as well once its step has ended. */
const QUIET: ReadonlySet<Event["type"]> = new Set([
  "run-started",
  "reached",
  "concerned",
  "not-concerned",
  "facts-read",
  "detected",
  "previewed",
  "waived",
  "admitted",
]);

const WELL: ReadonlySet<Outcome> = new Set(["clear", "skipped"]);

function speaks(event: Event, state: RunState): boolean {
  if (event.type === "step-ended") return !WELL.has(event.outcome);
  if (event.type === "run-ended") return event.exit !== 0 || !WELL.has(runOutcome(state));
  return !QUIET.has(event.type);
}
