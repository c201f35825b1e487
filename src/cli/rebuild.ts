import { stepPlan, valuesFor, type InputValues } from "../engine/plan.ts";
import { openRunbook } from "../load/runbook.ts";
import type { RunPlan, RunSettings, StepPlan } from "../model/event.ts";
import type { Fault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import type { LoadedRunbook, Runbook } from "../model/runbook.ts";
import type { Secret } from "../model/secret.ts";
import { foldHosts } from "../view/hosts.ts";
import { readInputs } from "./inputs.ts";
import type { Io } from "./io.ts";
import { askForSecrets } from "./secrets.ts";
import { inventoryDigest } from "./settings.ts";
import { openInventory, type Targets } from "./targets.ts";

/** The runbook of a run, read again; or what has changed in it since. */
export async function unchangedRunbook(run: string, plan: RunPlan): Promise<LoadedRunbook | readonly Fault[]> {
  const { path, digest, name } = plan.runbook;
  const { loaded, faults } = await openRunbook(path, process.cwd());
  if (loaded === undefined) return faults;
  if (loaded.digest === digest)
    return plan.steps.every((step) => isOf(step, loaded)) ? loaded : [recordFault(run, path)];
  const { source } = plan;
  const parts = [
    ...(source?.text === loaded.text ? [] : ["its text"]),
    ...(source?.functions === loaded.functions ? [] : ["its functions"]),
  ];
  const what = source === undefined || parts.length === 0 ? "a file that it sends" : parts.join(" and ");
  const message = `the runbook has changed since run ${run} began: ${what}`;
  const hint = putBack(name);
  return [{ kind: "usage", where: path, message, hint }];
}

/** Whether what policies go by is on record as the runbook says it. */
function isOf({ id, on, fix }: StepPlan, loaded: LoadedRunbook): boolean {
  const step = loaded.runbook.steps.find((each) => each.id === id);
  if (step === undefined) return false;
  const own = stepPlan(loaded, step, []);
  return own.on === on && own.fix?.risk === fix?.risk && own.fix?.kind === fix?.kind;
}

function recordFault(run: string, path: string): Fault {
  const message = `the record of run ${run} was altered: it says other things of the steps than the runbook`;
  return { kind: "journal", where: path, message, hint: "begin anew, and find out who may write the record" };
}

/** On a terminal another run takes over what this one has asked for; without one it would say that it is asked already. */
function putBack(name: string): string {
  return `put it back as it was, or begin anew on a terminal: \`runbook run ${name}\``;
}

/** The hosts of a run, in its order, from the inventory read again; or what has changed there since. */
export async function unchangedHosts(
  run: string,
  plan: RunPlan,
  settings: RunSettings,
  runbook: Runbook,
  io: Io,
): Promise<Pick<Targets, "hosts" | "inventory"> | { readonly faults: readonly Fault[] }> {
  const { env } = process;
  const loaded = await openInventory(
    { inventory: settings.inventories, vaultPasswordFile: settings.vaultPasswordFiles },
    env,
    io,
  );
  if (!("inventory" in loaded)) return { faults: loaded };
  const hosts = plan.hosts.flatMap((name) => loaded.inventory.hosts.get(name) ?? []);
  const missing = plan.hosts.filter((name) => !loaded.inventory.hosts.has(name));
  const changed = missing.length > 0 || inventoryDigest(hosts, runbook, env) !== settings.inventoryDigest;
  if (!changed) return { hosts, inventory: loaded.inventory };
  const what =
    missing.length > 0
      ? `${foldHosts(missing, 3)} ${missing.length === 1 ? "is" : "are"} not in it any more`
      : "what it says of the run's hosts";
  const message = `the inventory has changed since run ${run} began: ${what}`;
  const hint = putBack(plan.runbook.name);
  return { faults: [{ kind: "usage", where: loaded.label, message, hint }] };
}

/** Every input's value as the run began with it; secrets, which are on no record, from where they came, or asked for. */
export async function valuesAgain(
  plan: RunPlan,
  settings: RunSettings,
  runbook: Runbook,
  hosts: readonly Host[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly values: InputValues } | { readonly faults: readonly Fault[] }> {
  const secret = Object.entries(runbook.inputs).filter(([, input]) => input.secret);
  const hidden: Runbook = { ...runbook, inputs: Object.fromEntries(secret) };
  const pairs = Object.entries(settings.secretInputs).map(([name, source]) => `${name}=${source}`);
  const given = await readInputs(pairs, hidden, env);
  if (given.faults.length > 0) return given;
  const secrets = valuesFor(hidden, hosts, { ...given, asked: await askForSecrets(hidden, hosts, given.inputs) });
  if ("faults" in secrets) return { faults: secrets.faults.map((fault) => ({ ...fault, hint: ON_TERMINAL })) };
  const values = hosts.map(({ name }): [string, ReadonlyMap<string, string | Secret>] => {
    const shown = Object.entries({ ...plan.inputs, ...plan.hostInputs[name] });
    return [name, new Map([...shown, ...(secrets.values.get(name) ?? [])])];
  });
  return { values: new Map(values) };
}

const ON_TERMINAL = "resume it on a terminal, where it is asked for";
