import type { DatabaseSync } from "node:sqlite";
import type { Generated } from "kysely";
import { seal } from "./seal.ts";

/** The tables of the record. Times are ms since the epoch, yes and no are 1 and 0. Only `entry` is the truth: `run`, `past_fix`, `claim`, `refusal`, `last_look` and `sighting` follow it. */
export type Tables = {
  run: {
    run: string;
    runbook: string;
    hosts: number;
    started_at: number;
    ended_at: number | null;
    exit: number | null;
    /** The check that it is a part of; null: none. */
    check_id: string | null;
    /** The schedule that asked for it; null: a person did. */
    schedule: string | null;
    /** Its worst outcome; null: it has no end. */
    outcome: string | null;
  };
  entry: {
    run: string;
    seq: number;
    at: number;
    type: string;
    /** JSON of the event. */
    event: string;
    /** What `chain` makes of this entry and the one before; null: written by a runbook that knew none. */
    hash: string | null;
  };
  /** Runs whose entries up to a number got their hashes long after they were written, and when. */
  sealed: { run: string; seq: number; at: number };
  /** Keeps the order in which runs began within one millisecond. */
  run_order: { id: Generated<number>; run: string };
  /** Who may write a run's record. The fence goes up with every holder; the writer is null where a system does not tell. */
  lease: {
    run: string;
    fence: number;
    held: number;
    host: string | null;
    pid: number | null;
    started: string | null;
    by: string;
    since: number;
    expires: number;
  };
  /** Decisions left for whoever holds a run. */
  mail: {
    id: Generated<number>;
    run: string;
    digest: string;
    verdict: string;
    by: string;
    /** JSON of the decision. */
    decision: string;
    answered: number;
    refused: string | null;
  };
  /** No fix starts anywhere: one row, that of the last time. `lifted_by` null: it holds. */
  freeze: { one: number; since: number; by: string; reason: string; lifted_by: string | null };
  /** Runs that somebody wants to stop, until whoever has the run takes it; `kill`: and have its fixes ended. */
  stop_request: { run: string; by: string; kill: number };
  /** Which run asks for what; `asked` once that is on record. */
  claim: { digest: string; run: string; host: string; step: string; asked: number };
  /** Fixes that began, and how their step ended last; null: not yet. */
  past_fix: {
    run: string;
    host: string;
    step: string;
    runbook: string;
    at: number | null;
    outcome: string | null;
  };
  /** The last no of a person to what runs of schedules asked, until it is found gone. */
  refusal: {
    runbook: string;
    host: string;
    step: string;
    schedule: string;
    digest: string;
    run: string;
    by: string;
    reason: string;
    at: number;
  };
  /** The last look of a check at a step of a host; `findings`: what it found, as JSON, each since when. */
  last_look: { runbook: string; host: string; step: string; run: string; at: number; findings: string };
  /** Where a step is to be found by several runs: which question (see `engine/question`) a run asks of a host, and its last look; `at` null: none yet. */
  sighting: {
    run: string;
    host: string;
    step: string;
    runbook: string;
    question: string;
    machine: string | null;
    at: number | null;
    /** JSON of the keys that it found. */
    keys: string;
  };
  /** The daemon's book: every fire that it has decided on, before anything is started. Lists are JSON. */
  fire: {
    id: Generated<number>;
    schedule: string;
    nominal: number;
    at: number;
    act: string;
    why: string;
    /** The id of its run or check; null: it was skipped. */
    run: string | null;
    runbooks: string;
    stage: string;
    replaced: number;
    begun: number | null;
    ended: number | null;
    exit: number | null;
    tries: number;
    retry_at: number | null;
    seq: number | null;
    until: number | null;
    note: string | null;
  };
  /** The file of schedules that the daemon goes by. */
  schedule_source: { one: number; file: string };
  /** What is known of a schedule's earlier fires. */
  schedule: { schedule: string; expression: string; settled: number; seen: number };
  /** Schedules that somebody has paused; `until` null: until somebody resumes them. */
  schedule_pause: { schedule: string; by: string; since: number; until: number | null; reason: string | null };
  /** Runs of schedules, and up to which entry of each messages were made; `behind`: there may be more by now. */
  notice_run: { run: string; schedule: string; runbook: string; seq: number; behind: Generated<number> };
  /** What a notification was told of a step of a host (`step` empty: the host), and has not been told otherwise since; `lines`: JSON. */
  notice_told: { name: string; schedule: string; runbook: string; host: string; step: string; lines: string };
  /** Messages until they are delivered, and for a while after; `name`: of the notification; `notice`: JSON. */
  outbox: {
    nr: Generated<number>;
    id: string;
    name: string;
    at: number;
    notice: string;
    state: string;
    attempts: number;
    first_tried: number | null;
    ended: number | null;
    why: string;
  };
  /** How a notification's receiver did last. */
  receiver: { name: string; failures: number; not_before: number };
};

/** What leads from each version of the tables to the next, in SQL or by a function; a new record goes all the way. */
export const MIGRATIONS: readonly (readonly (string | ((database: DatabaseSync) => void))[])[] = [
  [
    `
  create table run (
    run text primary key, runbook text not null, hosts integer not null,
    started_at integer not null, ended_at integer, exit integer
  ) strict;
  create table run_order (id integer primary key autoincrement, run text not null unique) strict;
  create table entry (
    run text not null, seq integer not null, at integer not null, type text not null, event text not null,
    primary key (run, seq)
  ) strict, without rowid;
  `,
  ],
  [
    `
  create table lease (
    run text primary key, fence integer not null, held integer not null, host text, pid integer, started text,
    by text not null, since integer not null, expires integer not null
  ) strict;
  create table mail (
    id integer primary key autoincrement, run text not null, digest text not null, verdict text not null, by text not null,
    decision text not null, answered integer not null, refused text
  ) strict;
  create index mail_open on mail (run, id) where answered = 0;
  create table claim (
    digest text primary key, run text not null, host text not null, step text not null, asked integer not null
  ) strict, without rowid;
  create index claim_of_run on claim (run, host, step);
  create index entry_waived on entry (run) where type = 'waived';
  create table past_fix (
    run text not null, host text not null, step text not null, runbook text not null, at integer, outcome text,
    primary key (run, host, step)
  ) strict, without rowid;
  create index past_fix_of_host on past_fix (runbook, host, step, at);
  insert into past_fix (run, host, step, runbook, at, outcome)
    with
      begun as materialized (
        select distinct run, event ->> '$.host' as host, event ->> '$.step' as step
        from entry where type = 'fix-started' and json_valid(event)
      ),
      over as materialized (
        select run, event ->> '$.host' as host, event ->> '$.step' as step, max(seq), at, event ->> '$.outcome' as outcome
        from entry where type = 'step-ended' and json_valid(event) group by 1, 2, 3
      )
    select run, host, step, run.runbook, over.at, over.outcome
    from begun join run using (run) left join over using (run, host, step)
    where host is not null and step is not null;
  `,
  ],
  [
    `
  alter table entry add column hash text;
  create table sealed (run text primary key, seq integer not null, at integer not null) strict, without rowid;
  create table freeze (
    one integer primary key check (one = 1), since integer not null, by text not null, reason text not null, lifted_by text
  ) strict;
  create table stop_request (run text primary key, by text not null) strict, without rowid;
  `,
    (database) => seal(database, Date.now()),
  ],
  ["alter table stop_request add column kill integer not null default 0"],
  [
    `
  alter table run add column check_id text;
  create table last_look (
    runbook text not null, host text not null, step text not null, run text not null, at integer not null, findings text not null,
    primary key (runbook, host, step)
  ) strict, without rowid;
    `,
  ],
  [
    `
  create table sighting (
    run text not null, host text not null, step text not null, runbook text not null, question text not null,
    machine text, at integer, keys text not null default '[]',
    primary key (run, host, step)
  ) strict, without rowid;
  create index sighting_of_host on sighting (runbook, host, step, at, run);
  `,
  ],
  [
    `
  alter table run add column schedule text;
  alter table run add column outcome text;
  create index run_of_schedule on run (schedule, run) where schedule is not null;
  create index run_of_check on run (check_id) where check_id is not null;
  update run set outcome = (
    select event ->> '$.outcome' from entry
    where entry.run = run.run and type = 'run-ended' and json_valid(event) order by seq desc limit 1
  ) where ended_at is not null;
    `,
  ],
  [
    `
  create table fire (
    id integer primary key autoincrement, schedule text not null, nominal integer not null, at integer not null,
    act text not null, why text not null, run text unique, runbooks text not null, stage text not null,
    replaced integer not null, begun integer, ended integer, exit integer, tries integer not null, retry_at integer,
    seq integer, until integer, note text
  ) strict;
  create index fire_of_schedule on fire (schedule, id);
  create index fire_open on fire (id) where stage <> 'over';
  create table schedule (
    schedule text primary key, expression text not null, settled integer not null, seen integer not null, fired text not null
  ) strict, without rowid;
  create table schedule_pause (
    schedule text primary key, by text not null, since integer not null, until integer, reason text
  ) strict, without rowid;
    `,
  ],
  [
    `
  create table notice_run (
    run text primary key, schedule text not null, runbook text not null, seq integer not null
  ) strict, without rowid;
  create table notice_told (
    name text not null, schedule text not null, runbook text not null, host text not null, step text not null, lines text not null,
    primary key (name, schedule, runbook, host, step)
  ) strict, without rowid;
  create table outbox (
    nr integer primary key autoincrement, id text not null unique, name text not null, at integer not null, notice text not null,
    state text not null, attempts integer not null, first_tried integer, ended integer, why text not null
  ) strict;
  create index outbox_of_name on outbox (name, state, ended);
  create index outbox_over on outbox (state, ended);
  create table receiver (name text primary key, failures integer not null, not_before integer not null) strict, without rowid;
    `,
  ],
  // The one that ended last is asked for of each schedule, again and again.
  ["create index fire_ended on fire (schedule, ended) where ended is not null"],
  ["create table schedule_source (one integer primary key check (one = 1), file text not null) strict"],
  [
    `
  alter table notice_run add column behind integer not null default 1;
  update notice_run set behind = 0 where seq >= (select max(seq) from entry where entry.run = notice_run.run);
  create index notice_run_behind on notice_run (run) where behind = 1;
    `,
  ],
  ["alter table schedule drop column fired"],
  [
    `
  create table refusal (
    runbook text not null, host text not null, step text not null, schedule text not null, digest text not null, run text not null,
    by text not null, reason text not null, at integer not null,
    primary key (runbook, host, step)
  ) strict, without rowid;
    `,
  ],
];
