import type { RunState } from "../engine/state.ts";
import { scheduleWords } from "../engine/words.ts";
import type { LoadedRunbook, Severity } from "../model/runbook.ts";
import { againstOf, type Against } from "./card-against.ts";
import { approvalWords, digestOfMember, policyWords, waivedWords } from "./card-approval.ts";
import { evidenceTable, previewOf, type CardPreview } from "./card-evidence.ts";
import { fixOf, type CardFix } from "./card-fix.ts";
import { groupsOf } from "./card-groups.ts";
import { fixedThisWeek, historyWords } from "./card-history.ts";
import { cardKind } from "./card-kind.ts";
import { runsWords } from "./card-runs.ts";
import { faredWords, rolloutOf } from "./card-rollout.ts";
import type { Member, Subject } from "./card-subject.ts";
import { valuesOf, type CardValue } from "./card-values.ts";
import { clean } from "./clean.ts";
import { foldHosts } from "./hosts.ts";
import type { Table } from "./table.ts";

/**
 * Everything a person must see to decide on one fix, on one host or on many that are alike. Every text is cleaned; those that may hold
 * newlines are arrays of lines. Words that are empty have nothing to say.
 */
export type Card = {
  /** The host, or in few words all of them: `web[01-37]`. */
  readonly host: string;
  /** The host's groups; those of several hosts with how many are in each. */
  readonly groups: readonly string[];
  readonly runbook: string;
  readonly step: string;
  readonly title: string;
  readonly severity: Severity;
  /** Why one might not want to run it, the weightiest first. */
  readonly against: readonly Against[];
  /** All findings, key columns first. */
  readonly evidence: Table;
  /** When the evidence was seen, ms since the epoch; on several hosts, the oldest. */
  readonly seenAt: number;
  /** The newest evidence of several hosts; else the same. */
  readonly seenLastAt: number;
  /** Null: the step only reports. */
  readonly fix: CardFix | null;
  /** What the scripts get beside the finding's own columns. */
  readonly values: readonly CardValue[];
  readonly preview: CardPreview | null;
  /** The schedule and its fire. */
  readonly askedBy: string;
  /** How the fix spreads over the fleet, and the host's place in it. */
  readonly rollout: string;
  /** How the fix fared on other hosts in this run, and what is at work now. */
  readonly fared: string;
  /** When it was fixed on the host before. */
  readonly history: string;
  /** Who must approve, who has, how long it counts. */
  readonly approval: string;
  /** The rules of the policies in force. */
  readonly policy: string;
  /** Which runs have found it, where several must. */
  readonly runs: string;
  /** Findings that are put aside. */
  readonly waived: string;
  /** Each host with the digest that a decision on it names: exactly what is on the card. One, but for a card of several hosts. */
  readonly members: readonly CardMember[];
};

/** A host that a card is for. */
export type CardMember = {
  readonly host: string;
  /** 32 hex digits. */
  readonly digest: string;
  /** ms since the epoch. */
  readonly seenAt: number;
  /** How often the step was fixed there in 7 days, this run included. */
  readonly fixedThisWeek: number;
};

type Source = {
  readonly state: RunState;
  readonly step: string;
  /** The runbook must be the one that the run was planned with. */
  readonly loaded: LoadedRunbook;
  /** ms since the epoch; without it, the time of the last event, as a log must tell it. */
  readonly now?: number;
};

/** The card of a step on a host, from what is known now. */
export function cardOf(source: Source & { readonly host: string }): Card {
  return groupCardOf({ ...source, hosts: [source.host] });
}

/**
 * One card for a step on several hosts. They must be of one kind (`cardKind`), so that what is shown is true of each of them; hosts of
 * different kinds throw. A cell that is the host's own name reads `(the host)`, sizes that differ are told from the least to the most, and what
 * speaks against it is told with the hosts that it is said of.
 */
export function groupCardOf(source: Source & { readonly hosts: readonly string[] }): Card {
  const subject = subjectOf(source);
  const { state, loaded, step, plan, first, members } = subject;
  const seen = members.map((member) => member.step.seenAt);
  return {
    host: clean(foldHosts(source.hosts)),
    groups: groupsOf(subject),
    runbook: clean(state.plan.runbook.name),
    step: clean(plan.id),
    title: clean(plan.title),
    severity: plan.severity,
    against: againstOf(subject),
    evidence: evidenceTable(subject),
    seenAt: Math.min(...seen),
    seenLastAt: Math.max(...seen),
    fix: fixOf(loaded, step, plan),
    values: commonValues(subject),
    preview: previewOf(first),
    askedBy: subject.state.plan.schedule === undefined ? "" : clean(scheduleWords(subject.state.plan.schedule)),
    rollout: rolloutOf(subject),
    fared: plan.fix === null ? "" : faredWords(subject),
    history: historyWords(subject),
    approval: approvalWords(subject),
    policy: policyWords(subject),
    runs: runsWords(subject),
    waived: waivedWords(subject),
    members: members.map((member) => ({
      host: clean(member.host.host),
      digest: digestOfMember(subject, member),
      seenAt: member.step.seenAt,
      fixedThisWeek: fixedThisWeek(subject, member),
    })),
  };
}

function subjectOf({ state, hosts, step: id, loaded, now = state.at }: Source & { hosts: readonly string[] }): Subject {
  const members = hosts.map((name): Member => {
    const host = state.hosts.get(name);
    const step = host?.steps.find((one) => one.plan.id === id);
    if (host === undefined || step === undefined) throw new Error(`no card: ${id} on ${name} is not part of this run`);
    return { host, step };
  });
  const step = loaded.runbook.steps.find((one) => one.id === id);
  const [first] = members;
  if (first === undefined || step === undefined) throw new Error(`no card: ${id} is not part of this runbook`);
  const kinds = members.length === 1 ? [] : members.map((one) => cardKind(state, one.host, one.step, loaded));
  if (new Set(kinds).size > 1) throw new Error(`no card: what was found by ${id} differs between these hosts`);
  return { state, loaded, step, plan: first.step.plan, first, members, now };
}

/** Of hosts of one kind a value differs only where it is the host's own name. */
function commonValues({ state, loaded, step, first, members }: Subject): readonly CardValue[] {
  const values = valuesOf(state, first.host, loaded, step);
  const others = members.slice(1).map(({ host }) => valuesOf(state, host, loaded, step));
  return values.map((value, at) =>
    others.every((other) => other[at]?.text === value.text) ? value : { ...value, text: "(the host)" },
  );
}
