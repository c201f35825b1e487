import type { RunPlan, StepPlan } from "../model/plan.ts";
import { ruleOf, ruleWords } from "./permission.ts";

/** What policies say of running a step's scripts on this machine. `silent`: the command line decides. */
export type ControllerRuling =
  | { readonly kind: "allowed" | "silent" }
  | { readonly kind: "denied"; readonly words: string };

/**
 * Judges a controller step by the rules that are written for such (`on: controller`) and match at `now`, in ms since the epoch. One that
 * denies it on any host denies it: its looks would run here as well. It is allowed where for every host one policy lets it run.
 */
export function controllerRuling(
  plan: Pick<RunPlan, "policies" | "approve" | "hosts">,
  step: StepPlan,
  now: number,
): ControllerRuling {
  const held = plan.hosts.map((host) =>
    plan.policies.flatMap((policy) => {
      const rule = ruleOf(policy, { plan, host, step, now });
      return rule?.on === "controller" ? [rule] : [];
    }),
  );
  const denying = held.flat().find((rule) => rule.approve === "deny");
  if (denying !== undefined) {
    const reason = denying.reason === null ? "" : `: ${denying.reason}`;
    return { kind: "denied", words: `policy: ${ruleWords(denying)} denies it${reason}` };
  }
  return { kind: held.length > 0 && held.every((rules) => rules.length > 0) ? "allowed" : "silent" };
}
