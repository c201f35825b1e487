import { stepVerdict } from "../engine/outcome.ts";
import type { LeftOut } from "../model/check.ts";
import type { Severity } from "../model/runbook.ts";
import type { HealthCell } from "./health.ts";
import { rankOf, type Counted } from "./health-rate.ts";
import { judgedOf, type Checked } from "./health-run.ts";

/** A runbook on a host: how its steps count, and what it looks like in the table. */
export type Seen = { readonly cell: HealthCell; readonly counted: readonly Counted[] };

/** A runbook of a check that has a run, on one host. */
export function seenOf({ state, privacy }: Checked, name: string): Seen {
  const { runbook } = state.plan;
  const host = state.hosts.get(name);
  if (host === undefined) return { cell: emptyCell(runbook.name, "none"), counted: [] };
  const steps = host.steps.map((step) => ({ counted: judgedOf(host, step), verdict: stepVerdict(host, step) }));
  const counted = steps.flatMap((step) => step.counted ?? []);
  const findings = counted.reduce((sum, one) => sum + (one.findings === "unknown" ? 0 : one.findings), 0);
  const waived = counted.reduce((sum, one) => sum + one.waived, 0);
  const unknown = counted.filter((one) => one.findings === "unknown").length;
  const look = stateOf({ findings, waived, unknown, judged: counted.length });
  const told = steps.find(({ verdict }) => verdict.outcome === (look === "waived" ? "skipped" : look));
  return {
    counted,
    cell: {
      runbook: runbook.name,
      state: look,
      severity: worstOf(counted),
      findings,
      waived,
      unknown,
      // That a check only looks is no reason.
      reason: look === "found" ? "" : privacy(name).text(told?.verdict.reason ?? ""),
    },
  };
}

/** One that has none. */
export function leftSeen({ runbook, hosts, steps, lacks, reason }: LeftOut, name: string): Seen {
  if (lacks === null || !hosts.includes(name)) return { cell: emptyCell(runbook, "none"), counted: [] };
  // Of one that cannot be read nobody knows how many steps it has.
  const unread: readonly { readonly severity: Severity }[] = steps.length === 0 ? [{ severity: "warning" }] : steps;
  const counted = unread.map(({ severity }): Counted => ({ severity, findings: "unknown", waived: 0 }));
  const cell = { ...emptyCell(runbook, "not-checked"), unknown: counted.length, reason: reason ?? "" };
  return { cell, counted };
}

function emptyCell(runbook: string, state: HealthCell["state"]): HealthCell {
  return { runbook, state, severity: null, findings: 0, waived: 0, unknown: 0, reason: "" };
}

function stateOf(of: { findings: number; waived: number; unknown: number; judged: number }): HealthCell["state"] {
  if (of.findings > 0) return "found";
  if (of.unknown > 0) return "unknown";
  if (of.waived > 0) return "waived";
  return of.judged > 0 ? "clear" : "skipped";
}

function worstOf(counted: readonly Counted[]): Severity | null {
  const found = counted.filter(({ findings }) => findings !== "unknown" && findings > 0);
  return found.map(({ severity }) => severity).toSorted((a, b) => rankOf(b) - rankOf(a))[0] ?? null;
}
