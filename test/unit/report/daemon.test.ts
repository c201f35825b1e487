import { expect, test } from "vitest";
import { daemonHealth, daemonMetrics } from "../../../src/report/daemon.ts";
import { newStatus } from "../../../src/schedule/status.ts";

test.each([
  ["its loop has not come round for a minute", { round: -61_000 }],
  ["the record of runs cannot be used", { recordFault: "/secret/place: the disk is full" }],
  ["the file of schedules is wrong, and there is no earlier one", { scheduleFaults: 2 }],
])("is not healthy where %s, and tells everybody no more than that", (problem, parts) => {
  const { status, body } = daemonHealth({ ...newStatus(0), ...parts }, 0);
  expect([status, JSON.parse(body)]).toMatchObject([503, { ok: false, problems: [problem] }]);
  expect(body).not.toContain("secret");
});

test.each([
  ["waits to take over", { role: "standby" as const }],
  ["has a wrong file of schedules, and an earlier one in force", { scheduleFaults: 2, schedules: 3 }],
])("is healthy where it %s", (_, parts) => {
  expect(daemonHealth({ ...newStatus(0), ...parts }, 59_000).status).toBe(200);
});

test("metrics are counters where they count, and leave out what is not known", () => {
  const status = newStatus(0);
  status.fires.set("a skip", 3);
  status.lastFire.set("a", 1_500);
  status.outbox.set("ops", { due: 2, lost: 1 });
  const { body } = daemonMetrics(status);
  expect(body).toContain("# TYPE runbook_daemon_leader gauge\nrunbook_daemon_leader 0\n");
  expect(body).toContain(
    '# TYPE runbook_schedule_fires_total counter\nrunbook_schedule_fires_total{schedule="a",act="skip"} 3\n',
  );
  expect(body).toContain('runbook_schedule_last_fire_timestamp_seconds{schedule="a"} 1.5\n');
  expect(body).toContain('runbook_daemon_outbox_messages{notification="ops"} 2\n');
  expect(body).toContain('runbook_daemon_outbox_lost_messages{notification="ops"} 1\n');
  expect(body).not.toMatch(/^runbook_daemon_schedules |last_success/m);
});
