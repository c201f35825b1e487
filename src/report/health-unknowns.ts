import { hintOf, stepVerdict } from "../engine/outcome.ts";
import type { HostState } from "../engine/state.ts";
import { nameless } from "../view/hosts.ts";
import type { HealthUnknown } from "./health.ts";
import { judgedOf, type Checked } from "./health-run.ts";

/** What could not be told, the most hosts first; hosts with one reason together. A host that no run reached is told once. */
export function unknownsOf(runs: readonly Checked[]): HealthUnknown[] {
  const dark = new Set(
    [...new Set(runs.flatMap(({ state }) => [...state.hosts.keys()]))].filter((name) => isDark(runs, name)),
  );
  const groups = new Map<string, HealthUnknown>();
  const all = runs.flatMap((run) =>
    [...run.state.hosts.values()].flatMap((host) => ofHost(run, host, dark.has(host.host))),
  );
  for (const one of all) {
    const [host = ""] = one.hosts;
    const key = JSON.stringify([one.runbook, one.step, nameless(one.reason, host)]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, one);
    else if (!group.hosts.includes(host)) groups.set(key, { ...group, hosts: [...group.hosts, host] });
  }
  return [...groups.values()].toSorted((a, b) => b.hosts.length - a.hosts.length);
}

/** Not reached in any run that concerns it. */
function isDark(runs: readonly Checked[], name: string): boolean {
  return runs.every(({ state }) => {
    const host = state.hosts.get(name);
    return host === undefined || host.unreachable !== null;
  });
}

function ofHost({ state, privacy }: Checked, host: HostState, dark: boolean): HealthUnknown[] {
  const unknown = host.steps.filter((step) => judgedOf(host, step)?.findings === "unknown");
  const whole = host.unreachable !== null || host.undetermined !== null;
  const told = unknown.map((step) => ({
    runbook: dark ? null : state.plan.runbook.name,
    step: whole && step.end === null ? null : step.plan.id,
    reason: privacy(host.host).text(stepVerdict(host, step).reason),
    hint: hintOf(host, step),
    hosts: [host.host],
  }));
  // What concerns the whole host is one thing, however many steps it leaves unknown.
  return told.filter(({ step }, at) => step !== null || told.findIndex((one) => one.step === null) === at);
}
