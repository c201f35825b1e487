import { markup, textOf, cut, lined, type Markup } from "../report/markup.ts";
import { coverageSum } from "../trial/coverage.ts";
import type { Mismatch } from "../trial/verdict.ts";
import { isWrong, type Result } from "./test-play.ts";
import { passed, type Tried, type TriedRunbook } from "./test.ts";

/** What came of cases, for programs. */
export function testJson(tried: readonly TriedRunbook[]): object {
  const { shown, all } = coverageSum(tried.flatMap(({ coverage }) => coverage));
  return {
    runbooks: tried.map(({ loaded, cases, coverage }) => ({
      runbook: loaded.runbook.name,
      path: loaded.path,
      cases: cases.map((each) => ({
        title: each.one.title,
        file: each.file,
        line: each.line,
        passed: passed(each),
        results: each.results.map(resultJson),
      })),
      coverage,
    })),
    coverage: { shown, all },
  };
}

function resultJson(result: Result): object {
  const { shell, kind } = result;
  const ms = Math.round(result.ms);
  if (result.kind === "not-run") return { shell, kind, ms, why: result.why };
  return { shell, kind, ms, mismatches: result.mismatches, problems: result.problems };
}

const NAME = 200;

/** The same as JUnit XML: a suite a runbook, a test case a case and shell. One that could not run is an error. */
export function testJunit(tried: readonly TriedRunbook[]): string {
  return textOf(markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="runbook test" ${tally(tried.flatMap(({ cases }) => cases))}>
${tried.filter(({ cases }) => cases.length > 0).map(suite)}</testsuites>
`);
}

function suite({ loaded, cases }: TriedRunbook): Markup {
  return markup`  <testsuite name="${cut(loaded.runbook.name, NAME)}" ${tally(cases)}>
${cases.map((each) => caseOf(loaded.runbook.name, each))}  </testsuite>\n`;
}

function tally(cases: readonly Tried[]): Markup {
  const all = cases.flatMap(({ results }): readonly (Result | null)[] => (results.length === 0 ? [null] : results));
  const errors = all.filter((each) => each === null || each.kind === "not-run").length;
  const seconds = all.reduce((sum, each) => sum + (each?.ms ?? 0), 0) / 1000;
  const failures = all.filter((each) => each !== null && isWrong(each)).length;
  return markup`tests="${all.length}" failures="${failures}" errors="${errors}" time="${seconds.toFixed(3)}"`;
}

function caseOf(name: string, { one, file, line, results }: Tried): Markup[] {
  const at = markup`classname="${cut(name, NAME)}" file="${file}" line="${line}"`;
  if (results.length === 0) {
    const why = "none of its shells is installed";
    return [markup`    <testcase name="${cut(one.title, NAME)}" ${at}><error message="${why}"/></testcase>\n`];
  }
  return results.map((result) => {
    const title = result.shell === null ? one.title : `${one.title} (${result.shell})`;
    const time = (result.ms / 1000).toFixed(3);
    return markup`    <testcase name="${cut(title, NAME)}" ${at} time="${time}">${verdict(result)}</testcase>\n`;
  });
}

function verdict(result: Result): Markup | null {
  if (result.kind === "not-run") return markup`<error message="${cut(result.why, 400)}"/>`;
  if (!isWrong(result)) return null;
  const told = [...result.mismatches.map(words), ...result.problems].join("\n");
  return markup`<failure message="${cut(told.split("\n", 1).join(""), 400)}">${lined(told)}</failure>`;
}

function words({ step, what, expected, got }: Mismatch): string {
  return `${step}: ${what}\nexpected:\n${expected.trimEnd()}\ngot:\n${got.trimEnd()}`;
}
