import { basename, extname, resolve } from "node:path";
import { FaultError, type Fault } from "../model/fault.ts";
import type { Measured } from "../report/metrics.ts";
import { clean } from "../view/clean.ts";
import { EXIT } from "./exit.ts";
import { tell, type Io } from "./io.ts";
import { linkTarget, placeFault, replaceFile, wordsOf } from "./whole-file.ts";

/** Where `--metrics` wants them, and what they are told apart by from those of other files. */
export type MetricsFile = { readonly said: string; readonly path: string; readonly source: string };

/** node_exporter reads files with this ending, and no others. */
const ENDING = ".prom";

/** Only who wants metrics pays for what draws them. */
async function drawing() {
  const files = await import("../report/files.ts");
  return files.drawing.metricsOf;
}

/** The file that `--metrics` names; null: none is wanted. Or why it cannot be written: told before anything is begun. */
export async function metricsFile(said: string | undefined): Promise<MetricsFile | Fault | null> {
  if (said === undefined) return null;
  if (extname(said) !== ENDING) {
    return refused(
      said,
      `metrics are read from files that end in \`${ENDING}\``,
      "name one file for each job of yours",
    );
  }
  // Now, since an upgrade may have put another file in its place by the end of a long run.
  await drawing();
  const path = await linkTarget(resolve(said));
  const wrong = await placeFault(path);
  if (wrong !== null) return refused(said, wrong, "name a file that can be written");
  return { said, path, source: basename(said, ENDING) };
}

/**
 * Writes the metrics of a run or a check for whoever collects them, which may be another user. Answers with the exit code: what it was,
 * unless that is 0 and the metrics are missing. Never throws for a file or a record.
 */
export async function writeMetrics(
  file: MetricsFile | null,
  measure: (source: string) => Promise<Measured | null>,
  exit: number,
  io: Io,
): Promise<number> {
  if (file === null) return exit;
  const wrong = await attempt(file, measure);
  if (wrong.length === 0) io.err(`metrics: ${clean(file.said)}\n`);
  tell(wrong, io);
  return wrong.length > 0 && exit === EXIT.ok ? EXIT.failed : exit;
}

async function attempt(
  { said, path, source }: MetricsFile,
  measure: (source: string) => Promise<Measured | null>,
): Promise<readonly Fault[]> {
  try {
    const metricsOf = await drawing();
    const measured = await measure(source);
    if (measured === null) return [];
    const wrong = await replaceFile(path, () => metricsOf([measured]), 0o644);
    return wrong === null ? [] : [missing(said, wrong)];
  } catch (error) {
    if (error instanceof FaultError) return error.faults;
    return [missing(said, wordsOf(error))];
  }
}

function refused(where: string, message: string, hint: string): Fault {
  return { kind: "usage", where: where === "" ? "--metrics" : where, message, hint };
}

function missing(said: string, why: string): Fault {
  const hint = "what is there is of an earlier time, as its own timestamps say; the next one writes it anew";
  return { kind: "usage", where: said, message: `the metrics were not written: ${why}`, hint };
}
