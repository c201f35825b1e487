import { makePlan } from "../engine/plan.ts";
import type { InputValues } from "../engine/values.ts";
import type { SqliteRecord } from "../journal/sqlite.ts";
import type { Lookup } from "../load/library.ts";
import type { LoadedInventory } from "../load/inventory.ts";
import type { LeftOut } from "../model/check.ts";
import { isFault, type Fault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import type { RunPlan } from "../model/plan.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { newRunId } from "../run/id.ts";
import { choose, leftOut, type Chosen } from "./check-choose.ts";
import { pairsFor } from "./check-inputs.ts";
import { readRunbooks } from "./check-runbooks.ts";
import type { CheckOrder } from "./check.ts";
import { tell, type Io } from "./io.ts";
import { withSightings } from "./past.ts";
import { controllerFaults, policiesFor } from "./policies.ts";
import { settingsOf } from "./settings.ts";
import { openInventory, selectNames, withPatternFiles } from "./targets.ts";
import { userName } from "./user.ts";
import { writtenWaivers, type WaiversFor } from "./waivers.ts";
import { whereabouts } from "./whereabouts.ts";

/** One run of a check, ready to begin. */
export type Part = {
  readonly run: string;
  readonly plan: RunPlan;
  readonly values: InputValues;
  readonly loaded: LoadedRunbook;
};

/** A check that is ready to begin, and all of its hosts. */
export type PreparedCheck = { readonly parts: readonly Part[]; readonly hosts: readonly Host[] };

type At = {
  readonly lookup: Lookup;
  readonly env: NodeJS.ProcessEnv;
  readonly record: SqliteRecord;
  readonly check: string;
};

type Opened = LoadedInventory & { readonly label: string; readonly sources: readonly string[] };

/** Chooses runbooks, hosts and inputs; tells what is left out. */
export async function prepareCheck(
  names: readonly string[],
  given: CheckOrder,
  at: At,
  io: Io,
): Promise<PreparedCheck | readonly Fault[]> {
  const options = await withPatternFiles(given);
  if (isFault(options)) return [options];
  const read = await readRunbooks(names, at.lookup);
  if (!("loaded" in read)) return read;
  const waivers = await writtenWaivers({ option: options.waivers, env: at.env, cwd: at.lookup.cwd }, io);
  if ("faults" in waivers) return waivers.faults;
  const pairs = pairsFor(options.input, read.loaded);
  const inventory = await openInventory(options, at.env, io);
  if (!("inventory" in inventory)) return inventory;
  // A limit that limits to nothing is a slip of the pen, whatever the runbooks say.
  const wanted = selectNames(inventory, options, "all");
  if (isFault(wanted)) return [...pairs.faults, wanted];
  const choices = await Promise.all(
    read.loaded.map((loaded) =>
      choose(loaded, pairs.of.get(loaded.runbook.name) ?? [], names.length > 0, { inventory, options, env: at.env }),
    ),
  );
  const faults = [...pairs.faults, ...choices.flatMap((one) => ("faults" in one ? one.faults : []))];
  if (faults.length > 0) return faults;
  for (const { faults: mistakes } of read.unsound) tell(mistakes, io);
  const known = [
    ...read.loaded.map(({ runbook }) => runbook.name),
    ...read.unsound.map(({ left: { runbook } }) => runbook),
  ];
  if (names.length === 0) waivers.among(known);
  const left = choices.flatMap((one) => ("left" in one ? [one.left] : []));
  const unsound = read.unsound.map((one) => ({ ...one.left, hosts: wanted }));
  const chosen = choices.flatMap((one) => ("loaded" in one ? [one] : []));
  return planned(chosen, [...left, ...unsound], { ...at, waivers, options, inventory, named: names.length > 0 }, io);
}

type Ground = At & {
  readonly waivers: { readonly of: WaiversFor };
  readonly options: CheckOrder;
  readonly inventory: Opened;
  readonly named: boolean;
};

async function planned(
  chosen: readonly Chosen[],
  already: readonly LeftOut[],
  ground: Ground,
  io: Io,
): Promise<PreparedCheck | readonly Fault[]> {
  const made = await Promise.all(chosen.map((one) => planOf(one, ground, io)));
  const faults = made.flatMap((one) => ("faults" in one ? one.faults : []));
  if (faults.length > 0) return faults;
  const left = [...made.flatMap((one) => ("left" in one ? [one.left] : [])), ...already];
  const parts = made.flatMap((one) => ("plan" in one ? [one] : []));
  if (parts.length === 0) return [nothingToCheck(left)];
  const concerned = new Set([...parts.flatMap(({ plan }) => plan.hosts), ...left.flatMap(({ hosts }) => hosts)]);
  const names = [...ground.inventory.inventory.hosts.keys()].filter((name) => concerned.has(name));
  const { check } = ground;
  const ready = parts.map((part, place): Part => {
    const earlier = part.plan.check?.earlier ?? [];
    const first = place === 0 ? { hosts: names, left } : { hosts: [], left: [] };
    return { ...part, plan: { ...part.plan, check: { check, place, parts: parts.length, earlier, ...first } } };
  });
  const looked = new Set(parts.flatMap(({ plan }) => plan.hosts));
  return {
    parts: ready,
    hosts: names.flatMap((name) => (looked.has(name) ? (ground.inventory.inventory.hosts.get(name) ?? []) : [])),
  };
}

function nothingToCheck(left: readonly LeftOut[]): Fault {
  const why = left.map(({ runbook, reason }) => `${runbook} (${reason ?? "it concerns none of the hosts"})`).join("; ");
  return { kind: "nothing-selected", message: `nothing is left to check with: ${why}` };
}

/** The run of one runbook; what keeps it from running refuses the check where the runbook, or the value, was named. */
async function planOf(
  { loaded, hosts, pairs, inputs }: Chosen,
  { options, inventory, waivers, named, record, env, check, lookup }: Ground,
  io: Io,
): Promise<Part | { readonly left: LeftOut } | { readonly faults: readonly Fault[] }> {
  const { runbook } = loaded;
  const names = hosts.map((host) => host.name);
  const refuse = (faults: readonly Fault[], lacks: "input" | "leave") => {
    const [first] = faults;
    if (named || pairs.length > 0 || first === undefined) return { faults };
    return { left: leftOut(loaded, hosts, { lacks, reason: first.message, hint: first.hint ?? null }) };
  };
  const local = runbook.steps.some(({ on }) => on === "controller");
  const subject = { hosts, inventory: inventory.inventory };
  const permits = local
    ? await policiesFor(loaded, subject, { option: options.policy, env, cwd: lookup.cwd }, io)
    : { policies: [] };
  if ("faults" in permits) return permits;
  const { complain } = inventory;
  const targets = { ...subject, source: inventory.label, sources: inventory.sources, complain };
  const settings = { ...options, input: pairs, jobs: true, tui: false };
  const prepared = makePlan(loaded, hosts, {
    inventory: inventory.label,
    inputs,
    complain,
    dryRun: true,
    approve: "none",
    attended: false,
    parallel: options.parallel,
    by: userName(env),
    only: [],
    more: {
      ...whereabouts(),
      ...permits,
      waivers: [...(await record.waivers(runbook.name, names, Date.now())), ...(await waivers.of(runbook, subject))],
      settings: settingsOf(settings, targets, runbook),
      ...(options.scheduled === undefined ? {} : { schedule: options.scheduled(hosts.length) }),
      check: {
        check,
        place: 0,
        parts: 1,
        earlier: [...(await record.earlier(runbook.name, names))],
        hosts: [],
        left: [],
      },
    },
  });
  if ("faults" in prepared) return refuse(prepared.faults, "input");
  const here = controllerFaults(prepared.plan, options.allowController === true, Date.now());
  if (here.length > 0) return refuse(here, "leave");
  const plan = await withSightings(record, prepared.plan);
  return { ...prepared, plan, loaded, run: newRunId(Date.now()) };
}
