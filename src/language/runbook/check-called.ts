import type { Runbook } from "../../model/runbook.ts";
import { isEnvironment } from "../shell/environment.ts";
import { isInFunction, setBefore } from "../shell/scope.ts";
import { nameOf } from "../shell/status.ts";
import { commandsOf, type Command, type Reference, type ShellScript } from "../shell/tree.ts";
import type { Report } from "./check-report.ts";
import { doubtful, unasked, variablesOf } from "./check-variables.ts";
import type { ScriptAt } from "./scripts.ts";
import { sharedSets, type Shared, type SharedFile } from "./shared.ts";

/** A function of a file of functions, or what a file does by itself. */
type Part = {
  /** Null: what the file does by itself. */
  readonly name: string | null;
  readonly file: SharedFile;
  readonly references: readonly Reference[];
  readonly calls: readonly string[];
};

/** Checks that what a script calls of `functions` finds the variables that it reads. */
export function checkCalled(
  report: Report,
  runbook: Runbook,
  shared: Shared,
): (at: ScriptAt, script: ShellScript) => void {
  const parts = shared.files.flatMap(partsOf);
  const told = new Set<Reference>();
  return (at, script) => {
    if (!shared.known || script.opaque || parts.length === 0) return;
    const before = new Set(variablesOf(report, runbook, at));
    const given = new Set([...before, ...script.assignments.map(({ name }) => name)]);
    for (const { name: part, file, references } of reached(parts, script)) {
      const own = (reference: Reference): boolean =>
        part === null
          ? before.has(reference.name) ||
            setBefore(file.variables, reference) === true ||
            setElsewhere(shared, file, reference)
          : given.has(reference.name) || sharedSets(shared, reference.name, true);
      for (const reference of unasked(references)) {
        if (told.has(reference) || isEnvironment(reference.name) || own(reference)) continue;
        told.add(reference);
        tell(report, { file, part, reference, at, known: [...given] });
      }
    }
  };
}

function setElsewhere({ files, ...shared }: Shared, file: SharedFile, { name }: Reference): boolean {
  return sharedSets({ ...shared, files: files.filter((each) => each !== file) }, name, false);
}

function tell(
  report: Report,
  told: { file: SharedFile; part: string | null; reference: Reference; at: ScriptAt; known: readonly string[] },
): void {
  const { file, part, reference, at, known } = told;
  const { source } = file;
  const script = `${at.kind === "fact" ? `the fact \`${at.path[1]}\`` : `\`${at.kind}\``}${at.step === undefined ? "" : ` of step \`${at.step.id}\``}`;
  const place = source.place(reference.at, reference.at + reference.length);
  const doubt = doubtful(reference.name, known);
  const who = part === null ? `what is put before ${script}` : `\`${part}\`, which ${script} calls`;
  if (doubt !== undefined) report.warnings.push(source.fault(place, doubt.message, doubt.hint));
  else {
    const way = part === null ? "set it before" : "give it to the function as a word of its own (`$1`)";
    const hint = `${way}, or write \${${reference.name}:-} if it may be empty`;
    report.faults.push(source.fault(place, `nothing gives \`$${reference.name}\` to ${who}`, hint));
  }
}

function partsOf(file: SharedFile): Part[] {
  const { script } = file;
  if (script === undefined) return [];
  const commands = [script.list, ...script.substitutions].flatMap((list) => [...commandsOf(list)]);
  const within = ({ at, end }: Pick<Command, "at" | "end">): Pick<Part, "references" | "calls"> => ({
    references: script.references.filter((each) => at <= each.at && each.at < end),
    calls: commands.filter((each) => at <= each.at && each.at < end).map(nameOf),
  });
  const functions = commands.flatMap((command): Part[] =>
    command.kind === "function" ? [{ name: command.name, file, ...within(command) }] : [],
  );
  const own: Part = {
    name: null,
    file,
    references: script.references.filter(({ at }) => !isInFunction(script, at)),
    calls: commands.filter(({ at }) => !isInFunction(script, at)).map(nameOf),
  };
  return [own, ...functions];
}

/** What files do by themselves, the functions that a script calls, and those that these call. */
function reached(parts: readonly Part[], script: ShellScript): readonly Part[] {
  const commands = [script.list, ...script.substitutions].flatMap((list) => [...commandsOf(list)]);
  const found = new Set(parts.filter(({ name }) => name === null));
  const called = [...commands.map(nameOf), ...[...found].flatMap(({ calls }) => calls)];
  for (let name = called.pop(); name !== undefined; name = called.pop()) {
    for (const part of parts) {
      if (part.name !== name || found.has(part)) continue;
      found.add(part);
      for (const call of part.calls) called.push(call);
    }
  }
  return [...found];
}
