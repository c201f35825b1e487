import { ailmentsOf, type DaemonStatus } from "../schedule/status.ts";
import { expositionOf, type Family, type Sample } from "./exposition.ts";
import { jsonText } from "./json.ts";

type Served = { readonly status: number; readonly type: string; readonly body: string };

/** `/healthz`: 200 where the daemon does its work, or waits to take over; else 503 with why not. `ticks`: ms by a clock that nobody sets. */
export function daemonHealth(status: DaemonStatus, ticks: number): Served {
  const problems = ailmentsOf(status, ticks);
  const { role, schedules, scheduleFaults, running, waiting } = status;
  const body = { ok: problems.length === 0, role, problems, schedules, scheduleFaults, running, waiting };
  return { status: problems.length === 0 ? 200 : 503, type: "application/json", body: `${jsonText(body)}\n` };
}

/** `/metrics` in Prometheus' text format: names of schedules and numbers only. */
export function daemonMetrics(status: DaemonStatus): Served {
  const body = expositionOf(familiesOf(status));
  return { status: 200, type: "text/plain; version=0.0.4; charset=utf-8", body };
}

/** A text here is never changed once it was released: what means something else gets another name. */
const HELP = {
  runbook_daemon_leader: "1: this daemon acts for the schedules; 0: it waits to take over, or does not know yet.",
  runbook_daemon_record_ok: "1: the record of runs can be used; 0: it cannot, and nothing is started.",
  runbook_daemon_schedules: "Schedules that are in force; absent where there are none yet.",
  runbook_daemon_schedules_faults: "Faults in the file of schedules as it stands now; those before stay in force.",
  runbook_daemon_schedules_loaded_timestamp_seconds:
    "When the schedules in force were read, in seconds since the epoch.",
  runbook_daemon_reloads_total: "Times that the file of schedules was read since the daemon began.",
  runbook_daemon_reload_failures_total: "Those of them that found it wrong.",
  runbook_daemon_fires_running: "Fires whose run is at work.",
  runbook_daemon_fires_waiting: "Fires whose run waits for a person.",
  runbook_daemon_given_up_total: "Fires whose run failed to go on too often since the daemon began.",
  runbook_daemon_outbox_messages: "Messages of a notification that are still to be delivered.",
  runbook_daemon_outbox_lost_messages: "Messages that a notification's receiver refused, or that were given up; kept.",
  runbook_schedule_fires_total: "Fires since the daemon began, by what was done: run, detect, or skip.",
  runbook_schedule_last_fire_timestamp_seconds:
    "When a schedule last fired without being skipped, in seconds since the epoch.",
  runbook_schedule_last_success_timestamp_seconds:
    "When a run of a schedule last ended with nothing left to do, in seconds since the epoch.",
} as const;

function familiesOf(status: DaemonStatus): Family[] {
  const values: Readonly<Record<keyof typeof HELP, readonly Sample[]>> = {
    runbook_daemon_leader: one(status.role === "leader" ? 1 : 0),
    runbook_daemon_record_ok: one(status.recordFault === null ? 1 : 0),
    runbook_daemon_schedules: one(status.schedules),
    runbook_daemon_schedules_faults: one(status.scheduleFaults),
    runbook_daemon_schedules_loaded_timestamp_seconds: one(seconds(status.loadedAt)),
    runbook_daemon_reloads_total: one(status.reloads),
    runbook_daemon_reload_failures_total: one(status.failedReloads),
    runbook_daemon_fires_running: one(status.running),
    runbook_daemon_fires_waiting: one(status.waiting),
    runbook_daemon_given_up_total: one(status.givenUp),
    runbook_daemon_outbox_messages: ofOutbox(status, ({ due }) => due),
    runbook_daemon_outbox_lost_messages: ofOutbox(status, ({ lost }) => lost),
    runbook_schedule_fires_total: [...status.fires].map(([key, value]) => {
      const [schedule = "", act = ""] = key.split(" ");
      return { labels: { schedule, act }, value };
    }),
    runbook_schedule_last_fire_timestamp_seconds: each(status.lastFire),
    runbook_schedule_last_success_timestamp_seconds: each(status.lastSuccess),
  };
  return Object.entries(HELP).map(([name, help]): Family => {
    const samples = Object.entries(values).find(([key]) => key === name)?.[1] ?? [];
    return { name, help, samples, type: name.endsWith("_total") ? "counter" : "gauge" };
  });
}

type Amounts = { readonly due: number; readonly lost: number };

function ofOutbox({ outbox }: DaemonStatus, amount: (amounts: Amounts) => number): Sample[] {
  return [...outbox].map(([notification, amounts]) => ({ labels: { notification }, value: amount(amounts) }));
}

function one(value: number | null): Sample[] {
  return value === null ? [] : [{ labels: {}, value }];
}

function each(times: ReadonlyMap<string, number>): Sample[] {
  return [...times].map(([schedule, at]) => ({ labels: { schedule }, value: at / 1000 }));
}

function seconds(at: number | null): number | null {
  return at === null ? null : at / 1000;
}
