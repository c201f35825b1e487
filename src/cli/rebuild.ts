import { isDeepStrictEqual } from "node:util";
import { stepPlan } from "../engine/plan.ts";
import { valuesFor, type InputValues } from "../engine/values.ts";
import { openRunbook } from "../load/runbook.ts";
import { contentDigest } from "../engine/runbook-digest.ts";
import type { RunState } from "../engine/state.ts";
import { stepsThatDiffer } from "../language/runbook/differ.ts";
import { storedRunbook } from "../language/runbook/stored.ts";
import type { RunPlan, StepPlan } from "../model/plan.ts";
import type { HostDigests, RunSettings } from "../model/settings.ts";
import type { Fault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import type { LoadedRunbook, Runbook } from "../model/runbook.ts";
import type { Secret } from "../model/secret.ts";
import { foldHosts } from "../view/hosts.ts";
import { readInputs, recordedInputs } from "./inputs.ts";
import type { Io } from "./io.ts";
import { askForSecrets } from "./secrets.ts";
import { saidOf } from "./settings.ts";
import { openInventory, type Targets } from "./targets.ts";

/** What is another thing than it was when the run began, in words, and where. */
export type Change = { readonly where: string; readonly thing: "runbook" | "inventory"; readonly what: string };

/** The runbook of a run, read again, and what has changed in it since; null for nothing. */
export async function runbookAgain(
  run: string,
  plan: RunPlan,
): Promise<{ readonly loaded: LoadedRunbook; readonly change: Change | null } | readonly Fault[]> {
  const { path, digest } = plan.runbook;
  const { loaded, faults } = await openRunbook(path, process.cwd());
  if (loaded === undefined) return faults;
  if (loaded.digest !== digest) {
    return { loaded, change: { where: path, thing: "runbook", what: runbookParts(plan, loaded) } };
  }
  return plan.steps.every((step) => isOf(step, loaded)) ? { loaded, change: null } : [recordFault(run, path)];
}

/** `its text (step sweep) and its functions`. */
function runbookParts(plan: RunPlan, loaded: LoadedRunbook): string {
  const { source } = plan;
  if (source === undefined) return "a file that it sends";
  const files = [...loaded.files].filter(([name, bytes]) => {
    const at = source.files.indexOf(name);
    return at < 0 || (source.contents !== undefined && source.contents[at] !== contentDigest(bytes));
  });
  const parts = [
    ...(source.text === loaded.text ? [] : [`its text${stepWords(plan, loaded)}`]),
    ...(source.functions === loaded.functions ? [] : ["its functions"]),
    ...files.map(([name]) => `the file ${name} that it sends`),
  ];
  return parts.length === 0 ? "a file that it sends" : parts.join(" and ");
}

function stepWords(plan: RunPlan, loaded: LoadedRunbook): string {
  const stored = storedRunbook(plan);
  if (stored === null) return "";
  const own = stepsThatDiffer(stored.runbook, loaded.runbook);
  return own.length === 0 ? "" : ` (${own.length === 1 ? "step" : "steps"} ${own.join(", ")})`;
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

/** Refuses what has changed. On a terminal another run takes over what this one has asked for; without one it would say that it is asked already. */
export function changeFault(run: string, { runbook }: RunPlan, { where, thing, what }: Change): Fault {
  const message = `the ${thing} has changed since run ${run} began: ${what}`;
  const hint = `\`runbook resume ${run} --accept-changes\` goes on with it as it is now; else put it back as it was, or begin anew on a terminal: \`runbook run ${runbook.name}\``;
  return { kind: "usage", where, message, hint };
}

/** The hosts of a run as the inventory has them now, in the run's order. */
export type HostsAgain = Pick<Targets, "hosts" | "inventory"> & {
  readonly change: Change | null;
  /** Hosts of the run that are not in it, and those of which it says other things than before. */
  readonly gone: readonly string[];
  readonly moved: readonly string[];
};

/** The hosts of a run from the inventory read again, and what has changed there since. */
export async function hostsAgain(
  state: RunState,
  settings: RunSettings,
  runbook: Runbook,
  io: Io,
): Promise<HostsAgain | { readonly faults: readonly Fault[] }> {
  const { env } = process;
  const { plan } = state;
  const loaded = await openInventory(
    { inventory: settings.inventories, vaultPasswordFile: settings.vaultPasswordFiles },
    env,
    io,
  );
  if (!("inventory" in loaded)) return { faults: loaded };
  const { inventory, label: where } = loaded;
  const hosts = plan.hosts.flatMap((name) => inventory.hosts.get(name) ?? []);
  const gone = plan.hosts.filter((name) => !inventory.hosts.has(name));
  const before = plan.hosts.filter((name) => state.hosts.get(name)?.gone === true);
  // As the runbook was: what is secret in it is in no digest.
  const now = saidOf(hosts, storedRunbook(plan)?.runbook ?? runbook, env);
  if (gone.join() === before.join() && now.inventoryDigest === settings.inventoryDigest) {
    return { hosts, inventory, change: null, gone, moved: [] };
  }
  const was = settings.hostDigests;
  const names = hosts.map(({ name }) => name);
  const moved = names.filter((name) => was === undefined || !isDeepStrictEqual(was[name], now.hostDigests[name]));
  const left = gone.filter((name) => !before.includes(name));
  const back = before.filter((name) => !gone.includes(name));
  const parts = [
    ...(left.length === 0 ? [] : [`${foldHosts(left, 3)} ${left.length === 1 ? "is" : "are"} not in it any more`]),
    ...(back.length === 0 ? [] : [`${foldHosts(back, 3)} ${back.length === 1 ? "is" : "are"} in it again`]),
    ...(was === undefined ? [] : movedWords(moved, back, was, now.hostDigests)),
  ];
  const what = parts.length === 0 ? "what it says of the run's hosts" : parts.join(", ");
  return { hosts, inventory, change: { where, thing: "inventory", what }, gone, moved };
}

const PARTS: readonly (readonly [keyof HostDigests, string])[] = [
  ["login", "where it is or how to log in"],
  ["user", "its users"],
  ["inputs", "its inputs"],
  ["groups", "its groups"],
];

/** `where it is or how to log in of web1`, part by part. */
function movedWords(
  moved: readonly string[],
  back: readonly string[],
  was: Readonly<Record<string, HostDigests>>,
  now: Readonly<Record<string, HostDigests>>,
): string[] {
  return PARTS.flatMap(([part, words]) => {
    const own = moved.filter((name) => !back.includes(name) && was[name]?.[part] !== now[name]?.[part]);
    return own.length === 0 ? [] : [`${words} (${foldHosts(own, 3)})`];
  });
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
  const given = await readInputs(recordedInputs(settings.secretInputs), hidden, env);
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
