import { DEFAULT_EXPIRES, type ApproveLevel } from "../model/approval.ts";
import type { RunPlan, StepPlan } from "../model/plan.ts";
import type { Fault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import type { LoadedRunbook, Step } from "../model/runbook.ts";
import type { Fix, FixKind } from "../model/fix.ts";
import { Secret } from "../model/secret.ts";
import { columnsOf, keyOf } from "./judge.ts";
import { misfits } from "./misfits.ts";
import { runsNeeded } from "./question.ts";
import { contentDigest } from "./runbook-digest.ts";
import { valuesFor, type Given, type InputValues } from "./values.ts";

/** What a user said on the command line (or a schedule says) about a run. Inputs and steps that the runbook does not have are refused before. */
export type RunOptions = Given & {
  readonly inventory: string;
  readonly dryRun: boolean;
  readonly approve: ApproveLevel;
  readonly attended: boolean;
  readonly parallel: number;
  readonly by: string;
  /** Step ids to fix; empty: all. */
  readonly only: readonly string[];
  /** What the plan takes over as it is. */
  readonly more?: Partial<
    Pick<
      RunPlan,
      "machine" | "writer" | "policies" | "past" | "waivers" | "waitLock" | "settings" | "check" | "schedule"
    >
  >;
};

const DEFAULT_FRESH = 60;
/** Evidence is older than nothing by the time it is on record: a fix would wait for ever for a look that is new enough. */
const LEAST_FRESH = 1;
/** Nobody can use what has expired before the fix can begin. */
const LEAST_EXPIRES = 1;

/** The frame of a run, and the values its scripts get; or every mistake in the inputs at once. */
export function makePlan(
  loaded: LoadedRunbook,
  hosts: readonly Host[],
  options: RunOptions,
): { readonly plan: RunPlan; readonly values: InputValues } | { readonly faults: readonly Fault[] } {
  const { runbook } = loaded;
  const { more = {} } = options;
  const misplaced = misfits(runbook, hosts);
  const given = valuesFor(runbook, hosts, options);
  if ("faults" in given) return { faults: [...misplaced, ...given.faults] };
  if (misplaced.length > 0) return { faults: misplaced };
  const { values } = given;
  const first = hosts[0] === undefined ? new Map<string, string | Secret>() : (values.get(hosts[0].name) ?? new Map());
  const inputs = shown(first);
  return {
    values,
    plan: {
      runbook: { name: runbook.name, title: runbook.title, path: loaded.path, digest: loaded.digest },
      inventory: options.inventory,
      hosts: hosts.map((host) => host.name),
      inputs,
      hostInputs: differing(values, inputs),
      dryRun: options.dryRun,
      approve: options.approve,
      attended: options.attended,
      parallel: options.parallel,
      by: options.by,
      applies: runbook.applies !== undefined,
      facts: Object.keys(runbook.facts),
      rollout: {
        batches: runbook.rollout.batches,
        maxFailures: runbook.rollout.max_failures,
        maxUnknown: runbook.rollout.max_unknown,
        maxAffected: runbook.rollout.max_affected ?? null,
        soak: runbook.rollout.soak ?? 0,
        groups: runbook.rollout.groups ?? {},
      },
      steps: runbook.steps.map((step) => stepPlan(loaded, step, options.only)),
      ...present("writer", more.writer),
      ...present("machine", more.machine),
      groups: groupsOf(hosts),
      policies: more.policies ?? [],
      past: more.past ?? [],
      waivers: more.waivers ?? [],
      // Null says something.
      waitLock: more.waitLock === undefined ? 0 : more.waitLock,
      source: {
        text: loaded.text,
        functions: loaded.functions,
        files: [...loaded.files.keys()],
        contents: [...loaded.files.values()].map(contentDigest),
      },
      ...present("settings", more.settings),
      ...present("check", more.check),
      ...present("schedule", more.schedule),
    },
  };
}

/** A key that is not there without a value. What is told of a plan keeps the order of its keys, live and from the record. */
function present<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  const found: { [P in K]?: V } = {};
  if (value !== undefined) found[key] = value;
  return found;
}

/** Which of the run's hosts are in each group; everyone is in `all`. */
function groupsOf(hosts: readonly Host[]): Record<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { name, groups: own } of hosts) {
    for (const group of own) {
      if (group === "all") continue;
      const members = groups.get(group);
      if (members === undefined) groups.set(group, [name]);
      else members.push(name);
    }
  }
  return Object.fromEntries(groups);
}

/** One step as the engine and the policies see it; `only` are the steps that `--step` chose. */
export function stepPlan(loaded: LoadedRunbook, step: Step, only: readonly string[]): StepPlan {
  const { runbook } = loaded;
  const { fix } = step;
  const key = new Set(keyOf(step.detect));
  return {
    id: step.id,
    title: step.title ?? step.id,
    severity: step.severity,
    independent: step.independent,
    applies: step.applies !== undefined,
    columns: columnsOf(step.detect).map(([name, column]) => ({ name, ...column, key: key.has(name) })),
    confirm: {
      times: step.detect.confirm?.times ?? 1,
      every: step.detect.confirm?.every ?? 10,
      ...present("runs", runsNeeded(loaded, step)),
    },
    fresh: Math.max(LEAST_FRESH, step.fresh ?? runbook.fresh ?? DEFAULT_FRESH),
    expires: Math.max(LEAST_EXPIRES, step.expires ?? runbook.expires ?? DEFAULT_EXPIRES),
    on: step.on,
    fix:
      fix === undefined
        ? null
        : {
            kind: kindOf(fix),
            risk: fix.risk,
            summary: fix.summary ?? fix.manual?.split("\n")[0] ?? BY_DEFAULT[kindOf(fix)](step.id),
            per: fix.per,
            preview: fix.preview !== undefined,
            guard: fix.guard !== undefined,
            verify: step.verify !== false,
            rollback: step.rollback !== undefined,
            selected: only.length === 0 || only.includes(step.id),
            oncePer: fix.once_per ?? null,
            keeps: namesKeep(loaded, step),
            ...present("unlessReconnect", step.rollback?.unless_reconnect),
            ...present("approvals", fix.approvals),
          },
  };
}

function kindOf({ manual, reboot }: Fix): FixKind {
  if (manual !== undefined) return "manual";
  return reboot === undefined ? "run" : "reboot";
}

const BY_DEFAULT: Readonly<Record<FixKind, (step: string) => string>> = {
  run: (step) => `run the fix of ${step}`,
  reboot: () => "reboot the host",
  manual: (step) => `do what ${step} says`,
};

/** Whether anything that runs once a fix has begun names the directory for what is saved. */
export function namesKeep({ functions }: Pick<LoadedRunbook, "functions">, { fix, verify, rollback }: Step): boolean {
  const scripts = [functions, fix?.run, verify === false ? undefined : verify?.run, rollback?.run];
  return scripts.some((script) => /\$\{?keep\b/.test(script ?? ""));
}

function shown(values: ReadonlyMap<string, string | Secret>): Record<string, string> {
  return Object.fromEntries([...values].map(([name, value]) => [name, value.toString()]));
}

function differing(
  values: InputValues,
  common: Readonly<Record<string, string>>,
): Record<string, Record<string, string>> {
  const result: Record<string, Record<string, string>> = {};
  for (const [host, own] of values) {
    const other = Object.entries(shown(own)).filter(([name, value]) => common[name] !== value);
    if (other.length > 0) result[host] = Object.fromEntries(other);
  }
  return result;
}
