import type { Runbook } from "../../model/runbook.ts";
import { isEnvironment } from "../shell/environment.ts";
import { setBefore } from "../shell/scope.ts";
import { functionsOf } from "../shell/status.ts";
import { swept } from "../shell/sweep.ts";
import { allCommands, type Command, type Reference, type ShellScript } from "../shell/tree.ts";
import type { Report } from "./check-report.ts";
import { unasked, variablesOf } from "./check-variables.ts";
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

/** Checks that what a script calls of `functions` finds the variables that it reads: a warning, since who calls a function knows which of its ways it goes. */
export function checkCalled(
  report: Report,
  runbook: Runbook,
  shared: Shared,
): (at: ScriptAt, script: ShellScript) => void {
  const parts = shared.files.flatMap(partsOf);
  const own = parts.filter(({ name }) => name === null);
  // Of two functions of one name either may be called.
  const functions = new Map<string, Part | null>();
  for (const part of parts) if (part.name !== null) functions.set(part.name, functions.has(part.name) ? null : part);
  const told = new Set<Reference>();
  return (at, script) => {
    if (!shared.known || script.opaque || parts.length === 0) return;
    const before = new Set(variablesOf(report, runbook, at));
    const given = new Set([...before, ...script.assignments.map(({ name }) => name)]);
    const asked = new Set(script.references.flatMap(({ name, optional }) => (optional ? name : [])));
    const called = reached(own, functions, script);
    for (const { references } of called) {
      for (const { name, optional } of references) if (optional) asked.add(name);
    }
    for (const { name: part, file, references } of called) {
      const has = (reference: Reference): boolean =>
        part === null
          ? before.has(reference.name) ||
            setBefore(file.variables, reference) === true ||
            setElsewhere(shared, file, reference)
          : given.has(reference.name) || sharedSets(shared, reference.name, true);
      for (const reference of unasked(references)) {
        const { name } = reference;
        if (told.has(reference) || asked.has(name) || isEnvironment(name) || has(reference)) continue;
        told.add(reference);
        tell(report, { file, part, reference, at });
      }
    }
  };
}

function setElsewhere({ files, ...shared }: Shared, file: SharedFile, { name }: Reference): boolean {
  return sharedSets({ ...shared, files: files.filter((each) => each !== file) }, name, false);
}

function tell(
  report: Report,
  { file, part, reference, at }: { file: SharedFile; part: string | null; reference: Reference; at: ScriptAt },
): void {
  const { source } = file;
  const kind = at.kind === "fact" ? `the fact \`${at.path[1]}\`` : `\`${at.kind}\``;
  const script = at.step === undefined ? kind : `${kind} of step \`${at.step.id}\``;
  const who = part === null ? `what is put before ${script}` : `\`${part}\`, which ${script} calls`;
  const way = part === null ? "set it before" : "give it to the function as a word of its own (`$1`)";
  const { name } = reference;
  const hint =
    name === name.toLowerCase()
      ? `${way}, or write \${${name}:-} if it may be empty`
      : `write \${${name}:?} if it is in the hosts' own environment`;
  const place = source.place(reference.at, reference.at + reference.length);
  report.warnings.push(source.fault(place, `nothing gives \`$${name}\` to ${who}`, hint));
}

function partsOf(file: SharedFile): Part[] {
  const { script } = file;
  if (script === undefined) return [];
  const commands = allCommands(script);
  const bodies = commands.flatMap((command) =>
    command.kind === "function" ? [{ name: command.name, start: command.body.at, end: command.body.end }] : [],
  );
  const references = byBody(bodies, script.references, (each) => each.from);
  const calls = byBody(bodies, commands, (each) => each.at);
  return [null, ...bodies].map((body) => ({
    name: body?.name ?? null,
    file,
    references: references.get(body) ?? [],
    calls: (calls.get(body) ?? []).flatMap(calledBy),
  }));
}

/** What stands in which function, in the innermost one; null: in none. */
function byBody<B extends { readonly start: number; readonly end: number }, T>(
  bodies: readonly B[],
  all: readonly T[],
  offsetOf: (each: T) => number,
): ReadonlyMap<B | null, readonly T[]> {
  const found = new Map<B | null, T[]>();
  for (const { thing, around } of swept(bodies, all, offsetOf)) {
    const body = around.at(-1) ?? null;
    const inside = found.get(body) ?? [];
    inside.push(thing);
    found.set(body, inside);
  }
  return found;
}

/** The word that a command is called by, where that may be a function's name: a program in a directory, or behind `command`, is none. */
function calledBy(command: Command): readonly string[] {
  const [first] = command.kind === "simple" ? command.words : [];
  return first?.literal === undefined ? [] : [first.literal];
}

/** What files do by themselves, the functions that a script calls, and those that these call. */
function reached(
  own: readonly Part[],
  functions: ReadonlyMap<string, Part | null>,
  script: ShellScript,
): readonly Part[] {
  const found = new Set(own);
  const theirs = functionsOf(script);
  const called = [...allCommands(script).flatMap(calledBy), ...own.flatMap(({ calls }) => calls)];
  for (let name = called.pop(); name !== undefined; name = called.pop()) {
    const part = theirs.has(name) ? undefined : functions.get(name);
    if (part === undefined || part === null || found.has(part)) continue;
    found.add(part);
    for (const call of part.calls) called.push(call);
  }
  return [...found];
}
