import type { PastFix } from "../model/past.ts";
import type { Member, Subject } from "./card-subject.ts";
import { namesOf, spread } from "./card-subject.ts";
import { permissionOf } from "./card-approval.ts";
import type { Against } from "./card-against.ts";
import { clean } from "./clean.ts";
import { ago, counted, OUTCOME_LOOK } from "./words.ts";

/** A step of a run at a time. */
type OneStep = Pick<Subject, "state" | "plan" | "now">;

const WEEK = 7 * 86_400_000;
/** Fixed so many times within a week, and found again: the fix does not reach the cause. */
const RECURRING = 3;

/** When the fix was on the host before, and whether the problem came back; empty where it never was, or where `againstHistory` tells it. */
export function historyWords(subject: Subject): string {
  return spread(subject, (member) => {
    const [last] = pastOf(subject, member);
    if (last === undefined || last.outcome !== "fixed" || isRecurring(subject, member)) return "";
    const times = fixedThisWeek(subject, member);
    const often = times > 1 ? `${counted(times, "time")} in 7 days, the last time ` : "";
    return `fixed here ${often}${ago(last.at, subject.now)}, and it came back`;
  });
}

/** What the past of these hosts says against another fix: it does not hold, or it did not go well. */
export function againstHistory(subject: Subject): Against[] {
  return [...left(subject), ...recurring(subject), ...returned(subject), ...endedBadly(subject)];
}

/** Why the schedule asks a person for what it would fix by itself. */
function left(subject: Subject): Against[] {
  const text = spread(subject, (member) => permissionOf(subject, member).recurs ?? "");
  return text === "" ? [] : [{ weight: "alarm", text: `asked, not fixed by the schedule: ${text}` }];
}

function recurring(subject: Subject): Against[] {
  const members = subject.members.filter((member) => isRecurring(subject, member));
  if (members.length === 0) return [];
  const times = Math.max(...members.map((member) => fixedThisWeek(subject, member)));
  const last = Math.max(...members.flatMap((member) => pastOf(subject, member)[0]?.at ?? []));
  const often = `${members.length > 1 ? "up to " : ""}${times} times in 7 days`;
  const when = Number.isFinite(last) ? `, the last time ${ago(last, subject.now)}` : "";
  return [
    { weight: "alarm", text: `recurring: look for the cause. Fixed ${whereOf(subject, members)} ${often}${when}` },
  ];
}

function returned(subject: Subject): Against[] {
  const members = subject.members.filter((member) => member.step.rounds > 0 && !isRecurring(subject, member));
  if (members.length === 0) return [];
  return [{ weight: "warning", text: `it was fixed ${whereOf(subject, members)} in this run, and came back` }];
}

/** The last fix in an earlier run, where it did not end well. */
function endedBadly(subject: Subject): Against[] {
  const lasts = subject.members.flatMap((member) => {
    const [fix] = pastOf(subject, member);
    return fix === undefined || !BADLY.has(fix.outcome) ? [] : [{ member, fix }];
  });
  return [...Map.groupBy(lasts, ({ fix }) => fix.outcome)].flatMap(([outcome, some]) => {
    const newest = some.toSorted((a, b) => b.fix.at - a.fix.at)[0]?.fix;
    if (newest === undefined) return [];
    const where = whereOf(
      subject,
      some.map(({ member }) => member),
    );
    const text = `the last fix ${where} ended ${OUTCOME_LOOK[outcome].word}, ${ago(newest.at, subject.now)} (run ${clean(newest.run)})`;
    return [{ weight: "warning", text }];
  });
}

const BADLY: ReadonlySet<PastFix["outcome"]> = new Set(["failed", "in-doubt", "rolled-back"]);

function whereOf({ members }: Subject, some: readonly Member[]): string {
  if (members.length === 1) return "here";
  if (some.length === members.length) return `on all ${members.length} hosts`;
  return `on ${some.length} of these hosts (${namesOf(some)})`;
}

/** How often the step was fixed on the host within a week: in earlier runs, and in this one. */
export function fixedThisWeek(subject: OneStep, member: Member): number {
  const recent = pastOf(subject, member).filter(({ at, outcome }) => outcome === "fixed" && subject.now - at <= WEEK);
  return recent.length + member.step.rounds;
}

/** Whether the fix does not reach the cause: the problem was fixed on the host again and again. */
export function isRecurring(subject: OneStep, member: Member): boolean {
  return fixedThisWeek(subject, member) >= RECURRING;
}

/** Fixes of the step on the host in earlier runs, newest first. */
function pastOf({ state, plan }: OneStep, { host }: Member): readonly PastFix[] {
  return indexOf(state.plan.past).get(placeOf(host.host, plan.id)) ?? [];
}

const indexes = new WeakMap<readonly PastFix[], ReadonlyMap<string, readonly PastFix[]>>();

/** A fleet's past is sorted once a run, not once a card. */
function indexOf(past: readonly PastFix[]): ReadonlyMap<string, readonly PastFix[]> {
  const known = indexes.get(past);
  if (known !== undefined) return known;
  const index = Map.groupBy(
    past.toSorted((a, b) => b.at - a.at),
    ({ host, step }) => placeOf(host, step),
  );
  indexes.set(past, index);
  return index;
}

function placeOf(host: string, step: string): string {
  return JSON.stringify([host, step]);
}
