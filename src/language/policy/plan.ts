import type { Fault } from "../../model/fault.ts";
import type { Inventory } from "../../model/inventory.ts";
import type { Policy } from "../../model/policy-file.ts";
import type { PlannedPolicy, PlannedRule } from "../../model/policy.ts";
import type { LoadedRunbook, Step } from "../../model/runbook.ts";
import { membersOf } from "../inventory/pattern.ts";
import { didYouMean } from "../suggest.ts";
import { fitsGlob } from "./glob.ts";

/** What policies are held against: a runbook, the names of the hosts it runs on, and the inventory that they are from. */
export type PolicySubject = {
  readonly loaded: LoadedRunbook;
  readonly hosts: readonly string[];
  readonly inventory: Inventory;
};

/** Policies as they concern one run, and `notes` on what the inventory does not have; or why the run must not start. */
export type PlannedPolicies =
  | { readonly policies: PlannedPolicy[]; readonly notes: readonly Fault[] }
  | { readonly faults: readonly Fault[] };

type Rule = Policy["rules"][number];

/** Works out what every policy says that can matter to a run. One that says nothing about any of its fixes is a fault, never a yes. */
export function planPolicies(policies: readonly Policy[], subject: PolicySubject): PlannedPolicies {
  const faults: Fault[] = [];
  const notes: Fault[] = [];
  const planned = policies.map(({ source, signers, rules }): PlannedPolicy => {
    const own = rules.flatMap((rule) => planRule(rule, subject, notes, faults));
    return { source, signers, rules: own };
  });
  const fixes = subject.loaded.runbook.steps.filter((step) => step.fix !== undefined);
  if (faults.length === 0 && fixes.length > 0) {
    const idle = planned.filter(({ rules }) => !rules.some((rule) => fixes.some((step) => speaksOf(rule, step))));
    faults.push(...idle.map(({ source }) => nothingMatches(source, subject)));
  }
  return faults.length > 0 ? { faults } : { policies: planned, notes };
}

function nothingMatches(source: string, { loaded, hosts }: PolicySubject): Fault {
  const { name } = loaded.runbook;
  const where = `${hosts.length.toLocaleString("en")} ${hosts.length === 1 ? "host" : "hosts"} of this run`;
  return {
    kind: "invalid-file",
    where: source,
    message: `none of its rules matches any fix of ${name} on the ${where}`,
    hint: "end the policy with a rule that matches everything, such as `- approve: ask`",
  };
}

/** The rule as it concerns the run; none where it cannot matter to it. */
function planRule(rule: Rule, subject: PolicySubject, notes: Fault[], faults: Fault[]): PlannedRule[] {
  const { runbook, digest } = subject.loaded;
  if (rule.runbooks !== undefined && !rule.runbooks.some((glob) => fitsGlob(glob, runbook.name))) return [];
  if (rule.not_digests?.includes(digest) === true) return [];
  const planned: PlannedRule = {
    name: rule.name,
    where: rule.where,
    steps: stepsOf(rule, runbook.steps),
    risks: rule.risk ?? null,
    on: rule.on ?? null,
    hosts: hostsOf(rule, subject, notes, faults),
    when: rule.when ?? null,
    approve: rule.approve,
    approvers: rule.approvers ?? 1,
    notRequester: rule.not_requester ?? false,
    signed: rule.signed ?? false,
    expires: rule.expires ?? null,
    maxHosts: rule.max_hosts ?? null,
    reason: rule.reason ?? null,
  };
  return runbook.steps.some((step) => speaksOf(planned, step)) ? [planned] : [];
}

function stepsOf({ steps: globs }: Rule, steps: readonly Step[]): string[] | null {
  if (globs === undefined) return null;
  return steps.map(({ id }) => id).filter((id) => globs.some((glob) => fitsGlob(glob, id)));
}

/** Whether a rule can matter to a step at some hour: to its fix, or to its scripts on this machine. */
function speaksOf({ steps, risks, on, hosts }: PlannedRule, step: Step): boolean {
  return (
    (step.fix !== undefined || (step.on === "controller" && on === "controller")) &&
    (steps === null || steps.includes(step.id)) &&
    (risks === null || (step.fix !== undefined && risks.includes(step.fix.risk))) &&
    (on === null || on === step.on) &&
    (hosts === null || hosts.length > 0)
  );
}

/** The hosts of the run that a rule's patterns select; null: all of them. */
function hostsOf(rule: Rule, subject: PolicySubject, notes: Fault[], faults: Fault[]): string[] | null {
  const wanted = membersFor("hosts", rule, subject, notes, faults);
  const unwanted = membersFor("not_hosts", rule, subject, notes, faults);
  const names = subject.hosts.filter((name) => wanted?.has(name) !== false && unwanted?.has(name) !== true);
  return names.length === subject.hosts.length ? null : names;
}

/**
 * A group that the inventory does not have has no hosts. But what an automatic yes leaves out must be there to be left out: with a
 * mistyped `!prod` it would let all of production through.
 */
function membersFor(
  key: "hosts" | "not_hosts",
  rule: Rule,
  { inventory }: PolicySubject,
  notes: Fault[],
  faults: Fault[],
): ReadonlySet<string> | null {
  const pattern = rule[key];
  if (pattern === undefined) return null;
  const members = membersOf(inventory, pattern);
  if ("kind" in members) {
    faults.push({ ...members, kind: "invalid-file", where: rule.where });
    return null;
  }
  const { hosts, missing } = members;
  const leftOut = missing.filter(({ kind }) => (kind === "exclusion") === (key === "hosts"));
  const refused = rule.approve === "auto" && leftOut.length > 0;
  const effect = refused ? "the rule matches no host, since it would leave those out" : "a group without hosts";
  for (const { name } of missing) {
    const hint = didYouMean(name, [...inventory.groups.keys(), ...inventory.hosts.keys()]);
    const message = `the inventory has no group or host \`${name}\`, which \`${key}\` of ${rule.name} names: ${effect}`;
    notes.push({ kind: "invalid-file", where: rule.where, message, ...(hint === undefined ? {} : { hint }) });
  }
  if (!refused) return hosts;
  return key === "hosts" ? new Set() : new Set(inventory.hosts.keys());
}
