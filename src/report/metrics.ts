import { Severity } from "../model/runbook.ts";
import { Outcome } from "../model/finding.ts";
import type { DocumentCell, RunDocument } from "./document.ts";
import { expositionOf, type Family, type Sample } from "./exposition.ts";
import type { Health, HealthCell, HealthHost, HealthRating } from "./health.ts";

/**
 * What metrics are made of: a run or a check, and the name of what shows it (the file, without its ending), which is a label of every series.
 * Two files of one directory have two names, so they never hold the same series.
 */
export type Measured =
  | { readonly kind: "check"; readonly source: string; readonly health: Health }
  | { readonly kind: "run"; readonly source: string; readonly document: RunDocument };

/** The metrics of all of these, in Prometheus' text format. Names and numbers only: no texts of hosts, no findings, no values. */
export function metricsOf(all: readonly Measured[]): string {
  const found = all.flatMap((one) => (one.kind === "check" ? ofCheck(one.source, one.health) : ofRun(one)));
  const groups = Map.groupBy(found, ({ name }): string => name);
  const families = Object.entries(HELP).map(([name, help]): Family => {
    return { name, help, samples: (groups.get(name) ?? []).map(({ labels, value }) => ({ labels, value })) };
  });
  return expositionOf(families);
}

/**
 * All metrics there are, in the order in which they are written. A text here is never changed once it was released: node_exporter drops the
 * series of a file that says another than the first (files of two versions may lie in one directory). What means something else gets another name.
 */
const HELP = {
  runbook_fleet_health_score: "Health score of all hosts of the check, 0 to 100; absent where nothing could be judged.",
  runbook_fleet_confidence_ratio: "Share of the steps on hosts that could be judged, 0 to 1.",
  runbook_group_health_score: "Health score of a group of hosts, 0 to 100.",
  runbook_group_confidence_ratio: "Share of the steps on hosts of a group that could be judged, 0 to 1.",
  runbook_host_health_score: "Health score of a host, 0 to 100; absent where nothing could be judged.",
  runbook_host_confidence_ratio: "Share of the steps on a host that could be judged, 0 to 1.",
  runbook_check_host_status:
    "What a runbook found on a host: 0 clear, 1 waived, 2 info, 3 warning, 4 critical, 5 unknown.",
  runbook_check_findings: "Findings of the check that are not waived.",
  runbook_check_new_findings: "Those of them that the check before did not have.",
  runbook_check_persisting_findings: "Those of them that the check before had as well.",
  runbook_check_waived_findings: "Findings that are accepted until a date.",
  runbook_check_gone_findings: "What the check before had found, and this one did not.",
  runbook_check_unknown_steps: "Steps on hosts that could not be judged.",
  runbook_check_hosts: "Hosts by the worst that any runbook says of them.",
  runbook_check_runbook_checked: "1: the runbook was checked; 0: it was left out.",
  runbook_check_duration_seconds: "How long the check took.",
  runbook_check_detect_duration_seconds: "What the looks of a runbook took, on all hosts together.",
  runbook_check_start_timestamp_seconds: "When the check began, in seconds since the epoch.",
  runbook_check_end_timestamp_seconds: "When the check ended, in seconds since the epoch; absent while it has not.",
  runbook_run_hosts: "Hosts of the run by their outcome.",
  runbook_run_findings: "Findings of the run that are still there, and not waived.",
  runbook_run_steps: "Steps on hosts of the run by their outcome.",
  runbook_run_waiting_approvals: "Steps on hosts that wait for a person.",
  runbook_run_recurring_problems: "Steps on hosts that were fixed three times or more within a week.",
  runbook_run_duration_seconds: "How long the run took, from its beginning to the last that is on record.",
  runbook_run_detect_duration_seconds: "What the looks of the run took, on all hosts together.",
  runbook_run_fix_duration_seconds: "What the fixes of the run took, on all hosts together.",
  runbook_run_verify_duration_seconds: "What proving the fixes took, on all hosts together.",
  runbook_run_rollback_duration_seconds: "What rollbacks took, on all hosts together.",
  runbook_run_dry_run: "1: nothing was to be changed.",
  runbook_run_exit_code: "The exit code of the run; absent while it has not ended.",
  runbook_run_start_timestamp_seconds: "When the run began, in seconds since the epoch.",
  runbook_run_end_timestamp_seconds: "When the run ended, in seconds since the epoch; absent while it has not.",
} as const;
type Name = keyof typeof HELP;

type Named = Sample & { readonly name: Name };

/** Makes samples of one source, with further labels; those without a value are none. */
type Give = (name: Name, labels: Readonly<Record<string, string>>, value: number | null) => Named[];

function giveOf(common: Readonly<Record<string, string>>): Give {
  return (name, labels, value) => (value === null ? [] : [{ name, labels: { ...common, ...labels }, value }]);
}

const seconds = (iso: string | null): number | null => (iso === null ? null : Date.parse(iso) / 1000);

function ofCheck(source: string, health: Health): Named[] {
  const give = giveOf({ source });
  return [
    ...rated(give, "fleet", {}, health.fleet),
    ...health.groups.flatMap((one) => rated(give, "group", { group: one.group }, one)),
    ...health.hosts.flatMap((one) => rated(give, "host", { host: one.host }, one)),
    ...health.hosts.flatMap(({ host, cells }) =>
      cells.flatMap((cell) => give("runbook_check_host_status", { host, runbook: cell.runbook }, statusOf(cell))),
    ),
    ...findingsOf(give, health),
    ...HOST_STATES.flatMap((state) =>
      give("runbook_check_hosts", { state }, health.hosts.filter((host) => stateOf(host) === state).length),
    ),
    ...health.runbooks.flatMap(({ runbook, run, left }) =>
      // One that concerns none of the hosts was neither checked nor left out.
      run === null && left === null ? [] : give("runbook_check_runbook_checked", { runbook }, left === null ? 1 : 0),
    ),
    ...checkedOf(health).flatMap(({ runbook, ms, unknown }) => [
      ...give("runbook_check_unknown_steps", { runbook }, unknown),
      ...give("runbook_check_detect_duration_seconds", { runbook }, Math.round(ms) / 1000),
    ]),
    ...give("runbook_check_duration_seconds", {}, Math.round(health.ms) / 1000),
    ...give("runbook_check_start_timestamp_seconds", {}, seconds(health.startedAt)),
    ...give("runbook_check_end_timestamp_seconds", {}, seconds(health.endedAt)),
  ];
}

function rated(
  give: Give,
  of: "fleet" | "group" | "host",
  labels: Readonly<Record<string, string>>,
  { score, confidence }: HealthRating,
): Named[] {
  return [
    ...give(`runbook_${of}_health_score`, labels, score),
    ...give(`runbook_${of}_confidence_ratio`, labels, confidence === null ? null : confidence / 100),
  ];
}

/** A number for colours: worse is more. Null: the runbook does not concern the host, or was not checked. */
function statusOf({ state, severity }: HealthCell): number | null {
  switch (state) {
    case "clear":
      return 0;
    case "waived":
      return 1;
    case "found":
      return 2 + Severity.options.indexOf(severity ?? "info");
    case "unknown":
      return 5;
    case "skipped":
    case "none":
    case "not-checked":
      return null;
  }
}

/** None is 0 and not absent: a series that goes away says nothing. */
function findingsOf(give: Give, health: Health): Named[] {
  const { findings, gone } = health;
  const open = findings.filter(({ waiver }) => waiver === null);
  return checkedOf(health).flatMap(({ runbook, waived }) => [
    ...Severity.options.flatMap((severity) => {
      const own = open.filter((one) => one.runbook === runbook && one.severity === severity);
      const changed = (change: string): number => own.filter((one) => one.change === change).length;
      return [
        ...give("runbook_check_findings", { runbook, severity }, own.length),
        ...give("runbook_check_new_findings", { runbook, severity }, changed("new")),
        ...give("runbook_check_persisting_findings", { runbook, severity }, changed("still")),
      ];
    }),
    ...give("runbook_check_waived_findings", { runbook }, waived),
    ...give("runbook_check_gone_findings", { runbook }, gone.filter((one) => one.runbook === runbook).length),
  ]);
}

const checkedOf = ({ runbooks }: Health): Health["runbooks"] => runbooks.filter(({ run }) => run !== null);

const HOST_STATES = ["unreachable", "found", "unknown", "waived", "clear", "skipped"] as const;

function stateOf({ unreachable, cells }: HealthHost): (typeof HOST_STATES)[number] {
  if (unreachable !== null) return "unreachable";
  const states = new Set(cells.map(({ state }) => state));
  if (cells.some(({ unknown }) => unknown > 0)) states.add("unknown");
  return (["found", "unknown", "waived", "clear"] as const).find((state) => states.has(state)) ?? "skipped";
}

function ofRun({ source, document }: Extract<Measured, { kind: "run" }>): Named[] {
  const give = giveOf({ source, runbook: document.runbook.name });
  const cells = document.hosts.flatMap(({ steps }) => steps);
  const took = (of: (cell: DocumentCell) => number): number =>
    Math.round(cells.reduce((sum, cell) => sum + of(cell), 0)) / 1000;
  return [
    ...Outcome.options.flatMap((outcome) => give("runbook_run_hosts", { outcome }, document.counts[outcome])),
    ...ofSteps(give, document),
    ...give("runbook_run_duration_seconds", {}, (Date.parse(document.lastAt) - Date.parse(document.startedAt)) / 1000),
    ...give("runbook_run_detect_duration_seconds", {}, took(detecting)),
    ...give("runbook_run_fix_duration_seconds", {}, took(fixing)),
    ...give("runbook_run_verify_duration_seconds", {}, took(proving)),
    ...give("runbook_run_rollback_duration_seconds", {}, took(undoing)),
    ...give("runbook_run_dry_run", {}, document.dryRun ? 1 : 0),
    ...give("runbook_run_exit_code", {}, document.exit),
    ...give("runbook_run_start_timestamp_seconds", {}, seconds(document.startedAt)),
    ...give("runbook_run_end_timestamp_seconds", {}, seconds(document.endedAt)),
  ];
}

const sumOf = (all: readonly { readonly ms: number }[]): number => all.reduce((sum, { ms }) => sum + ms, 0);
const fixing = ({ fixes }: DocumentCell): number => sumOf(fixes);
const proving = ({ verifications }: DocumentCell): number => sumOf(verifications);
const undoing = ({ rollback }: DocumentCell): number => rollback?.ms ?? 0;
/** All that took time and was none of the others. */
const detecting = (cell: DocumentCell): number => Math.max(0, cell.ms - fixing(cell) - proving(cell) - undoing(cell));

const there = (cell: DocumentCell): number => cell.findings.filter(({ state }) => state === "there").length;

function ofSteps(give: Give, { steps, hosts }: RunDocument): Named[] {
  const all = steps.map(({ step, severity }, at) => ({
    step,
    severity,
    cells: hosts.flatMap((host) => host.steps[at] ?? []),
  }));
  return [
    ...Severity.options.flatMap((severity) => {
      const cells = all.filter((one) => one.severity === severity).flatMap((one) => one.cells);
      return give(
        "runbook_run_findings",
        { severity },
        cells.reduce((sum, cell) => sum + there(cell), 0),
      );
    }),
    ...all.flatMap(({ step, cells }) => [
      ...Outcome.options.flatMap((outcome) =>
        give("runbook_run_steps", { step, outcome }, cells.filter((cell) => cell.outcome === outcome).length),
      ),
      ...give("runbook_run_waiting_approvals", { step }, cells.filter(({ outcome }) => outcome === "waiting").length),
      ...give("runbook_run_recurring_problems", { step }, cells.filter(({ recurring }) => recurring).length),
    ]),
  ];
}
