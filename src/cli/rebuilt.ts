import type { InputValues } from "../engine/values.ts";
import type { RunState } from "../engine/state.ts";
import type { Accepted } from "../model/plan.ts";
import type { Fault } from "../model/fault.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import type { RunSettings } from "../model/settings.ts";
import { acceptChanges } from "./accept.ts";
import type { Io } from "./io.ts";
import { changeFault, hostsAgain, runbookAgain, valuesAgain, type HostsAgain } from "./rebuild.ts";

/** What a run goes on with: as it was, or as it is now where somebody accepts that. */
export type Rebuilt = {
  readonly loaded: LoadedRunbook;
  readonly targets: HostsAgain;
  readonly values: InputValues;
  readonly accepted?: Accepted;
};

/** Reads runbook, hosts and values of a run again; faults where they have changed and nobody accepts it. */
export async function rebuild(
  state: RunState,
  settings: RunSettings,
  who: { readonly accepts: boolean; readonly by: string },
  io: Io,
): Promise<Rebuilt | { readonly faults: readonly Fault[] }> {
  const { run, plan } = state;
  const { env } = process;
  const own = await runbookAgain(run, plan);
  if (!("loaded" in own)) return { faults: own };
  const { loaded } = own;
  const targets = await hostsAgain(state, settings, loaded.runbook, io);
  if ("faults" in targets) return targets;
  const changes = [own.change, targets.change].filter((change) => change !== null);
  if (changes.length > 0 && !who.accepts) return { faults: changes.map((change) => changeFault(run, plan, change)) };
  if (changes.length > 0) {
    const taken = await acceptChanges(state, settings, { loaded, again: targets, changes }, who.by, env);
    return "faults" in taken ? taken : { loaded, targets, ...taken };
  }
  const given = await valuesAgain(plan, settings, loaded.runbook, targets.hosts, env);
  return "faults" in given ? given : { loaded, targets, values: given.values };
}
