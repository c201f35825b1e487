import { evidenceOf } from "../view/evidence.ts";
import type { Health, HealthCell, HealthFinding, HealthHost, HealthRunbook } from "./health.ts";
import { LONGEST_LINE } from "./excerpt.ts";
import { countsText, scoreText, shareText } from "./health-looks.ts";
import { cut, lined, markup, textOf, type Markup } from "./markup.ts";

/** Columns of a message: servers show it on one line of a list. */
const MESSAGE = 400;
const NAME = 200;

type Verdict = "failure" | "error" | "skipped" | "passed";

/** A runbook on a host, with what it found there. */
type Case = { readonly host: HealthHost; readonly cell: HealthCell; readonly findings: readonly HealthFinding[] };

/**
 * A check as JUnit XML: a suite a runbook, a test case a host. What was found is a failure, what could not be told an error; what is waived,
 * does not apply or was not checked is skipped with its reason. A runbook that concerns none of the hosts has no suite.
 */
export function healthJunit(health: Health): string {
  const suites = health.runbooks
    .map((runbook, at) => ({ runbook, cases: casesOf(health, runbook, at) }))
    .filter(({ cases }) => cases.length > 0);
  return textOf(markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="check" ${tally(suites.flatMap(({ cases }) => cases))} time="${(health.ms / 1000).toFixed(3)}">
${suites.map(({ runbook, cases }) => suiteOf(health, runbook, cases))}</testsuites>
`);
}

function casesOf(health: Health, { runbook }: HealthRunbook, at: number): Case[] {
  const findings = Map.groupBy(
    health.findings.filter((finding) => finding.runbook === runbook && finding.waiver === null),
    ({ host }) => host,
  );
  return health.hosts.flatMap((host): Case[] => {
    const cell = host.cells[at];
    return cell === undefined || cell.state === "none" ? [] : [{ host, cell, findings: findings.get(host.host) ?? [] }];
  });
}

function suiteOf(health: Health, runbook: HealthRunbook, cases: readonly Case[]): Markup {
  const properties: readonly (readonly [string, string])[] = [
    ["check", health.check],
    ["run", runbook.run ?? "none"],
    ["runbook", `${runbook.title} (${runbook.path})`],
    ["score", scoreText(runbook.score)],
    ["confidence", shareText(runbook.confidence)],
    ["fleet.score", scoreText(health.fleet.score)],
    ["fleet.confidence", shareText(health.fleet.confidence)],
  ];
  const told = properties.map(
    ([name, value]) => markup`      <property name="${name}" value="${cut(value, MESSAGE)}"/>\n`,
  );
  const head = markup`  <testsuite name="${cut(runbook.runbook, NAME)}" ${tally(cases)} time="${(runbook.ms / 1000).toFixed(3)}" timestamp="${health.startedAt.slice(0, 19)}">`;
  return markup`${head}
    <properties>
${told}    </properties>
${cases.map((one) => caseOf(one))}  </testsuite>\n`;
}

function verdictOf({ state }: HealthCell): Verdict {
  switch (state) {
    case "found":
      return "failure";
    case "unknown":
      return "error";
    case "waived":
    case "skipped":
    case "none":
    case "not-checked":
      return "skipped";
    case "clear":
      return "passed";
  }
}

function tally(cases: readonly Case[]): Markup {
  const amount = (verdict: Verdict): number => cases.filter(({ cell }) => verdictOf(cell) === verdict).length;
  return markup`tests="${cases.length}" failures="${amount("failure")}" errors="${amount("error")}" skipped="${amount("skipped")}"`;
}

function caseOf({ host, cell, findings }: Case): Markup {
  const head = markup`    <testcase classname="${cut(cell.runbook, NAME)}" name="${cut(host.host, NAME)}"`;
  const verdict = verdictOf(cell);
  if (verdict === "passed") return markup`${head}/>\n`;
  const lines = findings.map((one) => `${one.severity} ${one.step}: ${evidenceOf(one, [one])} (${one.change})`);
  const counts = countsText({ ...host, findings: severities(findings), unknown: cell.unknown, waived: cell.waived });
  const message = cut([counts, cell.reason].filter((part) => part !== "").join(": "), MESSAGE);
  const body = lined(lines.join("\n"), LONGEST_LINE);
  const type = cell.severity ?? cell.state;
  if (verdict === "skipped") return markup`${head}>\n      <skipped message="${message}"/>\n    </testcase>\n`;
  if (verdict === "error")
    return markup`${head}>\n      <error type="${type}" message="${message}"/>\n    </testcase>\n`;
  return markup`${head}>\n      <failure type="${type}" message="${message}">${body}</failure>\n    </testcase>\n`;
}

function severities(findings: readonly HealthFinding[]): HealthHost["findings"] {
  const amount = (severity: HealthFinding["severity"]): number =>
    findings.filter((one) => one.severity === severity).length;
  return { info: amount("info"), warning: amount("warning"), critical: amount("critical") };
}
