import type { Runbook, Step } from "../../model/runbook.ts";
import { GIVEN } from "./check-names.ts";
import type { Report } from "./check-report.ts";
import { valueAt } from "../schema/schema-faults.ts";
import type { ScriptAt } from "./scripts.ts";
import { placeIn } from "./script-place.ts";
import { isEnvironment } from "../shell/environment.ts";
import { isInFunction, setBefore, type Unset } from "../shell/scope.ts";
import type { Reference, Variables } from "../shell/tree.ts";
import { sharedSets, type Shared } from "./shared.ts";
import { didYouMean } from "../suggest.ts";

/** Among more names than this one is always close, and comparing them all takes too long. */
const MOST_NAMES = 1000;

/** Checks that every variable a script reads is given to it, or set before by the script itself or by `functions`. */
export function checkVariables(
  report: Report,
  runbook: Runbook,
  shared: Shared,
): (at: ScriptAt, script: Variables) => void {
  return (at, script) => {
    // What `eval` or another file sets cannot be known by reading.
    if (script.opaque || !shared.known) return;
    const given = new Set(variablesOf(report, runbook, at));
    const told = new Set<string>();
    let known: readonly string[] | undefined;
    for (const reference of unasked(script.references)) {
      const { name } = reference;
      if (given.has(name) || told.has(name) || isEnvironment(name)) continue;
      const set = setBefore(script, reference);
      if (set === true || sharedSets(shared, name, isInFunction(script, reference))) continue;
      told.add(name);
      known ??= [...new Set([...given, ...script.assignments.map((each) => each.name)])];
      const place = placeIn(report, at, reference);
      const unset = unsetHint(report, at, set);
      if (mayBeHosts(name, known)) {
        // A host may have it.
        const hint = unset ?? meantBy(name, known) ?? `write \${${name}:?} if it is in the hosts' own environment`;
        report.warnings.push(report.yaml.faultAt(place, `nothing here gives \`$${name}\` at this place`, hint));
      } else {
        const hint = unset ?? hintFor(report, runbook, at, name, known);
        report.faults.push(report.yaml.faultAt(place, `nothing gives \`$${name}\` to this script`, hint));
      }
    }
  };
}

function meantBy(name: string, known: readonly string[]): string | undefined {
  return known.length > MOST_NAMES ? undefined : didYouMean(name, known);
}

/** `JAVA_HOME` may be the environment's, and so may `Path`; `Mount` where there is a `mount` is that, misspelt. */
function mayBeHosts(name: string, known: readonly string[]): boolean {
  if (name === name.toUpperCase()) return name !== name.toLowerCase();
  return (
    name !== name.toLowerCase() && !known.some((each) => each !== name && each.toLowerCase() === name.toLowerCase())
  );
}

/** The references without those that get along without a value. Whoever asks whether it is there before using it knows that it may not be: `${x+"$x"}`, `[ -n "${x:-}" ]`. */
export function* unasked(references: readonly Reference[]): Generator<Reference> {
  const asked = new Set<string>();
  for (const reference of references) {
    if (reference.optional) asked.add(reference.name);
    if (!asked.has(reference.name)) yield reference;
  }
}

/** Where the script itself sets it in vain. */
function unsetHint(report: Report, at: ScriptAt, set: Unset | undefined): string | undefined {
  if (set === undefined) return undefined;
  const { assignment, why } = set;
  const line = `line ${placeIn(report, at, { at: assignment.at - 1, length: 1 }).line}`;
  switch (why) {
    case "later":
      return `it is set only later, on ${line}`;
    case "lost":
      return `what ${line} sets is lost with its process: a pipe, \`&\` or parentheses begin one`;
    case "local":
      return `${line} sets it only for ${assignment.reach === "command" ? "that command" : "its function"}`;
  }
}

/** The variables that a script has, in the order in which a person would look for them. */
export function variablesOf(report: Report, runbook: Runbook, at: ScriptAt): string[] {
  const names = [...keysAt(report, ["inputs"]), ...factsBefore(report, at), "host_name", "run_id", "since"];
  if (runbook.files.length > 0) names.push("files");
  const { step, kind } = at;
  if (step === undefined) return names;
  const perFinding = (step.fix?.per ?? "finding") === "finding" && (kind === "guard" || kind === "fix");
  if (perFinding) names.push(...columnsOf(report, at));
  else if (!["applies", "detect"].includes(kind)) names.push("findings");
  if (["fix", "verify", "rollback"].includes(kind)) names.push("keep");
  return names;
}

/** The names as the file gives them: a column whose type is wrong is still a variable. */
function keysAt(report: Report, path: readonly (string | number)[]): string[] {
  const value = valueAt(report.yaml.value, path);
  const names = typeof value === "object" && value !== null ? Object.keys(value) : [];
  const gone = report.lost.filter((each) => each.length > path.length && path.every((part, at) => part === each[at]));
  return [...new Set([...names, ...gone.map((each) => String(each[path.length]))])];
}

/** Facts are read in order after the runbook's own `applies`: a fact knows those before it. */
function factsBefore(report: Report, { kind, path, step }: ScriptAt): string[] {
  const facts = keysAt(report, ["facts"]);
  if (kind === "fact") return facts.slice(0, facts.indexOf(String(path[1])));
  return kind === "applies" && step === undefined ? [] : facts;
}

function columnsOf(report: Report, { path }: ScriptAt): string[] {
  const columns = keysAt(report, [...path.slice(0, 2), "detect", "findings"]);
  return columns.length > 0 ? columns : ["message"];
}

function hintFor(report: Report, runbook: Runbook, at: ScriptAt, name: string, known: readonly string[]): string {
  const elsewhere = at.step === undefined ? undefined : misplaced(report, at, at.step, name);
  if (elsewhere !== undefined) return elsewhere;
  if (name === "files") return "declare the files to send with `files`";
  if (keysAt(report, ["facts"]).includes(name)) {
    return at.kind === "fact"
      ? "a fact knows only the facts before it"
      : "`applies` of the runbook runs before the facts are read";
  }
  if (runbook.steps.some((step) => Object.hasOwn(step.detect.findings ?? {}, name)))
    return "it is a column of another step, or of a script that runs later";
  return (
    meantBy(name, known) ??
    "declare it as an input or a fact, set it in the script, or write ${" + name + ":-} if it may be empty"
  );
}

/** A variable of this step that exists only in other scripts of it. */
function misplaced(report: Report, at: ScriptAt, step: Step, name: string): string | undefined {
  const columns = columnsOf(report, at);
  if (name === "findings") {
    return ["guard", "fix"].includes(at.kind)
      ? `\`fix.per: finding\` gives the columns instead: ${columns.map((column) => `$${column}`).join(", ")}`
      : "the findings are known only after `detect`";
  }
  if (name === "keep") return "$keep, the directory that lives until the run ends, is there from the fix on";
  if (!columns.includes(name) || !Object.hasOwn({ ...step.detect.findings, message: 1 }, name)) return undefined;
  if (["preview", "verify", "rollback"].includes(at.kind))
    return "this script runs once a host: read the lines of $findings, columns separated by TAB";
  if (["guard", "fix"].includes(at.kind))
    return "with `fix.per: host`, read the lines of $findings, columns separated by TAB";
  return Object.hasOwn(GIVEN, name) ? undefined : "the columns are known only after `detect`";
}
