import type { Case, CaseSheet, StepExpectation } from "../../model/case.ts";
import { readInput } from "../../model/input.ts";
import type { Runbook, Step } from "../../model/runbook.ts";
import type { Report } from "../runbook/check-report.ts";
import { didYouMean } from "../suggest.ts";
import type { Path } from "../yaml/path.ts";
import { ANSWERS, answerHint } from "./dialect.ts";
import { patternOf } from "./wanted.ts";

/** Checks what a schema cannot say of cases: that what they name is in their runbook, and that they ask for what can be. */
export function checkCases(report: Report, sheet: CaseSheet, runbook: Runbook): void {
  checkWorld(report, [], sheet, runbook);
  const titles = new Map<string, number>();
  for (const [index, one] of sheet.cases.entries()) {
    const path: Path = ["cases", index];
    checkTitle(report, path, one, titles.get(one.title));
    if (!titles.has(one.title)) titles.set(one.title, index);
    checkWorld(report, path, one, runbook);
    checkRecorded(report, path, one, runbook);
    for (const [id, expected] of Object.entries(one.expect)) {
      if (id === "*") continue;
      const step = runbook.steps.find((each) => each.id === id);
      if (step === undefined)
        unknownName(
          report,
          [...path, "expect", id],
          "step",
          id,
          runbook.steps.map((each) => each.id),
        );
      else checkExpectation(report, [...path, "expect", id], { step, expected, one });
    }
  }
}

function checkTitle(report: Report, path: Path, { title }: Case, first: number | undefined): void {
  if (first === undefined) return;
  const { line } = report.yaml.place(["cases", first, "title"]);
  report.fault(
    [...path, "title"],
    `another case has the title \`${title}\`, on line ${line}`,
    "say what tells them apart",
  );
}

function unknownName(report: Report, path: Path, what: string, name: string, known: readonly string[]): void {
  const all = known.length === 0 ? `it has no ${what}s` : `it has ${known.slice(0, 12).join(", ")}`;
  report.fault(path, `the runbook has no ${what} \`${name}\``, didYouMean(name, known) ?? all, "key");
}

function checkWorld(report: Report, path: Path, world: Pick<Case, "inputs" | "commands">, { inputs }: Runbook): void {
  for (const [name, value] of Object.entries(world.inputs)) {
    const input = inputs[name];
    if (input === undefined) {
      unknownName(report, [...path, "inputs", name], "input", name, Object.keys(inputs));
      continue;
    }
    const read = readInput(input, value);
    if (!read.ok) report.fault([...path, "inputs", name], `\`${name}\`: expected ${read.expected}`);
  }
  for (const [name, command] of Object.entries(world.commands)) {
    if (command === null || typeof command === "string") continue;
    const taken = Object.keys(command).find((each) => ANSWERS.has(each));
    if (taken === undefined) continue;
    const hint = answerHint(name, taken);
    report.fault([...path, "commands", name, taken], `\`${taken}\` stands where arguments are expected`, hint, "key");
  }
}

function checkRecorded(report: Report, path: Path, { scripts }: Case, runbook: Runbook): void {
  const at: Path = [...path, "scripts"];
  if (scripts.applies !== undefined && runbook.applies === undefined) {
    report.fault([...at, "applies"], "the runbook has no `applies`", undefined, "key");
  }
  for (const name of Object.keys(scripts.facts)) {
    const known = Object.keys(runbook.facts);
    if (!known.includes(name)) unknownName(report, [...at, "facts", name], "fact", name, known);
  }
  for (const [id, parts] of Object.entries(scripts.steps)) {
    const step = runbook.steps.find((each) => each.id === id);
    if (step === undefined) {
      unknownName(
        report,
        [...at, "steps", id],
        "step",
        id,
        runbook.steps.map((each) => each.id),
      );
      continue;
    }
    const has = partsOf(step);
    for (const part of Object.keys(parts)) {
      if (!has.has(part))
        report.fault([...at, "steps", id, part], `the step \`${id}\` has no \`${part}\``, undefined, "key");
    }
  }
}

/** The scripts that a step has. */
export function partsOf({ applies, fix, verify, rollback }: Step): ReadonlySet<string> {
  const proof = verify === undefined || verify === false ? undefined : verify.run;
  const all = {
    applies,
    detect: "",
    preview: fix?.preview,
    guard: fix?.guard,
    fix: fix?.run,
    verify: proof,
    rollback: rollback?.run,
  };
  return new Set(Object.entries(all).flatMap(([name, text]) => (text === undefined ? [] : [name])));
}

/** What only a fix that ran can come to, or tell. */
const OF_FIX: ReadonlySet<string> = new Set(["fixed", "failed", "rolled-back", "in-doubt"]);
const TOLD_BY_FIX = ["guard", "fixes", "fix", "rollback", "ran", "never"] as const;

function checkExpectation(
  report: Report,
  path: Path,
  { step, expected, one }: { readonly step: Step; readonly expected: StepExpectation; readonly one: Case },
): void {
  const outcome = typeof expected === "string" ? expected : expected.outcome;
  const at: Path = typeof expected === "string" ? path : [...path, "outcome"];
  if (OF_FIX.has(outcome) && one.fix === undefined) {
    report.fault(
      at,
      `\`${outcome}\` is what a fix comes to, and this case runs none`,
      "write `fix: run` beside `expect`",
    );
  }
  if (typeof expected === "string") return;
  const has = partsOf(step);
  for (const part of ["preview", "guard", "fix", "rollback"] as const) {
    if (expected[part] !== undefined && !has.has(part)) {
      report.fault([...path, part], `the step \`${step.id}\` has no \`${part}\``, undefined, "key");
    }
  }
  for (const part of TOLD_BY_FIX) {
    if (expected[part] === undefined || one.fix !== undefined) continue;
    report.fault(
      [...path, part],
      `\`${part}\` tells of a fix, and this case runs none`,
      "write `fix: run` beside `expect`",
      "key",
    );
  }
  for (const part of ["reason", "preview", "guard", "fix", "rollback"] as const) {
    const wrong = expected[part] === undefined ? null : patternOf(expected[part]);
    if (wrong !== null && "problem" in wrong) report.fault([...path, part], `\`${part}\`: ${wrong.problem}`);
  }
  checkColumns(report, path, step, expected);
}

function checkColumns(report: Report, path: Path, step: Step, expected: Exclude<StepExpectation, string>): void {
  const columns = Object.keys(step.detect.findings ?? { message: "string" });
  for (const [index, finding] of (expected.findings ?? []).entries()) {
    if (typeof finding === "string") {
      if (columns.length === 1) continue;
      const hint = `write the columns that matter: { ${columns[0]}: … }`;
      report.fault(
        [...path, "findings", index],
        "a finding of this step has several columns, and this is one text",
        hint,
      );
      continue;
    }
    for (const name of Object.keys(finding)) {
      if (columns.includes(name)) continue;
      unknownName(report, [...path, "findings", index, name], "column", name, columns);
    }
  }
}
