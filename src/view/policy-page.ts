import { controllerRuling } from "../engine/controller.ts";
import type { Answer } from "../engine/explain.ts";
import type { Permission, Ruling } from "../engine/permission.ts";
import { covers, type ApproveLevel } from "../model/approval.ts";
import type { RunPlan, StepPlan } from "../model/plan.ts";
import type { PlannedRule, TimeWindow } from "../model/policy.ts";
import { clean } from "./clean.ts";
import { hoursWords } from "./hours.ts";
import type { Palette, Style } from "./colour.ts";
import { foldHosts } from "./hosts.ts";
import { pad, widthOf } from "./width.ts";
import { counted, duration, RISK_STYLE } from "./words.ts";

/** What policies and command line say of a runbook's fixes, as lines: each step, and for the hosts with one answer who says what. */
export function policyPage(
  plan: Pick<RunPlan, "policies" | "approve" | "hosts" | "steps">,
  answers: readonly Answer[],
  now: number,
  palette: Palette,
): string[] {
  return plan.steps.flatMap((step) => {
    const own = answers.filter((answer) => answer.step.id === step.id);
    const here = step.on === "controller" ? [`  ${onThisMachine(plan, step, now)}`] : [];
    if (own.length === 0 && here.length === 0) return [];
    const risk = step.fix === null ? "" : `  ${palette(RISK_STYLE[step.fix.risk], `${step.fix.risk} risk`)}`;
    const head = `${palette("bold", clean(step.id))}${risk}`;
    return ["", head, ...here, ...own.flatMap((answer) => answerLines(plan.approve, answer, palette))];
  });
}

const VERDICT_STYLE: Readonly<Record<Permission["approve"], Style>> = { auto: "green", ask: "yellow", deny: "red" };

function answerLines(approve: ApproveLevel, answer: Answer, palette: Palette): string[] {
  const { hosts, permission, otherwise, step } = answer;
  const who = `${clean(foldHosts(hosts))}${hosts.length > 1 ? ` (${counted(hosts.length, "host")})` : ""}`;
  const verdict = palette(VERDICT_STYLE[permission.approve], permissionWords(permission));
  const says = [...permission.rules.map(saying), [`--approve ${approve}`, commandLineWords(approve, step)] as const];
  const later = otherwise.map(saying);
  const width = Math.max(...[...says, ...later].map(([place]) => widthOf(place)));
  const lines = (parts: typeof says): string[] =>
    parts.map(([place, words]) => `    ${palette("dim", pad(place, width))}  ${words}`);
  const atOtherHours = later.length === 0 ? [] : [palette("dim", "    at other hours:"), ...lines(later)];
  return [`  ${who}: ${verdict}`, ...lines(says), ...atOtherHours];
}

function commandLineWords(approve: ApproveLevel, { fix }: StepPlan): string {
  if (fix?.kind === "manual") return "ask, since a person does it";
  return fix !== null && covers(approve, fix.risk) ? "auto" : "ask";
}

/** What a permission comes to in a few words: `asks 2 different people, who sign; an approval lasts 30 min; at most 20 hosts in one run`. */
function permissionWords(permission: Permission): string {
  const limits = permission.rules.flatMap(({ rule }) => rule?.maxHosts ?? []);
  const most = limits.length === 0 ? [] : [`at most ${counted(Math.min(...limits), "host")} in one run`];
  switch (permission.approve) {
    case "deny":
      return "denied";
    case "auto":
      return ["starts by itself", ...most].join("; ");
    case "ask":
      return [peopleWords(permission), `an approval lasts ${duration(permission.expires)}`, ...most].join("; ");
  }
}

function peopleWords({ approvers, notRequester, signed }: Permission): string {
  const who = approvers === 1 ? "asks one person" : `asks ${approvers} different people`;
  const how = signed ? (approvers === 1 ? ", who signs" : ", who sign") : "";
  return `${who}${how}${notRequester ? ", never whoever started the run" : ""}`;
}

function saying({ source, rule }: Ruling): readonly [string, string] {
  return rule === null ? [clean(source), "ask, since none of its rules matches"] : [clean(rule.where), ruleLine(rule)];
}

/** One rule's own words: `night: ask, 2 approvers, signed; mon-fri 22:00-06:00 Europe/Berlin; "reason"`. */
function ruleLine(rule: PlannedRule): string {
  const { name, approve, approvers, notRequester, signed, expires, maxHosts, when, reason } = rule;
  const terms = [
    approve,
    ...(approvers > 1 ? [`approvers ${approvers}`] : []),
    ...(notRequester ? ["not_requester"] : []),
    ...(signed ? ["signed"] : []),
    ...(expires === null ? [] : [`expires ${duration(expires)}`]),
    ...(maxHosts === null ? [] : [`max_hosts ${maxHosts}`]),
  ].join(", ");
  const windows = when === null ? "" : `; ${when.map(windowWords).join(", or ")}`;
  return `${clean(name)}: ${terms}${windows}${reason === null ? "" : ` (${clean(reason)})`}`;
}

/** `mon-fri 09:00-17:00 Europe/Berlin`. */
function windowWords(window: TimeWindow): string {
  return `${hoursWords(window)} ${clean(window.zone)}`;
}

function onThisMachine(plan: Pick<RunPlan, "policies" | "approve" | "hosts">, step: StepPlan, now: number): string {
  const ruling = controllerRuling(plan, step, now);
  switch (ruling.kind) {
    case "allowed":
      return "its scripts run on this machine: allowed by policy";
    case "silent":
      return "its scripts run on this machine: --allow-controller must allow it";
    case "denied":
      return `its scripts would run on this machine: ${clean(ruling.words)}`;
  }
}
