import type { PolicyFile, PolicyRule } from "../../model/policy-file.ts";
import type { TimeWindow } from "../../model/policy.ts";
import { patternFault } from "../inventory/pattern.ts";
import type { Report } from "../runbook/check-report.ts";
import { valueAt } from "../schema/schema-faults.ts";
import type { Path } from "../yaml/path.ts";
import { zoneProblem } from "../zone.ts";
import { coversAll } from "./reach.ts";

/** Checks what a schema cannot say of a policy. `broken` are the rules that the schema refuses: what is left of them matches too much. */
export function checkPolicy(report: Report, { rules }: PolicyFile, broken: ReadonlySet<number>): void {
  for (const [index, rule] of rules.entries()) {
    const path: Path = ["rules", index];
    checkPatterns(report, path, rule);
    for (const [at, window] of (rule.when ?? []).entries()) {
      checkZone(report, windowPath(report, path, at), window);
      if (!broken.has(index)) checkHours(report, windowPath(report, path, at), window);
    }
    checkConduct(report, path, rule);
    checkSigners(report, path, rule);
  }
  checkNames(report, rules);
  checkReach(report, rules, broken);
}

function checkPatterns(report: Report, path: Path, rule: PolicyRule): void {
  for (const key of ["hosts", "not_hosts"] as const) {
    const wrong = rule[key] === undefined ? undefined : patternFault(rule[key]);
    if (wrong !== undefined) report.fault([...path, key], wrong.message, wrong.hint);
  }
}

/** `when` may be one window or a list of them. */
function windowPath({ yaml }: Report, rule: Path, at: number): Path {
  const when = [...rule, "when"];
  return Array.isArray(valueAt(yaml.value, when)) ? [...when, at] : when;
}

function checkZone(report: Report, path: Path, { zone }: TimeWindow): void {
  const wrong = zoneProblem(zone);
  if (wrong !== undefined) report.fault([...path, "zone"], wrong.message, wrong.hint);
}

function checkHours(report: Report, path: Path, { days, from, to }: TimeWindow): void {
  if (from === to) {
    report.fault([...path, "to"], "the window opens and closes at the same time", "leave both out for whole days");
  } else if (days.length === 7 && from === 0 && to === 1440) {
    report.fault(path, "this window never closes", "leave `when` out: the rule holds at any time", "key");
  }
}

const FOR_PEOPLE = ["approvers", "not_requester", "signed", "expires"] as const;

/** What is said about people where nobody is asked. */
function checkConduct(report: Report, path: Path, rule: PolicyRule): void {
  if (rule.approve === "ask") return;
  const idle = [...FOR_PEOPLE, ...(rule.approve === "deny" ? (["max_hosts"] as const) : [])];
  for (const key of idle) {
    if (rule[key] === undefined || rule[key] === false) continue;
    const why = rule.approve === "auto" ? "`approve: auto` asks nobody" : "`approve: deny` lets nothing through";
    report.fault(
      [...path, key],
      `\`${key}\` has no meaning here: ${why}`,
      "leave it out, or write `approve: ask`",
      "key",
    );
  }
}

/** Names can be forged in files that several people write; keys cannot. */
function checkSigners(report: Report, path: Path, { approvers = 1, signed, approve }: PolicyRule): void {
  if (approve !== "ask" || valueAt(report.yaml.value, ["allowed_signers"]) !== undefined) return;
  const hint = "name a file of their keys: `allowed_signers: ./allowed_signers`";
  if (approvers > 1) {
    const message = `${approvers} people are told apart by their keys, and the policy names no \`allowed_signers\``;
    report.fault([...path, "approvers"], message, hint, "key");
  } else if (signed === true) {
    const message = "no signature can be checked: the policy names no `allowed_signers`";
    report.fault([...path, "signed"], message, hint, "key");
  }
}

function checkNames(report: Report, rules: readonly PolicyRule[]): void {
  const seen = new Map<string, number>();
  for (const [index, { name }] of rules.entries()) {
    if (name === undefined) continue;
    const first = seen.get(name);
    if (first === undefined) seen.set(name, index);
    else {
      const { line } = report.yaml.place(["rules", first, "name"]);
      report.fault(
        ["rules", index, "name"],
        `another rule is called \`${name}\`, on line ${line}`,
        "rename one of them",
      );
    }
  }
}

function checkReach(report: Report, rules: readonly PolicyRule[], broken: ReadonlySet<number>): void {
  for (const [index, rule] of rules.entries()) {
    if (broken.has(index)) continue;
    const before = rules.slice(0, index).findIndex((each, at) => !broken.has(at) && coversAll(each, rule));
    const earlier = rules[before];
    if (earlier === undefined) continue;
    const { line } = report.yaml.place(["rules", before]);
    const name = earlier.name === undefined ? "the rule" : `\`${earlier.name}\``;
    const message = `this rule is never reached: ${name} on line ${line} matches all that it would`;
    report.fault(["rules", index], message, "the first rule that matches holds: move it up, or remove it");
  }
}
