import type { Writer } from "../model/plan.ts";
import type { RunRecord } from "../model/run-record.ts";
import { clean } from "../view/clean.ts";
import { fit, pad, widthOf } from "../view/width.ts";
import { duration, grouped } from "../view/words.ts";

/** How far a run got: to its end; or its process is at work, or gone, or nobody can tell from here. */
export type Standing = "ended" | "running" | "died" | "unclear";

/** A run on record, with what became of the process that wrote it; undefined where the record does not say which that was. */
export type ListedRun = { readonly run: RunRecord; readonly standing: Standing; readonly writer: Writer | undefined };

const HEADS = ["run", "began (UTC)", "runbook", "hosts", "ended"];
const NAME = HEADS.indexOf("runbook");
const HOSTS = HEADS.indexOf("hosts");
const BY = "schedule";

/** The list of runs. An id is what other commands take, so it is whole; what gives way on a narrow terminal are the names of runbooks and schedules. */
export function runLines(runs: readonly ListedRun[], width: number): string[] {
  // Where no schedule has asked for anything, nothing is said of schedules.
  const scheduled = runs.some(({ run }) => run.schedule !== null);
  const heads = scheduled ? [...HEADS, BY] : HEADS;
  const rows = runs.map((listed) => [
    listed.run.run,
    // The year stands at the beginning of the id.
    new Date(listed.run.startedAt).toISOString().slice(5, 16).replace("T", " "),
    clean(listed.run.runbook),
    grouped(listed.run.hosts),
    endWords(listed),
    ...(scheduled ? [clean(listed.run.schedule ?? "")] : []),
  ]);
  const widths = heads.map((head, at) => Math.max(head.length, ...rows.map((row) => widthOf(row[at] ?? ""))));
  const columns = narrowed(widths, width);
  return [heads, ...rows].map((row) =>
    row
      .map((cell, at) => pad(fit(cell, columns[at] ?? 0), columns[at] ?? 0, at === HOSTS ? "left" : "right"))
      .join("  ")
      .trimEnd(),
  );
}

/** The names of runbooks give way first, then those of schedules: down to what may tell them apart. */
function narrowed(widths: readonly number[], width: number): number[] {
  let over = widths.reduce((sum, one) => sum + one + GAP, -GAP) - width;
  const columns = [...widths];
  for (const at of [NAME, HEADS.length]) {
    const one = columns[at] ?? 0;
    const less = Math.max(0, Math.min(over, one - LEAST));
    if (one > 0) columns[at] = one - less;
    over -= less;
  }
  return columns;
}

const GAP = 2;
const LEAST = 7;

function endWords({ run, standing, writer }: ListedRun): string {
  switch (standing) {
    case "ended":
      // What a check made of its runs, by what was wanted of it, is not on record.
      return `${run.check === run.run ? "worst run: " : ""}exit ${run.exit}, ${duration(((run.endedAt ?? run.startedAt) - run.startedAt) / 1000)}`;
    case "running":
      return `running (pid ${writer?.pid})`;
    case "died":
      return "died";
    case "unclear":
      return "not known";
  }
}

/** What is said of a run that has no end on record. */
export function unendedWords(standing: Exclude<Standing, "ended">, writer: Writer | undefined): string {
  switch (standing) {
    case "running":
      return `This run is still at work, as process ${writer?.pid}.`;
    case "died":
      return `This run did not get to its end: its process (${writer?.pid}) is gone.`;
    case "unclear": {
      const where =
        writer === undefined ? "is not known" : `can be told on ${clean(writer.host)} (process ${writer.pid})`;
      return `This run has no end on record. Whether it is still at work ${where}.`;
    }
  }
}
