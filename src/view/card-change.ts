import type { Finding } from "../model/finding.ts";
import type { Against } from "./card-against.ts";
import { findingWords } from "./card-evidence.ts";
import { namesOf, type Member, type Subject } from "./card-subject.ts";
import { clean } from "./clean.ts";
import { grouped } from "./words.ts";

/** So many of the findings that came or went are listed. */
const MOST_LISTED = 5;

/** What has changed since an approval that no longer counts. */
export function againstChange(subject: Subject): Against[] {
  const changed = subject.members.filter(({ step }) => step.voided !== null);
  const [only] = changed;
  if (only === undefined) return [];
  if (subject.members.length === 1) return [changeOf(subject, only)];
  const reasons = [...new Set(changed.map(({ step }) => clean(step.voided?.reason ?? "")))];
  const all = changed.length === subject.members.length;
  const where = all ? `on all ${changed.length} hosts` : `on ${changed.length} of these hosts (${namesOf(changed)})`;
  return [{ weight: "warning", text: `approved before ${where}, which no longer counts: ${reasons.join("; ")}` }];
}

function changeOf({ plan }: Subject, { step }: Member): Against {
  const before = step.voided?.findings ?? [];
  const now = step.findings ?? [];
  const added = without(now, before);
  const gone = without(before, now);
  const same = now.length - added.length;
  const reason = clean(step.voided?.reason ?? "");
  if (added.length === 0 && gone.length === 0) {
    return { weight: "warning", text: `approved before, but ${reason}; the findings are the same` };
  }
  const listed = (sign: string, findings: readonly Finding[]): string[] => {
    const more = findings.length - MOST_LISTED;
    const lines = findings.slice(0, MOST_LISTED).map((finding) => `${sign} ${findingWords(plan, finding)}`);
    return more > 0 ? [...lines, `${sign} … and ${grouped(more)} more`] : lines;
  };
  return {
    weight: "warning",
    text: `approved before, but ${reason}: ${added.length} new, ${gone.length} gone, ${same} the same`,
    lines: [...listed("+", added), ...listed("-", gone)],
  };
}

function without(findings: readonly Finding[], others: readonly Finding[]): readonly Finding[] {
  const keys = new Set(others.map(({ key }) => key));
  return findings.filter(({ key }) => !keys.has(key));
}
