import { didYouMean } from "../language/suggest.ts";
import type { Path } from "../language/yaml/path.ts";
import type { Yaml } from "../language/yaml/yaml.ts";
import { isFault, type Fault } from "../model/fault.ts";
import { readInput } from "../model/input.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import type { Schedule } from "../model/schedule.ts";
import { findRunbook, type Lookup } from "./library.ts";
import { openRunbook } from "./runbook.ts";

/** Looks for the runbooks of schedules, and holds the inputs against what they take. */
export async function checkRunbooks(yaml: Yaml, schedules: readonly Schedule[], lookup: Lookup): Promise<Fault[]> {
  const opened = new Map<string, Promise<LoadedRunbook | string>>();
  const faults: Fault[] = [];
  for (const [index, { task, inputs }] of schedules.entries()) {
    const path: Path = ["schedules", index];
    const named: readonly (readonly [string, Path])[] =
      task.kind === "run"
        ? [[task.runbook, [...path, "runbook"]]]
        : task.runbooks.map((name, at) => [name, [...path, "check", at]] as const);
    const found: LoadedRunbook[] = [];
    for (const [name, place] of named) {
      // What the file does not say is told already.
      if (name === "") continue;
      const runbook = await once(opened, name, lookup);
      if (typeof runbook !== "string") found.push(runbook);
      else faults.push(yaml.fault(place, ...halves(runbook)));
    }
    if (found.length === named.length) faults.push(...inputFaults(yaml, path, inputs, found));
  }
  return faults;
}

/** What is wrong with a runbook and what to do, apart. */
function halves(problem: string): [message: string, hint: string] {
  const [message = "", hint = ""] = problem.split("\n");
  return [message, hint];
}

function once(
  opened: Map<string, Promise<LoadedRunbook | string>>,
  name: string,
  lookup: Lookup,
): Promise<LoadedRunbook | string> {
  const known = opened.get(name) ?? open(name, lookup);
  opened.set(name, known);
  return known;
}

/** The runbook, or two lines: what is wrong, and what to do. */
async function open(name: string, lookup: Lookup): Promise<LoadedRunbook | string> {
  const found = await findRunbook(name, lookup);
  if (isFault(found)) return `${found.message}\n${found.hint ?? ""}`;
  const { loaded, faults } = await openRunbook(found.path, lookup.cwd);
  if (loaded !== undefined) return loaded;
  const [first] = faults;
  const more = faults.length > 1 ? `, and ${faults.length - 1} more` : "";
  return `the runbook ${found.path} cannot be used: ${first?.message ?? ""}${more}\n\`runbook lint ${found.path}\` tells all of it`;
}

function inputFaults(yaml: Yaml, path: Path, inputs: Schedule["inputs"], runbooks: readonly LoadedRunbook[]): Fault[] {
  const known = Map.groupBy(
    runbooks.flatMap(({ runbook }) => Object.entries(runbook.inputs)),
    ([name]) => name,
  );
  const told = Object.entries(inputs).flatMap(([name, value]) => {
    const at = [...path, "inputs", name];
    const own = (known.get(name) ?? []).map(([, input]) => input);
    if (own.length === 0) return [yaml.fault(at, ...unknownInput(name, runbooks, [...known.keys()]), "key")];
    if (typeof value === "object") return [];
    if (own.some(({ secret }) => secret)) {
      const hint = `write where it comes from: \`${name}: { env: VARIABLE }\`, \`{ file: PATH }\` or \`{ command: [PROGRAM] }\``;
      return [yaml.fault(at, `\`${name}\` is a secret, and must not stand in this file`, hint, "key")];
    }
    return own.flatMap((input) => {
      const read = readInput(input, value);
      return read.ok ? [] : [yaml.fault(at, `\`${name}\`: expected ${read.expected}`)];
    });
  });
  // A secret may stand on the line of any of them.
  for (const fault of told) delete fault.excerpt;
  return told;
}

function unknownInput(
  name: string,
  runbooks: readonly LoadedRunbook[],
  known: readonly string[],
): [message: string, hint: string] {
  const hint = didYouMean(name, known) ?? (known.length === 0 ? "there are none" : `there are ${known.join(", ")}`);
  const who = runbooks.length === 1 ? `${runbooks[0]?.runbook.name ?? ""} has` : "none of these runbooks has";
  return [`${who} no input \`${name}\``, hint];
}
