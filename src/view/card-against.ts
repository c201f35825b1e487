import { machineOf } from "../engine/machine.ts";
import { denialWords, overLimit } from "../engine/permission.ts";
import { permissionOf } from "./card-approval.ts";
import { againstChange } from "./card-change.ts";
import { fleetOf, type Unlucky } from "./card-fleet.ts";
import { againstHistory } from "./card-history.ts";
import { spread, type Member, type Subject } from "./card-subject.ts";
import { clean } from "./clean.ts";
import { foldHosts } from "./hosts.ts";
import { ago, counted, duration, grouped } from "./words.ts";

/** One reason not to run the fix: an alarm cannot be missed, a warning is told before anything else, a note is worth a thought. */
export type Against = {
  readonly weight: "alarm" | "warning" | "note";
  readonly text: string;
  /** What stands below it, behind a bar. */
  readonly lines?: readonly string[];
};

const WEIGHTS: readonly Against["weight"][] = ["alarm", "warning", "note"];
/** A reason that a host gave may be long; the history has all of it. */
const LONGEST_REASON = 200;

/** Why one might not want to run the fix, the weightiest first. None for a step that only reports. */
export function againstOf(subject: Subject): readonly Against[] {
  if (subject.plan.fix === null) return [];
  const all = [
    ...againstHistory(subject),
    ...denied(subject),
    ...faredBadly(subject),
    ...againstChange(subject),
    ...harm(subject),
    ...twins(subject),
    ...unanswered(subject),
    ...old(subject),
  ];
  return all.toSorted((a, b) => WEIGHTS.indexOf(a.weight) - WEIGHTS.indexOf(b.weight));
}

/** The policy may say no by now: at another hour, or since other hosts have used up what a rule allows. */
function denied(subject: Subject): Against[] {
  const text = spread(subject, (member) => {
    const permission = permissionOf(subject, member);
    if (permission.approve === "deny") return `it would not start now: ${clean(denialWords(permission))}`;
    const over = overLimit(subject.state, member.host.host, permission);
    return over === null ? "" : `it would not start now: ${clean(over)}`;
  });
  return text === "" ? [] : [{ weight: "warning", text }];
}

/** What came of the same fix on other hosts of the run, where it was not good. */
function faredBadly({ state, plan, members }: Subject): Against[] {
  const fared = fleetOf(state).steps.get(plan.id);
  if (fared === undefined) return [];
  const own = new Set(members.map(({ host }) => host.host));
  const had = fared.had.filter((host) => !own.has(host)).length;
  const bad = (word: string, all: readonly Unlucky[]): Against[] => {
    const others = all.filter(({ host }) => !own.has(host));
    const last = others.toSorted((a, b) => b.at - a.at)[0];
    if (last === undefined) return [];
    const of = had === 1 ? "the only other host that had it" : `${others.length} of ${had} other hosts that had it`;
    return [{ weight: "warning", text: `${word} on ${of}; ${others.length > 1 ? "last " : ""}on ${because(last)}` }];
  };
  return [
    ...bad("failed", fared.failed),
    ...bad("in doubt", fared.inDoubt),
    ...bad("rolled back", fared.rolledBack),
    ...refusals(fared.denied.filter(({ host }) => !own.has(host))),
  ];
}

function refusals(all: readonly (Unlucky & { readonly by: string })[]): Against[] {
  const last = all.toSorted((a, b) => b.at - a.at)[0];
  if (last === undefined) return [];
  const where = all.length === 1 ? "" : `on ${counted(all.length, "host")}, last `;
  const why = last.reason === "" ? "" : `: ${clean(last.reason, { max: LONGEST_REASON })}`;
  return [{ weight: "warning", text: `denied ${where}on ${clean(last.host)} by ${clean(last.by)}${why}` }];
}

function because({ host, reason }: Unlucky): string {
  return `${clean(host)}${reason === "" ? "" : `: ${clean(reason, { max: LONGEST_REASON })}`}`;
}

/** What the fix itself lacks. Without a rollback a fix of low risk is nothing special, and a person's own work has none. */
function harm({ plan }: Subject): Against[] {
  const { fix } = plan;
  if (fix === null) return [];
  const parts = [
    fix.risk === "high" ? "high risk" : "",
    fix.kind === "reboot" ? "the host is rebooted: whatever runs there ends" : "",
    fix.verify ? "" : "nothing proves that it worked",
    fix.rollback || fix.risk === "low" || fix.kind !== "run" ? "" : "no rollback",
  ].filter((part) => part !== "");
  if (parts.length === 0) return [];
  const warns = fix.risk === "high" || fix.kind === "reboot";
  return [{ weight: warns ? "warning" : "note", text: parts.join(", ") }];
}

/** So many machines with several names are told one by one. */
const MOST_MACHINES = 3;

function twins({ state, members }: Subject): Against[] {
  const { namesOf } = fleetOf(state);
  const several = [...new Set(members.map(({ host }) => machineOf(host)))]
    .map((machine) => (machine === null ? [] : namesOf(machine)))
    .filter((names) => names.length > 1);
  if (several.length === 0) return [];
  const shown = several.slice(0, MOST_MACHINES).map((names) => twinWords(names, members));
  const rest = several.length - shown.length;
  const more = rest > 0 ? [`so for ${counted(rest, "more machine")}`] : [];
  return [{ weight: "note", text: [...shown, ...more].join("; ") }];
}

function twinWords(names: readonly string[], members: readonly Member[]): string {
  if (members.length > 1) return `${clean(foldHosts(names, 3))} are one machine: what is done on one is done on all`;
  const others = names.filter((name) => name !== members[0]?.host.host);
  return `the same machine as ${clean(foldHosts(others, 3))}: what is done here is done there`;
}

function unanswered({ state }: Subject): Against[] {
  const { answered, unknown } = fleetOf(state);
  const total = state.hosts.size;
  const parts = [
    answered < total
      ? `only ${grouped(answered)} of ${counted(total, "host")} ${answered === 1 ? "has" : "have"} been looked at in full so far`
      : "",
    unknown > 0 ? `${grouped(unknown)} of ${counted(total, "host")} ${unknown === 1 ? "is" : "are"} unknown` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? [] : [{ weight: "note", text: parts.join("; ") }];
}

/** A dry run does not fix, so there nothing can be too old. */
function old({ state, plan, members, now }: Subject): Against[] {
  const oldest = Math.min(...members.map(({ step }) => step.seenAt));
  if (state.plan.dryRun || now - oldest <= plan.fresh * 1000) return [];
  const limit = `older than ${duration(plan.fresh)}`;
  return [
    { weight: "note", text: `the evidence was seen ${ago(oldest, now)}: ${limit}, so it is looked at again first` },
  ];
}
