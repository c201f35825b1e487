import type { Fault } from "../../model/fault.ts";
import { Runbook } from "../../model/runbook.ts";
import { reportOn, type Context } from "./check-report.ts";
import { checkScripts } from "./check-scripts.ts";
import { checkRunbook } from "./check.ts";
import { RUNBOOKS } from "./dialect.ts";
import { runbookStandIn } from "./stand-ins.ts";
import { shape, type Form, type Shaped } from "../schema/shape.ts";
import { inFileOrder, lineAndColumn } from "../yaml/source.ts";
import type { Path } from "../yaml/path.ts";
import { readYaml, type Yaml } from "../yaml/yaml.ts";

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

const FORM: Form<Runbook> = { dialect: RUNBOOKS, schema: Runbook, vital: null, standIns: runbookStandIn };

/** A runbook's text as YAML, held against the schema. `file` is the name that faults say. */
export function readRunbook(text: string, file: string): Shaped<Runbook> {
  return shape(FORM, readYaml(text, { file, schema: "core", mend: true }));
}

/** Like `compileRunbook`, for a caller that has read the text for its own purposes, and has checks of its own to add. */
export function examineRunbook({ yaml, draft, lost, faults }: Shaped<Runbook>, context: Context = {}): Examined {
  if (yaml === undefined) return { faults: inFileOrder(faults), warnings: [] };
  const report = reportOn(yaml, lost);
  const whole = !lost.some(concernsAll);
  if (draft !== undefined && whole) checkRunbook(report, draft, context);
  // How a script ends says the same whatever it is given.
  else if (draft !== undefined && !lost.some(([top]) => top === "shell"))
    checkScripts(report, draft, { unknown: true });
  // What is said of another file, its functions, is said for the sake of a script that may be one that is not known.
  const known = ({ where = "" }: Fault): boolean =>
    lost.length === 0 || (where.startsWith(`${yaml.file}:`) && !lost.some((path) => isInStep(yaml, path, where)));
  return {
    yaml,
    // Whether a script can be read does not depend on what it is given.
    ...(draft === undefined || lost.some(concernsShell) ? {} : { draft }),
    faults: inFileOrder([...faults, ...report.faults.filter(known)]),
    warnings: inFileOrder(report.warnings.filter(known)),
  };
}

const SHARED: ReadonlySet<unknown> = new Set(["inputs", "facts", "functions", "files", "shell", "steps"]);

/** Whether what every script and step builds on is not known. */
function concernsAll([top, ...rest]: Path): boolean {
  if (top === undefined || top === "<<") return true;
  return SHARED.has(top) && (rest.length === 0 || rest[0] === "<<");
}

/** Whether it is not known which shell a script is for. */
function concernsShell([top]: Path): boolean {
  return top === undefined || top === "<<" || top === "shell";
}

/** The parts of a step that others of it build on. */
const PARTS: ReadonlySet<unknown> = new Set([undefined, "<<", "shell", "detect", "fix", "verify", "rollback"]);

/** Whether a place is in the step of which such a part is not known. */
function isInStep(yaml: Yaml, [top, index, part]: Path, where: string): boolean {
  const [line] = lineAndColumn(where);
  if (top !== "steps" || typeof index !== "number" || !PARTS.has(part) || line < yaml.place([top, index]).line)
    return false;
  const next = yaml.place([top, index + 1]).line;
  // Of the last one there is none after it, and the place is that of the list.
  return next <= yaml.place([top, index]).line || line < next;
}
