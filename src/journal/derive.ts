import type { Kysely } from "kysely";
import { EarlierLook } from "../model/check.ts";
import type { Entry, Event, EventOf } from "../model/event.ts";
import { sourceOf } from "../schedule/restraint.ts";
import { noteSighting } from "./sightings.ts";
import { ready } from "./ready.ts";
import type { Tables } from "./schema.ts";

/** Brings the tables that follow the entries up to date with one that is being written, in its transaction. */
export async function derive(database: Kysely<Tables>, entry: Entry): Promise<void> {
  await noteRun(database, entry);
  await noteFix(database, entry);
  await noteClaim(database, entry);
  await noteRefusal(database, entry);
  await noteLook(database, entry);
  await noteSighting(database, entry);
}

async function noteRun(database: Kysely<Tables>, { run, at, event }: Entry): Promise<void> {
  if (event.type === "run-started") {
    const { plan } = event;
    const row = {
      run,
      runbook: plan.runbook.name,
      hosts: plan.hosts.length,
      started_at: at,
      ended_at: null,
      exit: null,
      check_id: plan.check?.check ?? null,
      schedule: plan.schedule?.name ?? null,
      outcome: null,
    };
    await database.insertInto("run").values(row).execute();
    await database.insertInto("run_order").values({ run }).execute();
    await noteSchedule(database, run, plan);
  }
  if (event.type === "run-ended")
    await setEnd(database, run, { ended_at: at, exit: event.exit, outcome: event.outcome });
  if (event.type === "run-resumed") await setEnd(database, run, { ended_at: null, exit: null, outcome: null });
}

/** Only of runs of schedules are messages made. */
async function noteSchedule(
  database: Kysely<Tables>,
  run: string,
  { schedule, runbook }: EventOf<"run-started">["plan"],
): Promise<void> {
  if (schedule === undefined) return;
  const row = { run, schedule: schedule.name, runbook: runbook.name, seq: 0 };
  await database.insertInto("notice_run").values(row).execute();
}

const GOES_ON = "update notice_run set behind = 1 where run = ? and behind = 0";

/** Notes that a run has more on record than anybody was told of. */
export async function noteNews(database: Kysely<Tables>, run: string): Promise<void> {
  await ready(database, GOES_ON, [run]);
}

async function setEnd(
  database: Kysely<Tables>,
  run: string,
  end: Pick<Tables["run"], "ended_at" | "exit" | "outcome">,
): Promise<void> {
  await database.updateTable("run").set(end).where("run", "=", run).execute();
}

const FIX_BEGAN = `
  insert into past_fix (run, host, step, runbook)
  select run, ?, ?, runbook from run where run = ? on conflict do nothing
`;
/** What was announced did not begin. An earlier one of the same step in this run may have. */
const FIX_KEPT_OUT = `
  delete from past_fix where run = ? and host = ? and step = ? and not exists (
    select 1 from entry
    where entry.run = past_fix.run and type in ('fix-finished', 'fix-lost', 'rebooted', 'reboot-failed')
      and event ->> '$.host' = past_fix.host and event ->> '$.step' = past_fix.step
  )
`;
const FIX_OVER = "update past_fix set at = ?, outcome = ? where run = ? and host = ? and step = ?";

async function noteFix(database: Kysely<Tables>, { run, at, event }: Entry): Promise<void> {
  if (event.type === "fix-started") {
    const { host, step } = event;
    await ready(database, FIX_BEGAN, [host, step, run]);
  }
  if (event.type === "locked-out") {
    const { host, step } = event;
    await ready(database, FIX_KEPT_OUT, [run, host, step]);
  }
  if (event.type === "step-ended") {
    const { host, step, outcome } = event;
    await ready(database, FIX_OVER, [at, outcome, run, host, step]);
  }
}

const LOOK_BEFORE = `
  select run.runbook as runbook, last_look.findings as findings
  from run left join last_look on last_look.runbook = run.runbook and last_look.host = ? and last_look.step = ?
  where run.run = ? and run.check_id is not null
`;
const LOOKED = `
  insert into last_look (runbook, host, step, run, at, findings) values (?, ?, ?, ?, ?, ?)
  on conflict do update set run = excluded.run, at = excluded.at, findings = excluded.findings
`;

/** Of the looks of checks the last counts; what it finds again has been there since it was first found. */
async function noteLook(database: Kysely<Tables>, { run, at, event }: Entry): Promise<void> {
  if (event.type !== "detected") return;
  const { host, step, findings } = event;
  const values = [host, step, run];
  const [known] = await ready<{ runbook: string; findings: string | null }>(database, LOOK_BEFORE, values);
  if (known === undefined) return;
  const before = new Map(
    EarlierLook.shape.findings.parse(JSON.parse(known.findings ?? "[]")).map((one) => [one.key, one.since]),
  );
  const now = findings.map(({ key }) => ({ key, since: before.get(key) ?? at }));
  await ready(database, LOOKED, [known.runbook, host, step, run, at, JSON.stringify(now)]);
}

async function noteClaim(database: Kysely<Tables>, { run, event }: Entry): Promise<void> {
  if (event.type === "asked") {
    await ready(database, "update claim set asked = 1 where digest = ? and run = ?", [event.digest, run]);
  }
  const over = answered(event);
  if (over === null) return;
  const { host, step } = over;
  await ready(database, "delete from claim where run = ? and host = ? and step = coalesce(?, step)", [run, host, step]);
}

const REFUSED = `
  insert or replace into refusal (runbook, host, step, schedule, digest, run, by, reason, at)
  select runbook, ?, ?, schedule, ?, run, ?, ?, ? from run where run = ? and schedule is not null and ? <> ?||schedule
`;
const GONE = "delete from refusal where runbook = (select runbook from run where run = ?) and host = ? and step = ?";

/** A person's no to what a run of a schedule asked, until some run sees that it is gone. What a schedule takes back is no such no. */
async function noteRefusal(database: Kysely<Tables>, { run, at, event }: Entry): Promise<void> {
  if (event.type === "denied") {
    const { host, step, digest, by, reason } = event;
    await ready(database, REFUSED, [host, step, digest, by, reason, at, run, by, sourceOf({ name: "" })]);
  }
  if (event.type === "step-ended" && (event.outcome === "clear" || event.outcome === "fixed")) {
    await ready(database, GONE, [run, event.host, event.step]);
  }
}

/** The step, or the whole host, on which nothing is asked any more once this has happened. */
function answered(event: Event): { readonly host: string; readonly step: string | null } | null {
  switch (event.type) {
    case "denied":
    case "approval-voided":
    case "waived":
    case "fix-started":
    case "not-concerned":
    case "undetermined":
    // Also one that is open: a resumed run asks anew, and until then nobody is asked here.
    case "step-ended":
      return event;
    case "unreachable":
      return { host: event.host, step: null };
    case "run-started":
    case "reached":
    case "concerned":
    case "facts-read":
    case "detected":
    case "previewed":
    case "asked":
    case "asked-elsewhere":
    case "endorsed":
    case "approved":
    case "deferred":
    case "locked-out":
    case "lock-taken":
    case "fix-finished":
    case "fix-lost":
    case "fix-refused":
    case "rebooted":
    case "reboot-failed":
    case "verified":
    case "verify-failed":
    case "disarmed":
    case "timer-lost":
    case "rollback-started":
    case "rollback-finished":
    case "rollback-refused":
    case "rollback-lost":
    case "host-skipped":
    case "admitted":
    case "paused":
    case "continued":
    case "frozen":
    case "unfrozen":
    case "run-resumed":
    case "stop-requested":
    case "run-ended":
      return null;
  }
}
