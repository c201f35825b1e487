import { groupRating, hostRating, type Judged } from "../../src/engine/score.ts";
import type { Severity } from "../../src/model/runbook.ts";
import type { Health, HealthCell, HealthFinding, HealthHost, HealthRating } from "../../src/report/health.ts";

/** A finding of a check, which is not waived unless it says so. */
export function healthFinding(over: Partial<HealthFinding> = {}): HealthFinding {
  return {
    runbook: "disk-full",
    step: "release-log",
    title: "A process holds a deleted log",
    severity: "critical",
    host: "web1",
    key: "4242",
    values: { path: "/var/log/of-a-secret" },
    columns: [{ name: "path", type: "string", private: false, key: true }],
    change: "still",
    since: "2026-11-01T00:00:00.000Z",
    waiver: null,
    ...over,
  };
}

const cell = (runbook: string, over: Partial<HealthCell> = {}): HealthCell => {
  return { runbook, state: "clear", severity: null, findings: 0, waived: 0, unknown: 0, reason: "", ...over };
};

const WAIVER = { by: "ada", until: "2027-01-01T00:00:00.000Z", reason: "known", where: "waivers.yml:3" };

/** A check of four hosts by two runbooks: one host is ill, one is unknown in part, one was not reached, one is well; a third runbook was left out, and a fourth concerns none of them. */
export function someHealth(names: readonly string[] = ["web1", "web2", "db1", "db2"]): Health {
  const [ill = "", partly = "", away = "", well = ""] = names;
  const found = cell("disk-full", { state: "found", severity: "critical", findings: 2 });
  const gone = cell("disk-full", { state: "unknown", unknown: 1, reason: "no login: secret reason" });
  const hosts: HealthHost[] = [
    hostOf(
      ill,
      "web",
      [{ severity: "critical", findings: 2 }, judged],
      [found, cell("old-kernel", { state: "waived", waived: 1 })],
    ),
    hostOf(
      partly,
      "web",
      [judged, { severity: "warning", findings: "unknown" }],
      [cell("disk-full"), cell("old-kernel", { state: "unknown", unknown: 1 })],
    ),
    {
      ...hostOf(
        away,
        "db",
        [{ severity: "critical", findings: "unknown" }],
        [gone, cell("old-kernel", { state: "none" })],
      ),
      unreachable: { kind: "unreachable", message: "no route", hint: null },
    },
    hostOf(well, "db", [judged, judged], [cell("disk-full"), cell("old-kernel", { state: "skipped" })]),
  ];
  return {
    version: 1,
    check: "c1",
    inventory: "hosts.yml",
    by: "ada",
    machine: "bastion",
    schedule: null,
    startedAt: "2026-11-03T14:05:00.000Z",
    endedAt: "2026-11-03T14:05:08.500Z",
    ms: 8500,
    fleet: together(hosts),
    groups: ["web", "db"].map((group) => {
      const own = hosts.filter(({ groups }) => groups.includes(group));
      return { ...together(own), group, hosts: own.map(({ host }) => host) };
    }),
    hosts,
    runbooks: ["disk-full", "old-kernel", "left-out", "for-others"].map((runbook, at) => ({
      ...together(at === 0 ? hosts : []),
      waived: at === 1 ? 1 : 0,
      runbook,
      title: runbook,
      path: `runbooks/${runbook}.yml`,
      run: at >= 2 ? null : `r${at}`,
      left: at === 2 ? { lacks: "input", reason: "an input has no value", hint: null } : null,
      steps: [],
      hosts: at >= 2 ? 0 : 4,
      ms: 1000 * at,
    })),
    findings: [
      healthFinding({ host: ill }),
      healthFinding({ host: ill, key: "77", change: "new" }),
      healthFinding({ host: ill, runbook: "old-kernel", severity: "warning", waiver: WAIVER }),
    ],
    gone: [
      {
        runbook: "old-kernel",
        step: "s",
        severity: "warning",
        host: well,
        what: "an old one",
        since: "2026-11-01T00:00:00.000Z",
      },
    ],
    unknowns: [],
  };
}

const judged: Judged = { severity: "warning", findings: 0 };
const NONE: Readonly<Record<Severity, number>> = { info: 0, warning: 0, critical: 0 };

function hostOf(host: string, group: string, steps: readonly Judged[], cells: readonly HealthCell[]): HealthHost {
  return { ...hostRating(steps), findings: NONE, waived: 0, host, groups: [group], unreachable: null, ms: 100, cells };
}

function together(hosts: readonly HealthHost[]): HealthRating {
  return { ...groupRating(hosts), findings: NONE, waived: 0 };
}
