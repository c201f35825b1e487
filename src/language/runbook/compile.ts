import type { Fault } from "../../model/fault.ts";
import { Runbook } from "../../model/runbook.ts";
import { reportOn, type Context } from "./check-report.ts";
import { checkRunbook } from "./check.ts";
import { RUNBOOKS } from "./dialect.ts";
import { runbookStandIn } from "./stand-ins.ts";
import { headFaults } from "../schema/head-faults.ts";
import { salvage } from "../schema/salvage.ts";
import { schemaFaults } from "../schema/schema-faults.ts";
import { inFileOrder } from "../yaml/source.ts";
import { readYaml, type ReadYaml, type Yaml } from "../yaml/yaml.ts";

/** A runbook and what is doubtful about it, or every mistake in the file; both in file order. */
export type Compiled =
  | { readonly runbook: Runbook; readonly warnings: readonly Fault[] }
  | { readonly faults: readonly Fault[]; readonly warnings: readonly Fault[] };

/** All that can be told of a runbook's text. Where there are faults, `draft` is what could be made of the rest, for further checks only. */
export type Examined = {
  readonly yaml?: Yaml;
  readonly draft?: Runbook;
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
};

/** Reads a runbook's text and checks all of it but its scripts' syntax. `file` is the name that faults say. */
export function compileRunbook(text: string, file: string, context: Context = {}): Compiled {
  const { draft, faults, warnings } = examineRunbook(readRunbook(text, file), context);
  return draft === undefined || faults.length > 0 ? { faults, warnings } : { runbook: draft, warnings };
}

/** A runbook's text as YAML, with what is wrong with it as such. `file` is the name that faults say. */
export function readRunbook(text: string, file: string): ReadYaml {
  return readYaml(text, { file, schema: "core" });
}

/** Like `compileRunbook`, for a caller that has read the text for its own purposes, and has checks of its own to add. */
export function examineRunbook({ yaml, faults, head }: ReadYaml, context: Context = {}): Examined {
  const before = head === undefined ? [] : headFaults(RUNBOOKS, Runbook, head);
  if (yaml === undefined) return { faults: inFileOrder([...faults, ...before]), warnings: [] };
  const parsed = Runbook.safeParse(yaml.value);
  const found = parsed.success ? [] : schemaFaults(RUNBOOKS, yaml, parsed.error.issues);
  const draft = parsed.success ? parsed.data : salvage(Runbook, yaml.value, "steps", runbookStandIn);
  const report = reportOn(yaml);
  if (draft !== undefined) checkRunbook(report, draft, context);
  return {
    yaml,
    ...(draft === undefined ? {} : { draft }),
    faults: inFileOrder([...faults, ...found, ...report.faults]),
    warnings: inFileOrder(report.warnings),
  };
}
