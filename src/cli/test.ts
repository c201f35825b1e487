import { cpus } from "node:os";
import { resolve } from "node:path";
import PQueue from "p-queue";
import { caseFiles, casesDirectory, openCases, runbookOfCases } from "../load/cases.ts";
import { findRunbook, shelvedRunbooks, type Lookup } from "../load/library.ts";
import { openRunbook } from "../load/runbook.ts";
import type { Case } from "../model/case.ts";
import { isFault, type Fault } from "../model/fault.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { coverageOf, coverageSum, type StepCoverage } from "../trial/coverage.ts";
import { sweepHosts } from "../trial/host.ts";
import { machineParts } from "../trial/tools.ts";
import { paletteOf } from "../view/colour.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";
import { recordCase, type RecordOptions } from "./test-record.ts";
import { isWrong, playCase, type Result } from "./test-play.ts";
import { shellsFor, shellsOf, type ShellChoice } from "./test-shells.ts";
import { testJson, testJunit } from "./test-told.ts";
import { linkTarget, placeFault, replaceFile } from "./whole-file.ts";
import { jsonText } from "../report/json.ts";
import { coverageLines, runbookLines, tallyLine } from "./test-lines.ts";

/** Options of `test`. */
export type TestOptions = Omit<RecordOptions, "record"> & {
  /** The host that a case is to be made from. */
  readonly record?: string | undefined;
  readonly json?: boolean | undefined;
  readonly coverage?: boolean | undefined;
  /** Percent. */
  readonly minCoverage?: number | undefined;
  readonly shell?: readonly string[] | undefined;
  /** Each case under one of its shells. */
  readonly quick?: boolean | undefined;
  readonly only?: string | undefined;
  readonly report?: readonly string[] | undefined;
};

/** One case with what came of it under each shell. */
export type Tried = {
  readonly file: string;
  readonly line: number;
  readonly one: Case;
  readonly results: readonly Result[];
};

/** A runbook with its cases, all of them played. */
export type TriedRunbook = {
  readonly loaded: LoadedRunbook;
  readonly directory: string;
  readonly cases: readonly Tried[];
  readonly coverage: readonly StepCoverage[];
};

/** A runbook and the files of cases that are to be played; null: all that it has. */
type Chosen = { readonly path: string; readonly files: readonly string[] | null };

/** Plays the cases of runbooks, of all that can be found when none is named. */
export async function test(
  names: readonly string[],
  lookup: Lookup,
  options: TestOptions,
  io: Io,
): Promise<number | readonly Fault[]> {
  if (options.record !== undefined) return await recordCase(names, { ...options, record: options.record }, lookup, io);
  const shells = shellsOf(options.shell ?? []);
  if (isFault(shells)) return [shells];
  const chosen = await choose(names, lookup);
  const reports = await reportPlaces(options.report ?? []);
  const unknown = [...chosen, ...reports].filter((each) => isFault(each));
  if (unknown.length > 0) return unknown;
  const machine = await machineParts();
  process.once("exit", sweepHosts);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(EXIT.interrupted));
  // Scripts wait more than they work.
  const queue = new PQueue({ concurrency: 3 * cpus().length });
  const faults: Fault[] = [];
  const tried: TriedRunbook[] = [];
  const palette = paletteOf(process.stdout.isTTY && process.stdout.hasColors());
  let told = 0;
  for (const each of chosen) {
    if (isFault(each)) continue;
    const one = await tryRunbook(each, lookup.cwd, {
      machine,
      queue,
      shells,
      quick: options.quick === true,
      only: options.only,
    });
    if (Array.isArray(one)) faults.push(...one);
    else {
      tried.push(one);
      // All of a library takes minutes: each is told as it ends. Where there is no case at all, only that is told.
      if (options.json === true || one.cases.length === 0) continue;
      tell(
        tried.slice(told).flatMap((ended) => runbookLines(ended, palette)),
        io,
      );
      told = tried.length;
    }
  }
  if (faults.length > 0) return faults;
  if (tried.every(({ cases }) => cases.length === 0)) return [nothing(tried, options)];
  if (options.json === true) io.out(`${jsonText(testJson(tried), "page")}\n`);
  else {
    tell(
      tried.slice(told).flatMap((ended) => runbookLines(ended, palette)),
      io,
    );
    if (options.coverage === true || options.minCoverage !== undefined) tell(coverageLines(tried, palette), io);
    tell([tallyLine(tried, palette)], io);
  }
  const unwritten = await writeReports(reports, tried);
  return unwritten.length > 0 ? unwritten : exitOf(tried, options);
}

type ReportPlace = { readonly said: string; readonly path: string };

/** Where reports go, found out before anything is begun. */
async function reportPlaces(wanted: readonly string[]): Promise<(ReportPlace | Fault)[]> {
  return await Promise.all(
    wanted.map(async (said) => {
      if (!/\.(?:xml|json)$/i.test(said)) {
        const hint = "the ending says what is written: .xml (JUnit) or .json";
        return { kind: "usage", where: said, message: "no report of cases has this ending", hint } as const;
      }
      const path = await linkTarget(resolve(said));
      const wrong = await placeFault(path);
      return wrong === null
        ? { said, path }
        : ({ kind: "usage", where: said, message: wrong, hint: "name a file that can be written" } as const);
    }),
  );
}

async function writeReports(
  reports: readonly (ReportPlace | Fault)[],
  tried: readonly TriedRunbook[],
): Promise<Fault[]> {
  const faults: Fault[] = [];
  for (const each of reports) {
    if (isFault(each)) continue;
    const text = /json$/i.test(each.path) ? `${jsonText(testJson(tried), "page")}\n` : testJunit(tried);
    const wrong = await replaceFile(each.path, () => text);
    if (wrong !== null)
      faults.push({ kind: "usage", where: each.said, message: `the report was not written: ${wrong}` });
  }
  return faults;
}

/** A name or a path may mean a runbook, or a file of its cases. */
async function choose(names: readonly string[], lookup: Lookup): Promise<(Chosen | Fault)[]> {
  if (names.length === 0) {
    return (await shelvedRunbooks(lookup)).map(({ path }) => ({ path, files: null }));
  }
  const all = new Map<string, Chosen>();
  const faults: Fault[] = [];
  for (const name of names) {
    const found = await findRunbook(name.replace(/\.cases\/?$/, ".yml"), lookup);
    if (isFault(found)) {
      faults.push(found);
      continue;
    }
    const owner = runbookOfCases(found.path);
    const path = owner ?? found.path;
    const before = all.get(path);
    const files = owner === null || before?.files === null ? null : [...(before?.files ?? []), found.path];
    all.set(path, { path, files });
  }
  return [...faults, ...all.values()];
}

type Trial = ShellChoice & { readonly queue: PQueue; readonly only: string | undefined };

async function tryRunbook({ path, files }: Chosen, cwd: string, trial: Trial): Promise<TriedRunbook | Fault[]> {
  const { loaded, faults } = await openRunbook(path, cwd);
  if (loaded === undefined) return [...faults];
  const sheets = await Promise.all(
    (files ?? (await caseFiles(path, cwd))).map(async (file) => ({ file, read: await openCases(file, cwd, loaded) })),
  );
  const wrong = sheets.flatMap(({ read }) => ("faults" in read ? read.faults : []));
  if (wrong.length > 0) return wrong;
  const cases = sheets.flatMap(({ file, read }) => {
    if ("faults" in read) return [];
    return read.sheet.cases.map((one, at) => ({ file, line: read.places[at]?.line ?? 1, one, sheet: read.sheet }));
  });
  const wanted = cases.filter(({ one }) => trial.only === undefined || one.title.includes(trial.only));
  const tried = await Promise.all(
    wanted.map(async ({ file, line, one, sheet }, at): Promise<Tried> => {
      const results = shellsFor(sheet, one, at, trial).map((shell) =>
        trial.queue.add(() => playCase(loaded, sheet, one, shell, trial.machine)),
      );
      return { file, line, one, results: await Promise.all(results) };
    }),
  );
  const shown = tried
    .filter(passed)
    .flatMap(({ one, results }) =>
      results
        .slice(0, 1)
        .flatMap((result) =>
          result.kind === "played" ? result.traces.map((trace) => ({ ...trace, odd: one.odd })) : [],
        ),
    );
  return { loaded, directory: casesDirectory(path), cases: tried, coverage: coverageOf(loaded.runbook, shown) };
}

/** Whether a case ran under all its shells, and is as expected. */
export function passed({ results }: Tried): boolean {
  return results.length > 0 && results.every((each) => each.kind === "played" && !isWrong(each));
}

function nothing(tried: readonly TriedRunbook[], { only }: TestOptions): Fault {
  const [first] = tried;
  const where = tried.length === 1 && first !== undefined ? ` in ${first.directory}` : "";
  if (only !== undefined) {
    const message = `no case${where} has \`${only}\` in its title`;
    return { kind: "nothing-selected", message, hint: "leave out --only to see all titles" };
  }
  return {
    kind: "nothing-selected",
    message: `there are no cases to test${where}`,
    hint: "docs/testing.md tells how to write one",
  };
}

function tell(lines: readonly string[], io: Io): void {
  for (const line of lines) io.out(`${line}\n`);
}

function exitOf(tried: readonly TriedRunbook[], { minCoverage }: TestOptions): number {
  const results = tried.flatMap(({ cases }) => cases.flatMap((each) => each.results));
  if (results.some(isWrong)) return EXIT.found;
  const { shown, all } = coverageSum(tried.flatMap(({ coverage }) => coverage));
  if (minCoverage !== undefined && shown * 100 < minCoverage * all) return EXIT.found;
  const idle = tried.some(({ cases }) => cases.some((each) => each.results.length === 0));
  return idle || results.some((each) => each.kind === "not-run") ? EXIT.unknown : EXIT.ok;
}
