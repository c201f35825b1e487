import type { Schedule } from "../../src/model/schedule.ts";
import type { ExportPlace } from "../../src/schedule/export.ts";
import { examineSchedules } from "../../src/schedule/compile.ts";

/** A schedule as a file with these lines says it; a name, a runbook, an inventory and `@hourly` stand in it unless they say otherwise. */
export function scheduleOf(lines: Readonly<Record<string, unknown>> = {}): Schedule {
  const written = { name: "a", runbook: "job", inventory: "web1,", cron: "@hourly", ...lines };
  // JSON is YAML.
  const text = JSON.stringify({ schedules: [{ ...written, ...("check" in lines && { runbook: undefined }) }] });
  const { schedules, faults } = examineSchedules(text, "schedules.yml", Date.UTC(2026, 0, 1));
  const [schedule] = schedules ?? [];
  if (schedule === undefined || faults.length > 0) throw new Error(JSON.stringify(faults));
  return schedule;
}

/** Where what is exported stands, and for whom. */
export const EXPORTED: Omit<ExportPlace, "program" | "directory"> = {
  source: "/etc/runbook/schedules.yml",
  to: "/etc/runbook",
  state: "/var/lib/runbook",
  user: "runbook",
  variables: {},
  now: Date.UTC(2026, 0, 1),
  zone: "UTC",
};

/** Zones whose clocks change at different times, by different spans, or never. */
export const ZONES = ["Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe", "UTC"] as const;
