import { moment } from "../engine/words.ts";
import { counted, duration, shortDigest } from "../view/words.ts";
import type { DocumentCell, DocumentDecision, DocumentPermission } from "./document.ts";
import { time } from "./html-parts.ts";
import { markup, type Content, type Markup } from "./markup.ts";

/** A decision, by whom it was made and what it was for. */
export function decisionLine(decision: DocumentDecision, cell: DocumentCell): Markup {
  return markup`<li>${time(decision.at)}: ${said(decision, cell)}</li>\n`;
}

function said(decision: DocumentDecision, cell: DocumentCell): Content {
  const reason = decision.reason === undefined ? "" : `: ${decision.reason}`;
  const card = decision.digest === undefined ? null : markup` (card <code>${shortDigest(decision.digest)}</code>)`;
  switch (decision.kind) {
    case "asked":
      return ["asked for an approval", card];
    case "asked-elsewhere":
      return [`not asked here: run ${decision.inRun ?? ""} has asked for exactly this`, card];
    case "endorsed":
      return [markup`<strong>approved</strong> by ${who(decision)}; it needed more people`, card, reason];
    case "approved":
      return decision.auto === true
        ? ["approved without a person: ", who(decision), card, reason]
        : [markup`<strong>approved</strong> by ${who(decision)}`, card, reason];
    case "denied":
      return [markup`<strong>denied</strong> by ${who(decision)}`, card, reason];
    case "voided":
      return [`the approval no longer counted${reason}`, changeWords(decision)];
    case "waived":
      return [
        markup`findings ${numbers(decision.findings, cell)} <strong>waived</strong> by ${who(decision)} until ${untilOf(decision)}`,
        reason,
      ];
  }
}

function untilOf({ until }: DocumentDecision): string {
  return until === undefined ? "" : moment(Date.parse(until));
}

function who({ by, machine, signature, decidedAt, at }: DocumentDecision): Content {
  const key = signature && markup`, signed by ${signature.principal} (<code>${signature.key}</code>)`;
  const when = decidedAt === undefined || decidedAt === at ? null : ` at ${moment(Date.parse(decidedAt))}`;
  return [by ?? "", machine === undefined ? null : ` on ${machine}`, key ?? null, when];
}

function numbers(list: readonly number[] = [], { findings }: DocumentCell): string {
  return list.length === findings.length && list.length > 1 ? `1 to ${list.length}` : list.join(", ");
}

/** What was there when it was approved, and what is there now. */
function changeWords({ appeared = [], gone = [] }: DocumentDecision): string {
  const parts = [
    ...(appeared.length === 0 ? [] : [`new: finding ${appeared.join(", ")}`]),
    ...(gone.length === 0 ? [] : [`gone: finding ${gone.join(", ")}`]),
  ];
  return parts.length === 0 ? "" : ` (${parts.join("; ")})`;
}

const PERMITS = { auto: "It could start without a person", ask: "A person was asked", deny: "It was denied" } as const;

/** What policies and the command line said. */
export function permissionWords(permission: DocumentPermission): Content {
  const { approve, approvers, signed, notRequester, expires, rules } = permission;
  const wanted = [
    ...(approvers > 1 ? [counted(approvers, "approval")] : []),
    ...(signed ? ["signed"] : []),
    ...(notRequester ? ["not by whoever started the run"] : []),
    `for ${duration(expires)}`,
  ];
  const held = rules.map(({ policy, rule, where }) =>
    rule === null
      ? markup`, no rule of <code>${policy}</code> matched`
      : markup`, by the rule <strong>${rule}</strong> (<code>${where}</code>)`,
  );
  return [
    PERMITS[approve],
    approve === "ask" ? ` (${wanted.join(", ")})` : "",
    held,
    rules.length === 0 ? "; no policy was in force." : ".",
  ];
}
