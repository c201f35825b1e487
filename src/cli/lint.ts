import { findRunbook, shelvedRunbooks, type Lookup } from "../load/library.ts";
import { openRunbook, type Opened } from "../load/runbook.ts";
import { shellcheckFaults } from "../load/shellcheck.ts";
import { isFault, type Fault } from "../model/fault.ts";
import { jsonText } from "../report/json.ts";
import { clean } from "../view/clean.ts";
import { paletteOf, type Palette } from "../view/colour.ts";
import { problemLines } from "../view/problem.ts";
import { counted } from "../view/words.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";

/** Options of `lint`. */
export type LintOptions = {
  readonly json?: boolean | undefined;
  /** False: `--no-shellcheck`. */
  readonly shellcheck?: boolean | undefined;
};

/** Checks runbooks and tells everything that is wrong with them; all that can be found when none is named. Warnings do not fail. */
export async function lint(
  names: readonly string[],
  lookup: Lookup,
  options: LintOptions,
  io: Io,
): Promise<number | readonly Fault[]> {
  const found: readonly ({ readonly path: string } | Fault)[] =
    names.length > 0
      ? await Promise.all(names.map((name) => findRunbook(name, lookup)))
      : await shelvedRunbooks(lookup);
  const unknown = found.filter((each) => isFault(each));
  if (unknown.length > 0) return unknown;
  if (found.length === 0) return [nothing(lookup)];
  const opened: Opened[] = [];
  const examine = options.shellcheck === false ? undefined : shellcheckFaults;
  for (const each of found) {
    if ("path" in each) opened.push(await openRunbook(each.path, lookup.cwd, undefined, examine));
  }
  return tellLinted(opened, options, io);
}

/** A file that was checked. */
type Linted = Pick<Opened, "path" | "faults" | "warnings">;

/** Tells what is wrong with files; answers with the exit code. */
export function tellLinted(opened: readonly Linted[], options: LintOptions, io: Io): number {
  if (options.json === true) io.out(`${jsonText(opened.map(asJson), "page")}\n`);
  else tellAll(opened, io);
  return opened.some((each) => each.faults.length > 0) ? EXIT.invalid : EXIT.ok;
}

function nothing(lookup: Lookup): Fault {
  const message = `there are no runbooks in ${lookup.searchPath.join(", ")}`;
  return { kind: "nothing-selected", message, hint: "`runbook new NAME` begins one; a path checks a file anywhere" };
}

function tellAll(opened: readonly Linted[], io: Io): void {
  const palette = paletteOf(process.stdout.isTTY && process.stdout.hasColors());
  const lines = opened.flatMap((each) => [
    ...each.faults.flatMap((fault) => [...problemLines(fault, palette), ""]),
    ...each.warnings.flatMap((fault) => [...problemLines(fault, palette, "warning"), ""]),
  ]);
  for (const line of [...lines, ...verdicts(opened, palette)]) io.out(`${line}\n`);
}

function verdicts(opened: readonly Linted[], palette: Palette): string[] {
  const faults = opened.reduce((sum, each) => sum + each.faults.length, 0);
  const warnings = opened.reduce((sum, each) => sum + each.warnings.length, 0);
  const counts = [
    faults > 0 ? counted(faults, "mistake") : "no mistakes",
    warnings > 0 ? counted(warnings, "warning") : "",
  ];
  const sign = faults > 0 ? palette("red", "✗") : palette("green", "✓");
  const subject = opened.length === 1 ? clean(opened[0]?.path ?? "") : counted(opened.length, "runbook");
  return [`${sign} ${subject}: ${counts.filter((count) => count !== "").join(", ")}`];
}

function asJson({ path, faults, warnings }: Linted): object {
  return { path, faults: faults.map(plain), warnings: warnings.map(plain) };
}

/** Line and column as numbers, so that no program has to take `where` apart. */
function plain(fault: Fault): object {
  const [, line, column] = /:(\d+):(\d+)$/.exec(fault.where ?? "") ?? [];
  const place = line === undefined ? {} : { line: Number(line), column: Number(column) };
  return { message: fault.message, ...place, ...(fault.hint === undefined ? {} : { hint: fault.hint }) };
}
