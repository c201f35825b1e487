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
  const rules = books.plan.policies.map((policy) => ruleFor(books.plan, policy, event, now));
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
    const under = books.fixed.filter((one) => one.host !== host && countsUnder(books.plan, rule, one));
    const hosts = new Set(under.map((one) => one.host));
    promise(rule.maxHosts === null || hosts.size < rule.maxHosts, "a rule's number of hosts is not exceeded");
  }
}

type Policy = RunPlan["policies"][number];

type Rule = Policy["rules"][number];
type Place = { readonly host: string; readonly step: string };

/** The first rule of a policy that speaks of a step on a host at a moment. */
function ruleFor(plan: RunPlan, { rules }: Policy, at: Place, now: number): Rule | undefined {
  return rules.find((rule) => speaks(plan, rule, at) && holds(rule, now));
}

/** Whatever the hour, unless one before it always speaks first. */
function countsUnder(plan: RunPlan, rule: Rule, at: Place): boolean {
  const { rules = [] } = plan.policies.find((policy) => policy.rules.includes(rule)) ?? {};
  const always = (one: Rule): boolean => one.when === null && one.since === undefined && one.days === undefined;
  return rules.find((one) => speaks(plan, one, at) && (always(one) || one === rule)) === rule;
}

function speaks(plan: RunPlan, { hosts, steps, risks }: Rule, at: Place): boolean {
  const risk = plan.steps.find((one) => one.id === at.step)?.fix?.risk;
  return (
    (hosts?.includes(at.host) ?? true) &&
    (steps?.includes(at.step) ?? true) &&
    (risks === null || (risk !== undefined && risks.includes(risk)))
  );
}

/** By UTC, as simulated policies have it. */
function holds({ when, since = 0, days }: Rule, now: number): boolean {
  const date = new Date(now);
  const minute = date.getUTCHours() * 60 + date.getUTCMinutes();
  const day = date.getUTCDay() === 0 ? 7 : date.getUTCDay();
  const today = date.toISOString().slice(0, 10);
  if (now < since || (days !== undefined && (today < days.from || today > days.to))) return false;
  return when === null || when.some((each) => each.days.includes(day) && each.from <= minute && minute < each.to);
}
