import { controllerRuling } from "../engine/controller.ts";
import { planPolicies } from "../language/policy/plan.ts";
import { loadPolicies } from "../load/policy.ts";
import type { RunPlan } from "../model/plan.ts";
import type { Fault } from "../model/fault.ts";
import type { PlannedPolicy } from "../model/policy.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { tell, type Io } from "./io.ts";
import type { Targets } from "./targets.ts";

/** Every policy in force, as it concerns a run; or why the run must not start. Tells what the inventory does not have. */
export async function policiesFor(
  loaded: LoadedRunbook,
  targets: Pick<Targets, "hosts" | "inventory">,
  at: { readonly option: string | undefined; readonly env: NodeJS.ProcessEnv; readonly cwd: string },
  io: Io,
): Promise<{ readonly policies: PlannedPolicy[] } | { readonly faults: readonly Fault[] }> {
  const read = await loadPolicies(at);
  if ("faults" in read) return read;
  const hosts = targets.hosts.map((host) => host.name);
  const planned = planPolicies(read.policies, { loaded, hosts, inventory: targets.inventory });
  if ("faults" in planned) return planned;
  tell(planned.notes, io, "warning");
  return { policies: planned.policies };
}

/**
 * The policies of a run that goes on: those in force now, and of those it was under before the ones that are not found any more. Somebody
 * else who goes on with it may have another $RUNBOOK_POLICY, and must not get more than whoever began it.
 */
export function withEarlier(now: readonly PlannedPolicy[], before: readonly PlannedPolicy[]): PlannedPolicy[] {
  const sources = new Set(now.map(({ source }) => source));
  return [...now, ...before.filter(({ source }) => !sources.has(source))];
}

/** Scripts that would run on this machine must be allowed, by the command line or by the policies; a policy's no is stronger. */
export function controllerFaults(plan: RunPlan, allowed: boolean, now: number): Fault[] {
  return plan.steps.flatMap((step): Fault[] => {
    if (step.on === "host") return [];
    const ruling = controllerRuling(plan, step, now);
    const at = { kind: "usage", where: `${plan.runbook.name}, ${step.id}` } as const;
    switch (ruling.kind) {
      case "denied":
        return [{ ...at, message: `its scripts would run on this machine; ${ruling.words}` }];
      case "silent": {
        if (allowed) return [];
        const hint = "--allow-controller allows it, as does a policy's rule with `on: controller`";
        return [{ ...at, message: "its scripts would run on this machine", hint }];
      }
      case "allowed":
        return [];
    }
  });
}
