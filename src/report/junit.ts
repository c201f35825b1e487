import { moment } from "../engine/words.ts";
import { evidenceOf } from "../view/evidence.ts";
import { counted, OUTCOME_LOOK } from "../view/words.ts";
import type { DocumentAct, DocumentCell, DocumentHost, DocumentStep, RunDocument } from "./document.ts";
import { excerptOf, LONGEST_LINE } from "./excerpt.ts";
import { cut, lined, markup, textOf, type Markup } from "./markup.ts";

/** Columns of a message: servers show it on one line of a list. */
const MESSAGE = 400;
const NAME = 200;

/**
 * A run as JUnit XML: a suite a step, a test case a host. What is not well is a failure, what is unknown an error, what waits or does not
 * apply is skipped with its reason. Fixed and clear pass.
 */
export function junitOf(document: RunDocument): string {
  const suites = document.steps.map((step, at) => suiteOf(document, step, at));
  const all = tallyOf(document.hosts.flatMap((host) => host.steps));
  return textOf(markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="${cut(document.runbook.name, NAME)}" ${tally(all)}>
${suites}</testsuites>
`);
}

function suiteOf(document: RunDocument, step: DocumentStep, at: number): Markup {
  const pairs = document.hosts.flatMap((host) => {
    const cell = host.steps[at];
    return cell === undefined ? [] : [{ host, cell }];
  });
  const name = cut(`${document.runbook.name}.${step.step}`, NAME);
  const began = document.startedAt.slice(0, 19);
  return markup`  <testsuite name="${name}" ${tally(tallyOf(pairs.map(({ cell }) => cell)))} timestamp="${began}">
    <properties>
${propertiesOf(document, step)}    </properties>
${pairs.map(({ host, cell }) => caseOf(host, cell, step, name))}  </testsuite>\n`;
}

function propertiesOf(document: RunDocument, step: DocumentStep): Markup[] {
  const { runbook } = document;
  const pairs = [
    ["run", document.run],
    ["runbook", `${runbook.title} (${runbook.path})`],
    ["runbook.digest", runbook.digest],
    ["step.title", step.title],
    ["by", document.machine === null ? document.by : `${document.by} on ${document.machine}`],
    ["inventory", document.inventory],
    ["dry-run", String(document.dryRun)],
    ["exit", String(document.exit ?? "none yet")],
    ...document.hosts.flatMap(({ host, old }) =>
      old.length > 0 ? [[`ssh.old.${host}`, old.join(", ")] as const] : [],
    ),
    ...Object.entries(document.compat).map(([host, kind]) => [`runbook_compat.${host}`, kind] as const),
  ] as const;
  return pairs.map(([name, value]) => markup`      <property name="${name}" value="${cut(value, MESSAGE)}"/>\n`);
}

type Verdict = "passed" | "failure" | "error" | "skipped";

function verdictOf({ outcome }: Pick<DocumentCell, "outcome">): Verdict {
  switch (outcome) {
    case "failed":
    case "in-doubt":
    case "rolled-back":
    case "found":
      return "failure";
    case "unknown":
      return "error";
    case "waiting":
    case "skipped":
      return "skipped";
    case "fixed":
    case "clear":
      return "passed";
  }
}

type Tally = { readonly cells: readonly DocumentCell[]; readonly by: ReadonlyMap<Verdict, readonly DocumentCell[]> };

function tallyOf(cells: readonly DocumentCell[]): Tally {
  return { cells, by: Map.groupBy(cells, verdictOf) };
}

function tally({ cells, by }: Tally): Markup {
  const amount = (verdict: Verdict) => by.get(verdict)?.length ?? 0;
  const time = secondsOf(cells.reduce((sum, cell) => sum + cell.ms, 0));
  const counts = markup`tests="${cells.length}" failures="${amount("failure")}" errors="${amount("error")}"`;
  return markup`${counts} skipped="${amount("skipped")}" time="${time}"`;
}

function secondsOf(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function caseOf(host: DocumentHost, cell: DocumentCell, step: DocumentStep, suite: Markup): Markup {
  const name = cut(`${step.step} on ${host.host}`, NAME);
  const evidence = evidenceLines(host, cell, step);
  const printed =
    evidence.length === 0 ? null : markup`      <system-out>${lined(evidence.join("\n"), LONGEST_LINE)}</system-out>\n`;
  const said = resultOf(cell, step);
  const head = markup`    <testcase classname="${suite}" name="${name}" time="${secondsOf(cell.ms)}"`;
  if (printed === null && said === null) return markup`${head}/>\n`;
  return markup`${head}>\n${said}${printed}    </testcase>\n`;
}

/** The message stands in the element too: some servers read only the one, some only the other. */
function resultOf(cell: DocumentCell, step: DocumentStep): Markup | null {
  const { outcome, reason } = cell;
  const found = evidenceOf(step, cell.findings);
  const message = [OUTCOME_LOOK[outcome].word, reason, found].filter((part) => part !== "").join(": ");
  const [short, long] = [cut(message, MESSAGE), cut(message, LONGEST_LINE)];
  switch (verdictOf(cell)) {
    case "failure":
      return markup`      <failure type="${outcome}" message="${short}">${long}</failure>\n`;
    case "error":
      return markup`      <error type="${outcome}" message="${short}">${long}</error>\n`;
    case "skipped":
      return markup`      <skipped message="${short}"/>\n`;
    case "passed":
      return null;
  }
}

/** So many lines of a case are told; a server keeps all cases in memory. */
const MOST_LINES = 1000;

/** What a person wants to see of a case that did not simply pass. */
function evidenceLines(host: DocumentHost, cell: DocumentCell, step: DocumentStep): string[] {
  const lines = allEvidence(host, cell, step);
  if (lines.length <= MOST_LINES) return lines;
  return [
    ...lines.slice(0, MOST_LINES),
    `… ${counted(lines.length - MOST_LINES, "more line")}; the JSON report has them`,
  ];
}

function allEvidence(host: DocumentHost, cell: DocumentCell, step: DocumentStep): string[] {
  const { findings, fixes, rollback, decisions } = cell;
  const { hint } = cell;
  const unclear = cell.unclear ?? host.unclear;
  return [
    ...(hint === null ? [] : [hint]),
    ...(unclear === null ? [] : barred("printed", excerptOf(unclear))),
    ...findings.map((finding) => `${finding.finding}. ${evidenceOf(step, [finding])} (${finding.state})`),
    ...decisions.map(
      (one) => `${moment(Date.parse(one.at))} ${[one.kind, one.by, one.reason].filter(Boolean).join(" ")}`,
    ),
    ...fixes.flatMap((fix) => actLines("fix", fix)),
    ...(rollback === null ? [] : actLines("rollback", rollback)),
  ];
}

function actLines(what: string, act: DocumentAct): string[] {
  const end = act.end === "exited" ? `exited ${act.exit}` : [act.end, act.reason].filter(Boolean).join(": ");
  return [
    `${what}: ${end}`,
    ...barred(`${what} stdout`, excerptOf(act.stdout)),
    ...barred(`${what} stderr`, excerptOf(act.stderr)),
  ];
}

/** What a host printed stands behind a bar, so that it cannot pass for a line of the report. */
function barred(label: string, text: string): string[] {
  return text === "" ? [] : [`${label}:`, ...text.split("\n").map((line) => `| ${line}`)];
}
