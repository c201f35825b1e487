import { expect, test } from "vitest";
import type { ExportPlace } from "../../../src/schedule/export.ts";
import { systemdUnits } from "../../../src/schedule/systemd.ts";
import { EXPORTED, scheduleOf } from "../../kit/schedules.ts";

const PLACE: ExportPlace = { ...EXPORTED, program: ["/usr/bin/runbook"], directory: "/etc/run book\\" };

test("a backslash at the end of a value makes no part of it of the line that follows", () => {
  const made = systemdUnits(scheduleOf({ about: "all of C:\\" }), PLACE);
  const service = "files" in made ? (made.files.get("runbook-a.service") ?? "") : "";
  // Systemd cuts the blank off.
  expect(service).toContain("Description=runbook: all of C:\\ \nWants=");
  expect(service).toContain("WorkingDirectory=/etc/run book\\ \nExecStart=");
});

test("what systemd would not start, or what would stand in the place of the daemon, is refused", () => {
  expect(systemdUnits(scheduleOf(), { ...PLACE, program: ["/opt/ada's/node"] })).toEqual({
    refusals: ["systemd starts no program with such a path: /opt/ada's/node"],
  });
  expect(systemdUnits(scheduleOf({ name: "daemon" }), PLACE)).toHaveProperty("refusals");
});
