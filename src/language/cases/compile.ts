import { CaseSheet } from "../../model/case.ts";
import type { Fault } from "../../model/fault.ts";
import type { LoadedRunbook } from "../../model/runbook.ts";
import { reportOn } from "../runbook/check-report.ts";
import { shape, type Form } from "../schema/shape.ts";
import { inFileOrder, type Place } from "../yaml/source.ts";
import { readYaml } from "../yaml/yaml.ts";
import { checkCases } from "./check.ts";
import { CASES } from "./dialect.ts";

/** A file of cases that is sound, with the line on which each case begins; or every mistake in it. */
export type CompiledCases =
  | { readonly sheet: CaseSheet; readonly places: readonly Place[] }
  | { readonly faults: readonly Fault[] };

/** Mappings whose keys are numbers of processes and descriptors. */
const NUMBERED: ReadonlySet<unknown> = new Set(["processes", "open"]);

/** What is wrong in a case leaves nothing of it that could be held against the runbook. */
const FORM: Form<CaseSheet> = { dialect: CASES, schema: CaseSheet, vital: "cases", standIns: () => undefined };

/** Reads the cases of a runbook and checks them against it. `file` is the name that faults say. */
export function compileCases(text: string, file: string, { runbook }: Pick<LoadedRunbook, "runbook">): CompiledCases {
  const read = readYaml(text, { file, schema: "core", mend: true, textKeys: (path) => !NUMBERED.has(path.at(-1)) });
  const { yaml, vague, draft, broken, faults } = shape(FORM, read);
  if (yaml === undefined || vague || draft === undefined || broken.length > 0) return { faults: inFileOrder(faults) };
  const report = reportOn(yaml);
  checkCases(report, draft, runbook);
  const all = inFileOrder([...faults, ...report.faults]);
  if (all.length > 0) return { faults: all };
  return { sheet: draft, places: draft.cases.map((_, at) => yaml.place(["cases", at, "title"])) };
}
