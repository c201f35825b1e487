import { misfits } from "../engine/misfits.ts";
import { missingInputs } from "../engine/values.ts";
import type { LoadedInventory } from "../load/inventory.ts";
import type { LeftOut } from "../model/check.ts";
import { isFault, type Fault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import type { LoadedRunbook, Runbook } from "../model/runbook.ts";
import type { Secret } from "../model/secret.ts";
import { readInputs, type GivenInput } from "./inputs.ts";
import { selectNames, type TargetOptions } from "./targets.ts";

/** A runbook that is checked with, on its hosts. `pairs`: what of `--input` is for it. */
export type Chosen = {
  readonly loaded: LoadedRunbook;
  readonly hosts: readonly Host[];
  readonly pairs: readonly GivenInput[];
  readonly inputs: ReadonlyMap<string, string | Secret>;
};

/** What becomes of one runbook: it is checked with, left out, or refuses the whole check. */
export type Choice = Chosen | { readonly left: LeftOut } | { readonly faults: readonly Fault[] };

/** Chooses the hosts and inputs of a runbook. One that was named is never left out for want of an input. */
export async function choose(
  loaded: LoadedRunbook,
  pairs: readonly GivenInput[],
  named: boolean,
  at: { readonly inventory: LoadedInventory; readonly options: TargetOptions; readonly env: NodeJS.ProcessEnv },
): Promise<Choice> {
  const { runbook } = loaded;
  const names = selectNames(at.inventory, at.options, runbook.hosts);
  if (isFault(names) && names.kind !== "nothing-selected") return { faults: [{ ...names, where: runbook.name }] };
  const hosts = isFault(names) ? [] : names.flatMap((name) => at.inventory.inventory.hosts.get(name) ?? []);
  const fitting = hosts.filter((host) => misfits(runbook, [host]).length === 0);
  if (fitting.length === 0) {
    const reason = isFault(names) ? names.message : "its scripts are for another system than the hosts run";
    return { left: leftOut(loaded, [], { lacks: null, reason, hint: null }) };
  }
  const { inputs, faults } = await readInputs(pairs, runbook, at.env);
  if (faults.length > 0) return { faults };
  const missing = missingInputs(runbook, fitting, inputs).map(([name]) => name);
  if (missing.length === 0) return { loaded, hosts: fitting, pairs, inputs };
  const hint = inputHint(runbook, missing, named);
  const reason = `needs ${missing.map((name) => `--input ${name}`).join(" and ")}`;
  if (named) return { faults: [{ kind: "usage", where: runbook.name, message: reason, hint }] };
  return { left: leftOut(loaded, fitting, { lacks: "input", reason, hint }) };
}

/** A runbook that is left out, as the record tells it. */
export function leftOut(
  { runbook, path }: LoadedRunbook,
  hosts: readonly Host[],
  why: Pick<LeftOut, "lacks" | "reason" | "hint">,
): LeftOut {
  return {
    runbook: runbook.name,
    title: runbook.title,
    path,
    hosts: hosts.map((host) => host.name),
    steps: runbook.steps.map(({ id, title, severity }) => ({ step: id, title: title ?? id, severity })),
    ...why,
  };
}

function inputHint({ name: runbook, inputs }: Runbook, missing: readonly string[], named: boolean): string {
  const [name = ""] = missing;
  const value = inputs[name]?.secret === true ? "@file" : "…";
  return `--input ${named ? "" : `${runbook}.`}${name}=${value}`;
}
