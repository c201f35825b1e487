import { seenOf } from "../engine/evolve-step.ts";
import type { HostState, StepState } from "../engine/state.ts";
import { waiverOf } from "../engine/waiver.ts";
import type { Waiver } from "../model/approval.ts";
import type { EarlierLook } from "../model/check.ts";
import type { Finding } from "../model/finding.ts";
import { HIDDEN } from "../view/evidence.ts";
import type { Change, HealthFinding, HealthGone, HealthWaiver } from "./health.ts";
import { rankOf } from "./health-rate.ts";
import { judgedOf, type Checked } from "./health-run.ts";
import { iso } from "./moment.ts";
import { shownValues } from "../view/privacy.ts";

/** All that the runs of a check found, the worst first; findings of one step together, the unwaived first. */
export function findingsOf(runs: readonly Checked[]): HealthFinding[] {
  const all = runs.flatMap((run) => judgedSteps(run).flatMap((at) => stepFindings(run, at)));
  return all.toSorted(
    (a, b) => Number(a.waiver !== null) - Number(b.waiver !== null) || rankOf(b.severity) - rankOf(a.severity),
  );
}

/** What earlier checks had found, and this one looked for and did not find. */
export function goneOf(runs: readonly Checked[]): HealthGone[] {
  return runs.flatMap((run) =>
    judgedSteps(run).flatMap(({ host, step, earlier }) => {
      const there = new Set([...seenOf(step), ...step.waived].map(({ key }) => key));
      const gone = (earlier?.findings ?? []).filter(({ key }) => !there.has(key));
      return gone.map(({ key, since }): HealthGone => ({
        runbook: run.state.plan.runbook.name,
        step: step.plan.id,
        severity: step.plan.severity,
        host: host.host,
        what: run.privacy(host.host).text(keyWords(step, key)),
        since: iso(since),
      }));
    }),
  );
}

type At = { readonly host: HostState; readonly step: StepState; readonly earlier: EarlierLook | undefined };

/** Where it is known what is there. */
function judgedSteps({ state, part }: Checked): At[] {
  const looks = new Map(part.earlier.map((look) => [`${look.step} ${look.host}`, look]));
  return [...state.hosts.values()].flatMap((host) =>
    host.steps.flatMap((step): At[] => {
      const judged = judgedOf(host, step);
      if (judged === null || judged.findings === "unknown") return [];
      return [{ host, step, earlier: looks.get(`${step.plan.id} ${host.host}`) }];
    }),
  );
}

function stepFindings({ state }: Checked, { host, step, earlier }: At): HealthFinding[] {
  const { plan } = step;
  const known = new Map(earlier?.findings.map(({ key, since }) => [key, since]));
  const at = { host: host.host, step: plan.id };
  const told = (finding: Finding, waiver: Waiver | undefined): HealthFinding => {
    const since = known.get(finding.key);
    const change: Change = earlier === undefined ? "first" : since === undefined ? "new" : "still";
    return {
      runbook: state.plan.runbook.name,
      ...at,
      title: plan.title,
      severity: plan.severity,
      key: shownKey(step, finding.key),
      values: shownValues([plan], finding),
      columns: plan.columns,
      change,
      since: iso(since ?? step.seenAt),
      waiver: waiver === undefined ? null : waiverWords(waiver),
    };
  };
  return [
    ...seenOf(step).map((finding) => told(finding, undefined)),
    ...step.waived.map((finding) => told(finding, waiverOf(state.waivers, at, finding))),
  ];
}

function waiverWords({ by, until, reason, where }: Waiver): HealthWaiver {
  return { by, until: iso(until), reason, where: where ?? null };
}

/** A finding of which only its key is known. */
function keyWords(step: StepState, key: string): string {
  const cells: unknown = JSON.parse(shownKey(step, key));
  return Array.isArray(cells) ? cells.map((cell) => (cell === null ? "-" : String(cell))).join(", ") : key;
}

/** A key that holds something private tells nothing. */
function shownKey({ plan }: StepState, key: string): string {
  return plan.columns.some((column) => column.key && column.private) ? JSON.stringify([HIDDEN]) : key;
}
