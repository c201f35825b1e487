import { extname, resolve } from "node:path";
import { didYouMean } from "../language/suggest.ts";
import type { Entry } from "../model/event.ts";
import { FaultError, type Fault } from "../model/fault.ts";
import type { Form } from "../report/forms.ts";
import { clean } from "../view/clean.ts";
import { EXIT } from "./exit.ts";
import { tell, type Io } from "./io.ts";
import { linkTarget, placeFault, replaceFile, wordsOf } from "./whole-file.ts";

/** A report that is wanted: what `--report` said, and where that is. */
export type ReportFile = { readonly said: string; readonly path: string; readonly form: Form };

const ENDINGS: readonly Form[] = [".html", ".xml", ".json"];

/** Only who wants a report pays for what draws it. */
async function drawing() {
  const files = await import("../report/files.ts");
  return files.drawing;
}

/** What draws a report in each form; null where there is nothing to draw. */
export type Draw = () => Promise<((form: Form) => string) | null>;

const KNOWN = "the ending says what is written: .html, .xml (JUnit) or .json";

/** The reports that `--report` asks for, or every reason why one of them cannot be written: told before anything is begun. */
export async function reportFiles(
  wanted: readonly string[] | undefined,
): Promise<{ readonly files: readonly ReportFile[]; readonly faults: readonly Fault[] }> {
  const answers = await Promise.all((wanted ?? []).map(reportFile));
  // Now, since an upgrade may have put other files in their place by the end of a long run.
  if (answers.length > 0) await drawing();
  const files = answers.flatMap((answer) => ("path" in answer ? [answer] : []));
  return { files, faults: [...answers.flatMap((answer) => ("path" in answer ? [] : [answer])), ...twice(files)] };
}

async function reportFile(said: string): Promise<ReportFile | Fault> {
  const ending = extname(said).toLowerCase();
  const form = ENDINGS.find((each) => each === ending);
  if (said === "") return refused("--report", "no file is named", KNOWN);
  if (form === undefined) {
    const what = ending === "" ? "it has no ending" : `no report has the ending \`${ending}\``;
    return refused(said, what, didYouMean(ending, ENDINGS) ?? KNOWN);
  }
  const path = await linkTarget(resolve(said));
  const wrong = await placeFault(path);
  return wrong === null ? { said, path, form } : refused(said, wrong, "name a file that can be written");
}

function twice(reports: readonly ReportFile[]): Fault[] {
  const groups = Map.groupBy(reports, (report) => report.path);
  return [...groups.values()].flatMap(([first, ...more]) =>
    first === undefined || more.length === 0
      ? []
      : [refused(first.said, "it is named more than once", "once is enough")],
  );
}

/**
 * Writes the reports of a run, ended or not, and tells on stderr where they are. Answers with the exit code: the run's own, unless that
 * is 0 and a report is missing. Never throws for a file or a record: what the run has done it has done.
 */
export async function writeReports(
  reports: readonly ReportFile[],
  read: () => Promise<readonly Entry[]>,
  exit: number,
  io: Io,
): Promise<number> {
  return writeDrawn(
    reports,
    async () => {
      const { documentOf, FORMS } = await drawing();
      const document = documentOf(await read());
      return document && ((form) => FORMS[form](document));
    },
    exit,
    io,
  );
}

/** Writes reports of anything that can be drawn in each form, in the same way. */
export async function writeDrawn(reports: readonly ReportFile[], draw: Draw, exit: number, io: Io): Promise<number> {
  if (reports.length === 0) return exit;
  const faults = await attempt(reports, draw, io);
  tell(faults, io);
  return faults.length > 0 && exit === EXIT.ok ? EXIT.failed : exit;
}

async function attempt(reports: readonly ReportFile[], draw: Draw, io: Io): Promise<readonly Fault[]> {
  try {
    const drawn = await draw();
    if (drawn === null) return [];
    const faults: Fault[] = [];
    for (const { said, path, form } of reports) {
      const wrong = await replaceFile(path, () => drawn(form));
      if (wrong === null) io.err(`report: ${clean(said)}\n`);
      else faults.push(missing(said, wrong));
    }
    return faults;
  } catch (error) {
    // Whatever it is, a bug of ours too: the run is over, and how it went must still be told.
    if (error instanceof FaultError) return error.faults;
    return reports.map(({ said }) => missing(said, wordsOf(error)));
  }
}

function refused(where: string, message: string, hint: string): Fault {
  return { kind: "usage", where, message, hint };
}

function missing(said: string, why: string): Fault {
  const message = `the report was not written: ${why}`;
  const hint = "the run is on record: `runbook history show RUN --report FILE` writes it again";
  return { kind: "usage", where: said, message, hint };
}
