import { isDeepStrictEqual } from "node:util";
import { acceptRefusal } from "../engine/accept.ts";
import { makePlan } from "../engine/plan.ts";
import type { InputValues } from "../engine/values.ts";
import type { RunState } from "../engine/state.ts";
import { contentDigest } from "../engine/runbook-digest.ts";
import { saysTheSame, stepsThatDiffer } from "../language/runbook/differ.ts";
import { storedRunbook } from "../language/runbook/stored.ts";
import type { Accepted, RunPlan } from "../model/plan.ts";
import type { Fault } from "../model/fault.ts";
import type { LoadedRunbook, Runbook } from "../model/runbook.ts";
import type { HostDigests, RunSettings } from "../model/settings.ts";
import { readInputs, recordedInputs } from "./inputs.ts";
import type { Change, HostsAgain } from "./rebuild.ts";
import { askForSecrets } from "./secrets.ts";
import { saidOf } from "./settings.ts";

/** What a run goes on with that is another thing now, since a person says so; and every input's value, as it is now. */
export async function acceptChanges(
  state: RunState,
  settings: RunSettings,
  now: { readonly loaded: LoadedRunbook; readonly again: HostsAgain; readonly changes: readonly Change[] },
  by: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly accepted: Accepted; readonly values: InputValues } | { readonly faults: readonly Fault[] }> {
  const { plan } = state;
  const { loaded, again, changes } = now;
  const { runbook } = loaded;
  const stored = storedRunbook(plan);
  if (stored === null) return { faults: [tooOld(state.run)] };
  if (again.hosts.length === 0) return { faults: [nobodyLeft(state.run)] };
  const sources = Object.entries(settings.secretInputs).filter(([name]) => runbook.inputs[name]?.secret === true);
  const secret = await readInputs(recordedInputs(Object.fromEntries(sources)), runbook, env);
  if (secret.faults.length > 0) return secret;
  const inputs = new Map([...givenTo(plan, settings, stored.runbook), ...secret.inputs]);
  const chosen = plan.steps.filter(({ fix }) => fix?.selected === true).map(({ id }) => id);
  const all = plan.steps.every(({ fix }) => fix === null || fix.selected);
  const made = makePlan(loaded, again.hosts, {
    inventory: plan.inventory,
    inputs,
    asked: await askForSecrets(runbook, again.hosts, inputs),
    dryRun: plan.dryRun,
    approve: plan.approve,
    attended: plan.attended,
    parallel: plan.parallel,
    by,
    only: all ? [] : chosen,
  });
  if ("faults" in made) return made;
  const { runbook: itself, source, steps, applies, facts, rollout, groups, inputs: shown, hostInputs } = made.plan;
  const said = saidOf(again.hosts, runbook, env);
  const kept = again.gone.map((name) => [name, inputsOf(plan, name)]);
  const accepted: Accepted = {
    changes: changes.map(({ thing, what }) => `the ${thing}: ${what}`),
    plan: {
      runbook: itself,
      source,
      steps,
      applies,
      facts,
      rollout,
      groups,
      inputs: shown,
      hostInputs: { ...hostInputs, ...Object.fromEntries(kept) },
      settings: {
        ...settings,
        ...said,
        // A host that is gone may come back.
        hostDigests: { ...settings.hostDigests, ...said.hostDigests },
        secretInputs: Object.fromEntries(sources),
      },
    },
    touched: touchedBy(stored, loaded, plan),
    moved: [...again.moved],
    bound: again.hosts.map(({ name }) => name).filter((name) => isBound(name, state, made.plan, said.hostDigests)),
    gone: [...again.gone],
  };
  const refusal = acceptRefusal(state, accepted);
  return refusal === null ? { accepted, values: made.values } : { faults: [refusal] };
}

/** The inputs that came from the command line keep the values that the run began with; the rest is read anew. An older record does not say which: then what is the same on all hosts does. */
function givenTo(plan: RunPlan, { givenInputs }: RunSettings, before: Runbook): [string, string][] {
  const differing = new Set(Object.values(plan.hostInputs).flatMap((own) => Object.keys(own)));
  const given = givenInputs ?? Object.keys(plan.inputs).filter((name) => !differing.has(name));
  return given.flatMap((name): [string, string][] => {
    const value = plan.inputs[name];
    return value === undefined || before.inputs[name]?.secret !== false ? [] : [[name, value]];
  });
}

function inputsOf({ inputs, hostInputs }: RunPlan, host: string): Record<string, string> {
  return { ...inputs, ...hostInputs[host] };
}

/** Steps that do other things than they did: all of them where what stands around them has changed. */
function touchedBy(before: LoadedRunbook, now: LoadedRunbook, { source }: RunPlan): string[] {
  const sent = source?.contents === undefined ? null : source.files.map((name, at) => [name, source.contents?.[at]]);
  const files = [...now.files].map(([name, bytes]) => [name, contentDigest(bytes)]);
  const alike =
    saysTheSame(before.runbook, now.runbook) &&
    before.functions === now.functions &&
    (before.digest === now.digest || isDeepStrictEqual(sent, files));
  return alike ? stepsThatDiffer(before.runbook, now.runbook) : now.runbook.steps.map(({ id }) => id);
}

/** Whether scripts on a host get other users or inputs than before, as far as that is on record. */
function isBound(host: string, { plan }: RunState, now: RunPlan, said: Readonly<Record<string, HostDigests>>): boolean {
  const was = plan.settings?.hostDigests?.[host];
  if (was === undefined) return true;
  return was.user !== said[host]?.user || !isDeepStrictEqual(inputsOf(plan, host), inputsOf(now, host));
}

function tooOld(run: string): Fault {
  const message = `run ${run} was made by an older runbook, which did not record enough to go on with changes`;
  return { kind: "usage", message, hint: "put things back as they were, or begin anew" };
}

function nobodyLeft(run: string): Fault {
  const message = `none of the hosts of run ${run} is in the inventory any more`;
  return { kind: "usage", message, hint: "there is nothing to go on with" };
}
