import type { Input, Runbook } from "../../model/runbook.ts";
import type { Report } from "./check-report.ts";
import { readInput, wholePattern } from "../../model/input.ts";
import { shown } from "../schema/schema-faults.ts";
import { didYouMean } from "../suggest.ts";

/** Checks that every input's own limits, pattern, choices and default agree with each other. */
export function checkInputs(report: Report, runbook: Runbook): void {
  for (const [name, input] of Object.entries(runbook.inputs)) {
    const sound = limitsAgree(report, name, input) && patternIsOne(report, name, input);
    choicesDiffer(report, name, input);
    if (sound) defaultFits(report, name, input);
    if (input.secret && input.default !== undefined) {
      const hint = "leave the default out, and give the value by --input NAME=@file or NAME=env:X";
      report.fault(["inputs", name, "default"], `the secret \`${name}\` stands in the file`, hint, "key");
    }
  }
}

function limitsAgree(report: Report, name: string, input: Input): boolean {
  if (!("min" in input) || input.min === undefined || input.max === undefined || input.min <= input.max) return true;
  report.fault(["inputs", name, "min"], `\`min\` is ${input.min} and \`max\` is ${input.max}: no value is allowed`);
  return false;
}

function patternIsOne(report: Report, name: string, input: Input): boolean {
  if (input.type !== "string" || input.pattern === undefined) return true;
  try {
    wholePattern(input.pattern);
    return true;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const reason = error.message.replace(/^Invalid regular expression: \/.*\/u?: /s, "").toLowerCase();
    report.fault(["inputs", name, "pattern"], `\`pattern\` is no regular expression: ${reason}`);
    return false;
  }
}

function choicesDiffer(report: Report, name: string, input: Input): void {
  if (input.type !== "choice") return;
  for (const [index, choice] of input.choices.entries()) {
    if (input.choices.indexOf(choice) === index) continue;
    report.fault(["inputs", name, "choices", index], `the choice ${shown(choice)} is given twice`, "remove one");
  }
}

function defaultFits(report: Report, name: string, input: Input): void {
  if (input.default === undefined) return;
  const value = readInput(input, input.default);
  if (value.ok) return;
  const message = `the default of \`${name}\`: expected ${value.expected}, found ${shown(input.default)}`;
  const hint = input.type === "choice" ? didYouMean(input.default ?? "", input.choices) : undefined;
  report.fault(["inputs", name, "default"], message, hint);
}
