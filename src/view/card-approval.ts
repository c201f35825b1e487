import { votesThatCount } from "../engine/decision.ts";
import { digestOf } from "../engine/digest.ts";
import { countsFor, ruleWords, type Permission } from "../engine/permission.ts";
import { permittedOn, type Permitted } from "../engine/recurrence.ts";
import { waiverOf } from "../engine/waiver.ts";
import { levelWords, moment } from "../engine/words.ts";
import { spread, type Member, type Subject } from "./card-subject.ts";
import { clean } from "./clean.ts";
import { ago, counted, duration } from "./words.ts";

/** What command line and policies say of a member's fix now. */
export function permissionOf({ state, now }: Subject, { host, step }: Member): Permitted {
  return permittedOn(state, host, step, now);
}

/** The digest that a decision on this member names. */
export function digestOfMember({ state }: Subject, { host, step }: Member): string {
  return step.asked?.digest ?? digestOf(state, host, step);
}

/** Who must approve, who has, and for how long it counts. Empty where there is nothing to approve. */
export function approvalWords(subject: Subject): string {
  if (subject.plan.fix === null) return "";
  return spread(subject, (member) => {
    const permission = permissionOf(subject, member);
    const given = givenWords(subject, member, permission);
    if (given !== null) return given;
    if (member.step.elsewhere !== null) return `asked in run ${clean(member.step.elsewhere.inRun)}: decide there`;
    switch (permission.approve) {
      case "auto":
        return `none is needed: ${clean(levelWords(subject.state.plan))}`;
      case "deny":
        return "denied by the policy";
      case "ask":
        return wantedWords(subject, member, permission);
    }
  });
}

function givenWords({ now }: Subject, { step }: Member, { expires }: Permission): string | null {
  if (step.approval === null) return null;
  const { by, at, auto } = step.approval;
  if (auto) return `given by ${clean(by)}`;
  const left = at + expires * 1000 - now;
  const until = left > 0 ? `counts for ${duration(Math.ceil(left / 1000))} more` : "has expired";
  return `given by ${clean(by)}, ${ago(at, now)}; ${until}`;
}

function wantedWords(subject: Subject, member: Member, permission: Permission): string {
  const { state, now } = subject;
  const who = [
    permission.approvers === 1 ? "one person" : `${permission.approvers} different people`,
    permission.signed ? "signed" : "",
    permission.notRequester ? `not by ${clean(state.plan.by)}, who started the run` : "",
    permission.signed && permission.signers.length === 0
      ? "and no policy names the allowed_signers that tell who signed"
      : "",
  ];
  const votes = votesThatCount(state.plan, member.step, permission, now);
  const names = votes.map((vote) => `${clean(vote.signature?.principal ?? vote.by)} (${ago(vote.at, now)})`);
  const more = permission.approvers - votes.length;
  const soFar = votes.length === 0 ? "" : `; yes so far: ${names.join(", ")}, and ${more} more needed`;
  const wanted = who.filter((word) => word !== "").join(", ");
  const { seconds, until } = countsFor(
    { plan: state.plan, host: member.host.host, step: member.step.plan, now },
    permission,
  );
  return `${wanted}${soFar}; counts for ${duration(seconds)}${until === null ? "" : `, then ${clean(until)}`}`;
}

/** Which rule of which policy holds; empty where no policy is in force. */
export function policyWords(subject: Subject): string {
  if (subject.plan.fix === null) return "";
  return spread(subject, (member) =>
    permissionOf(subject, member)
      .rules.map(({ source, rule }) =>
        clean(
          rule === null
            ? `no rule of ${source} matches, so it asks`
            : `${ruleWords(rule)}${rule.reason === null ? "" : `: ${rule.reason}`}`,
        ),
      )
      .join("; "),
  );
}

/** Findings that are put aside, until when and by whom; empty without. */
export function waivedWords(subject: Subject): string {
  return spread(subject, ({ host, step }) => {
    const held = step.waived.flatMap((finding) => {
      const waiver = waiverOf(subject.state.waivers, { host: host.host, step: step.plan.id }, finding);
      return waiver === undefined ? [] : [waiver];
    });
    const alike = Map.groupBy(held, ({ until, by, reason }) => JSON.stringify([until, by, reason]));
    const parts = [...alike.values()].flatMap((some) => {
      const [one] = some;
      if (one === undefined) return [];
      const why = one.reason === "" ? "" : `: ${clean(one.reason)}`;
      return [`${counted(some.length, "finding")} put aside until ${moment(one.until)} by ${clean(one.by)}${why}`];
    });
    return parts.join("; ");
  });
}
