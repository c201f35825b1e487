import { ASPECTS, coverageSum, gapsIn } from "../trial/coverage.ts";
import type { Sent } from "../trial/connector.ts";
import { nameOf } from "../trial/connector.ts";
import type { Mismatch } from "../trial/verdict.ts";
import { clean } from "../view/clean.ts";
import type { Palette } from "../view/colour.ts";
import { counted } from "../view/words.ts";
import { isWrong, type Result } from "./test-play.ts";
import { passed, type Tried, type TriedRunbook } from "./test.ts";

/** A runbook's cases as a tree, with what is not as expected under each. */
export function runbookLines({ loaded, cases, directory }: TriedRunbook, palette: Palette): string[] {
  const head = palette("bold", clean(loaded.runbook.name));
  if (cases.length === 0) return [`${head}  ${palette("dim", `no cases in ${clean(directory)}`)}`];
  const files = [...new Set(cases.map(({ file }) => file))];
  return [
    head,
    ...files.flatMap((file) => [
      `  ${palette("dim", clean(file))}`,
      ...cases.filter((each) => each.file === file).flatMap((each) => caseLines(each, palette)),
    ]),
  ];
}

function caseLines(tried: Tried, palette: Palette): string[] {
  const { one, results, file, line } = tried;
  const shells = results.flatMap(({ shell }) => shell ?? []);
  const under = shells.length === 0 ? "" : palette("dim", `  ${shells.join(", ")}`);
  const failed = results.some(isWrong);
  const sign = failed ? palette("red", "✗") : passed(tried) ? palette("green", "✓") : palette("yellow", "?");
  const where = failed ? palette("dim", `  ${clean(file)}:${line}`) : "";
  const idle = results.length === 0 ? ["      not run: none of its shells is installed"] : [];
  return [`    ${sign} ${clean(one.title)}${under}${where}`, ...idle, ...resultLines(results, palette)];
}

/** What is the same under several shells is told once. */
function resultLines(results: readonly Result[], palette: Palette): string[] {
  const told = new Map<string, { readonly lines: readonly string[]; readonly shells: string[] }>();
  for (const result of results) {
    const lines = linesOf(result, palette);
    if (lines.length === 0) continue;
    const known = told.get(lines.join("\n")) ?? { lines, shells: [] };
    if (result.shell !== null) known.shells.push(result.shell);
    told.set(lines.join("\n"), known);
  }
  const ran = results.filter(({ shell }) => shell !== null).length;
  return [...told.values()].flatMap(({ lines, shells }) => [
    ...(shells.length === 0 || shells.length === ran ? [] : [`      under ${shells.join(", ")}:`]),
    ...lines.map((line) => `      ${line}`),
  ]);
}

function linesOf(result: Result, palette: Palette): string[] {
  if (result.kind === "not-run") return [`not run: ${clean(result.why)}`];
  const steps = new Set(result.mismatches.map(({ step }) => step));
  return [
    ...result.mismatches.flatMap((each) => mismatchLines(each, palette)),
    ...result.problems.map((problem) => clean(problem)),
    ...(isWrong(result) ? complaints(result.sent, steps, palette) : []),
  ];
}

function mismatchLines({ step, what, expected, got }: Mismatch, palette: Palette): string[] {
  const [want, is] = [expected.trimEnd().split("\n"), got.trimEnd().split("\n")];
  if (want.length === 1 && is.length === 1) {
    return [
      `${clean(step)}: ${what}`,
      `  expected  ${palette("green", clean(expected.trimEnd()))}`,
      `  got       ${palette("red", clean(got.trimEnd()))}`,
    ];
  }
  const rows = differing(want, is).map(([sign, line]) => {
    const text = `  ${sign} ${clean(line)}`;
    return sign === " " ? palette("dim", text) : palette(sign === "-" ? "green" : "red", text);
  });
  return [`${clean(step)}: ${what} (${palette("green", "- expected")}, ${palette("red", "+ got")})`, ...rows];
}

type Signed = readonly ["-" | "+" | " ", string];

/** The lines of two texts side by side: the longest part that both have stays. */
function differing(want: readonly string[], is: readonly string[]): Signed[] {
  const most = 400;
  if (want.length > most || is.length > most) {
    return [...want.map((line): Signed => ["-", line]), ...is.map((line): Signed => ["+", line])];
  }
  const common = Array.from({ length: want.length + 1 }, () => Array.from({ length: is.length + 1 }, () => 0));
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
  for (let i = want.length - 1; i >= 0; i -= 1) {
    const row = common[i] ?? [];
    for (let j = is.length - 1; j >= 0; j -= 1) {
      row[j] = want[i] === is[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const all: Signed[] = [];
  let [i, j] = [0, 0];
  while (i < want.length || j < is.length) {
    if (i < want.length && j < is.length && want[i] === is[j]) {
      all.push([" ", want[i] ?? ""]);
      i += 1;
      j += 1;
    } else if (i < want.length && (j >= is.length || at(i + 1, j) >= at(i, j + 1))) all.push(["-", want[i++] ?? ""]);
    else all.push(["+", is[j++] ?? ""]);
  }
  return all;
}

/** What the scripts of a case that failed said on stderr, which mostly tells why. */
function complaints(sent: readonly Sent[], steps: ReadonlySet<string>, palette: Palette): string[] {
  const own = sent.filter(
    ({ step, stderr }) => (step === null || steps.size === 0 || steps.has(step)) && stderr !== "",
  );
  return own.slice(-4).flatMap((each) => {
    const lines = each.stderr.trimEnd().split("\n").slice(-6);
    const end = each.code === null ? "did not end" : `exit ${each.code}`;
    return [
      palette("dim", `${clean(nameOf(each))} (${end}) said:`),
      ...lines.map((line) => palette("dim", `  ${clean(line)}`)),
    ];
  });
}

/** Which aspects of which steps have cases, and which have none. */
export function coverageLines(tried: readonly TriedRunbook[], palette: Palette): string[] {
  const rows = tried.flatMap(({ loaded, coverage }) =>
    coverage.map((each) => ({ name: `${loaded.runbook.name} ${each.step}`, each })),
  );
  const width = Math.max(4, ...rows.map(({ name }) => name.length));
  const head = `${"step".padEnd(width)}  ${ASPECTS.join("  ")}`;
  return [
    "",
    palette("bold", head),
    ...rows.map(({ name, each }) => {
      const cells = ASPECTS.map((aspect) => {
        const count = each.cases[aspect];
        const text = (count === null ? "-" : count === 0 ? "none" : String(count)).padStart(aspect.length);
        return count === 0 ? palette("red", text) : palette(count === null ? "dim" : "green", text);
      });
      return `${clean(name).padEnd(width)}  ${cells.join("  ")}`;
    }),
    ...rows.flatMap(({ name, each }) => {
      const gaps = gapsIn(each);
      return gaps.length === 0 ? [] : [`${palette("yellow", "→")} ${clean(name)}: no case is ${gaps.join(", ")}`];
    }),
    "",
  ];
}

/** How many cases are as expected, and how much of the runbooks they show. */
export function tallyLine(tried: readonly TriedRunbook[], palette: Palette): string {
  const all = tried.flatMap(({ cases }) => cases);
  const good = all.filter(passed).length;
  const idle = all.filter(
    ({ results }) => results.length === 0 || results.some(({ kind }) => kind === "not-run"),
  ).length;
  const bad = all.filter(({ results }) => results.some(isWrong)).length;
  const { shown, all: wanted } = coverageSum(tried.flatMap(({ coverage }) => coverage));
  const percent = wanted === 0 ? 100 : Math.floor((shown * 100) / wanted);
  const sign = bad > 0 ? palette("red", "✗") : idle > 0 ? palette("yellow", "?") : palette("green", "✓");
  const parts = [
    `${counted(good, "case")} as expected`,
    ...(bad > 0 ? [`${bad} not`] : []),
    ...(idle > 0 ? [`${idle} not run`] : []),
    `coverage ${percent} % (${shown} of ${wanted})`,
  ];
  return `${sign} ${parts.join(", ")}`;
}
