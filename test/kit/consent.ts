import type { Event } from "../../src/model/event.ts";
import type { RunPlan } from "../../src/model/plan.ts";
import type { Books, Promise } from "./promises.ts";

/** What people and policies said of a fix, told from the events and from the rules as they are written. `first`: of its card. */
export function checkConsent(
  event: Extract<Event, { type: "fix-started" }>,
  now: number,
  books: Books,
  first: boolean,
  promise: Promise,
): void {
  const { host, step, key } = event;
  promise(!books.paused, "no fix starts while the run is paused");
  promise(!books.frozen, "no fix starts while all is frozen");
  promise(!books.skipped.has(host), "nothing new is begun on a skipped host");
  promise(key === null || (books.waived.get(`${host} ${step} ${key}`) ?? 0) <= now, "what is waived is not fixed");

  const plan = books.plan.steps.find((one) => one.id === step);
  const rules = books.plan.policies.map((policy) => ruleFor(books.plan, policy, event));
  const votes = books.votes.get(`${host} ${step}`) ?? [];
  const people = new Set(votes.filter((vote) => !vote.auto).map((vote) => vote.by));
  const own = plan?.fix?.approvals ?? 1;
  promise(own === 1 || people.size >= own, "as many people as a runbook wants have said yes");
  for (const rule of rules) {
    promise(rule !== undefined || people.size > 0, "where a policy is silent, a person decides");
    if (rule === undefined) continue;
    promise(rule.approve !== "deny", "what a policy denies is not fixed");
    promise(rule.approve === "auto" || people.size > 0, "where a policy asks, a person decides");
    promise(people.size >= rule.approvers || rule.approvers === 1, "as many people as a policy wants have said yes");
    promise(
      !rule.notRequester || (people.size > 0 && !people.has(books.plan.by)),
      "who started the run does not approve",
    );
    const long = Math.min(rule.expires ?? Infinity, plan?.expires ?? 0) * 1000;
    const last = Math.max(...votes.map((vote) => vote.at));
    promise(!first || people.size === 0 || last + long >= now, "an approval that has expired starts nothing");
    const under = books.fixed.filter(
      (one) => one.host !== host && books.plan.policies.some((policy) => ruleFor(books.plan, policy, one) === rule),
    );
    const hosts = new Set(under.map((one) => one.host));
    promise(rule.maxHosts === null || hosts.size < rule.maxHosts, "a rule's number of hosts is not exceeded");
  }
}

type Policy = RunPlan["policies"][number];

/** The first rule of a policy that speaks of a step on a host; those of the simulated policies speak at any hour. */
function ruleFor(
  plan: RunPlan,
  { rules }: Policy,
  at: { host: string; step: string },
): Policy["rules"][number] | undefined {
  const risk = plan.steps.find((one) => one.id === at.step)?.fix?.risk;
  return rules.find(
    ({ hosts, steps, risks }) =>
      (hosts?.includes(at.host) ?? true) &&
      (steps?.includes(at.step) ?? true) &&
      (risks === null || (risk !== undefined && risks.includes(risk))),
  );
}
