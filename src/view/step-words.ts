import type { Step } from "../model/runbook.ts";
import { kernelOf, VERIFY_DEFAULTS, type Fix } from "../model/fix.ts";
import type { RunPlan } from "../model/plan.ts";
import { clean } from "./clean.ts";
import { counted, duration } from "./words.ts";

/** As whom scripts run; empty where the runbook leaves it to the inventory and the command line. */
export function becomeWords(become: boolean | string | undefined): string {
  if (become === undefined) return "";
  if (become === false) return "as the login user";
  return `as ${become === true ? "root" : clean(become)}`;
}

/** How long a fix may take, and what happens to it then. */
export function timeoutWords(fix: Pick<Fix, "timeout" | "on_timeout">, rollback: Step["rollback"]): string {
  const left =
    rollback?.unless_reconnect === undefined ? "it is left running and the step is in doubt" : "its host may undo it";
  return `at most ${duration(fix.timeout)}, then ${fix.on_timeout === "kill" ? "it is ended" : left}`;
}

/** When a rollback runs, and who runs it. */
export function rollbackWords({ unless_reconnect: within }: NonNullable<Step["rollback"]>): string {
  const usual = "when the fix or its verification fails";
  if (within === undefined) return usual;
  return `${usual}; and undone by the host itself unless we can log in again within ${duration(within)}`;
}

/** What a reboot must bring; the kernel's variable stands among the values. */
export function rebootWords(fix: Fix): string {
  const kernel = kernelOf(fix);
  const back = `it must be back within ${duration(fix.timeout)} as the same machine with another boot id`;
  return `the host is rebooted; ${back}${kernel === null ? "" : `, running the kernel $${clean(kernel)}`}`;
}

/** What proves a fix; null where the runbook wants no proof. */
export function proofWords(verify: Step["verify"]): string | null {
  if (verify === false) return null;
  const { within, stable_for: stable } = verify ?? VERIFY_DEFAULTS;
  const again = stable === undefined ? "" : `, and once more ${duration(stable)} later`;
  return `what was fixed must be gone within ${duration(within)}${again}`;
}

/** How fixes spread over the fleet. */
export function rolloutWords(rollout: Omit<RunPlan["rollout"], "maxUnknown">): string {
  const { batches, maxFailures, maxAffected, soak, groups } = rollout;
  const caps = Object.entries(groups).map(([group, most]) => `at most ${most} of ${clean(group)} at once`);
  const rules = [
    `batches of ${batches.join(", ")} of the hosts that need a fix`,
    ...(soak > 0 ? [`${duration(soak)} between them`] : []),
    ...caps,
    `no new fix after ${counted(maxFailures, "failed host")}`,
    ...(maxAffected === null ? [] : [`none at all if more than ${maxAffected} need one`]),
  ];
  return rules.join("; ");
}
