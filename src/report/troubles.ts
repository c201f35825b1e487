import { hostVerdict, stepVerdict } from "../engine/outcome.ts";
import type { HostState, RunState } from "../engine/state.ts";
import { Outcome } from "../model/finding.ts";
import { nameless } from "../view/hosts.ts";
import { counted } from "../view/words.ts";

/** Hosts that ended in the same way for the same reason. */
export type Trouble = {
  readonly outcome: Outcome;
  /** Null: the whole host, not one of its steps. */
  readonly step: string | null;
  readonly reason: string;
  /** How many other reasons were folded into this one. */
  readonly others: number;
  readonly hosts: readonly string[];
};

const WELL: ReadonlySet<Outcome> = new Set(["fixed", "clear", "skipped"]);

/** What is not well, worst first, and of equal outcomes the most hosts first. */
export function troublesOf(state: RunState): Trouble[] {
  const all = [...state.hosts.values()].flatMap(troublesOfHost).filter((trouble) => !WELL.has(trouble.outcome));
  return ranked(merged(all, (trouble) => [trouble.outcome, trouble.step, trouble.reason]));
}

/** Steps of one outcome for which `troublesOf` has no line, since another step of their host stands there. */
export type Besides = { readonly outcome: Outcome; readonly steps: number; readonly hosts: number };

/** What is not well behind what `troublesOf` tells, worst first: so every step is counted somewhere. */
export function besidesOf(state: RunState): Besides[] {
  const hidden = [...state.hosts.values()].flatMap((host) => {
    const told = new Set(troublesOfHost(host).map((trouble) => trouble.step));
    if (told.has(null)) return [];
    return verdictsOf(host).filter(({ step, outcome }) => !told.has(step) && !WELL.has(outcome));
  });
  const groups = Map.groupBy(hidden, ({ outcome }) => outcome);
  return Outcome.options.flatMap((outcome) => {
    const steps = groups.get(outcome) ?? [];
    return steps.length === 0
      ? []
      : [{ outcome, steps: steps.length, hosts: new Set(steps.map((step) => step.host)).size }];
  });
}

/** What was fixed, a step each: how much of it, and where. */
export function fixesOf(state: RunState): Trouble[] {
  return state.plan.steps.flatMap(({ id }) => {
    const fixed = [...state.hosts.values()].flatMap((host) =>
      host.steps.flatMap(({ plan, end, target }) =>
        plan.id === id && end?.outcome === "fixed" ? [{ host: host.host, findings: target.length }] : [],
      ),
    );
    if (fixed.length === 0) return [];
    const findings = fixed.reduce((sum, one) => sum + one.findings, 0);
    const reason = findings === 0 ? "" : counted(findings, "finding");
    return [{ outcome: "fixed", step: id, reason, others: 0, hosts: fixed.map(({ host }) => host) }];
  });
}

/** The same in fewer lines: one an outcome and step, with the most frequent of its reasons. */
export function fewerTroubles(troubles: readonly Trouble[]): Trouble[] {
  return ranked(merged(troubles, (trouble) => [trouble.outcome, trouble.step]));
}

/** The worst of a host, and besides a fix in doubt on it: that one may still be at work. */
function troublesOfHost(host: HostState): Trouble[] {
  const worst = hostVerdict(host);
  const whole = host.unreachable !== null || host.undetermined !== null || host.notConcerned !== null;
  const told = worst.outcome === "in-doubt" ? [worst.outcome] : [worst.outcome, "in-doubt"];
  const steps = verdictsOf(host);
  const found = told.flatMap((outcome) => steps.find((step) => step.outcome === outcome) ?? []);
  if (whole || found.length === 0) return [{ ...worst, step: null, others: 0, hosts: [host.host] }];
  return found.map(({ outcome, step, reason }) => ({ outcome, step, reason, others: 0, hosts: [host.host] }));
}

function verdictsOf(host: HostState) {
  return host.steps.map((step) => ({ host: host.host, step: step.plan.id, ...stepVerdict(host, step) }));
}

function merged(troubles: readonly Trouble[], alike: (trouble: Trouble) => readonly unknown[]): Trouble[] {
  const groups = new Map<string, Trouble>();
  for (const trouble of troubles) {
    const [first = ""] = trouble.hosts;
    const key = nameless(JSON.stringify(alike(trouble)), first);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, trouble);
    else groups.set(key, joined(group, trouble));
  }
  return [...groups.values()];
}

function joined(group: Trouble, trouble: Trouble): Trouble {
  const same = nameless(group.reason, group.hosts[0] ?? "") === nameless(trouble.reason, trouble.hosts[0] ?? "");
  const others = same ? group.others : group.others + 1 + trouble.others;
  return { ...group, others, hosts: [...group.hosts, ...trouble.hosts] };
}

function ranked(troubles: Trouble[]): Trouble[] {
  const rank = (trouble: Trouble) => Outcome.options.indexOf(trouble.outcome);
  return troubles.toSorted((a, b) => rank(a) - rank(b) || b.hosts.length - a.hosts.length);
}
