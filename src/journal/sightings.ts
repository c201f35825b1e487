import type { Kysely } from "kysely";
import * as z from "zod";
import { questionOf } from "../engine/question.ts";
import { collect } from "../engine/sightings.ts";
import { Entry, type EventOf } from "../model/event.ts";
import type { RunPlan, StepPlan } from "../model/plan.ts";
import type { RunsNeeded, Sighting } from "../model/sighting.ts";
import { ready } from "./ready.ts";
import type { Tables } from "./schema.ts";

/** Keeps the last look of each run at the steps that several runs must find, in the transaction that writes the entry. */
export async function noteSighting(database: Kysely<Tables>, { run, at, event }: Entry): Promise<void> {
  if (event.type === "run-started") await ask(database, run, event.plan);
  if (event.type === "run-resumed") await askAgain(database, run, event);
  if (event.type === "reached") await ready(database, MACHINE, [event.machineId, event.machineId, run, event.host]);
  if (event.type === "detected") {
    const keys = JSON.stringify(event.findings.map(({ key }) => key));
    await ready(database, SEEN, [at, keys, run, event.host, event.step]);
  }
  // What else is there is told as a look of its own.
  if (event.type === "verified") await ready(database, SEEN, [at, "[]", run, event.host, event.step]);
}

/** What was seen on another machine under this name was not seen on this one. */
const MACHINE =
  "update sighting set keys = case when machine is ? then keys else '[]' end, machine = ? where run = ? and host = ?";
const SEEN = "update sighting set at = ?, keys = ? where run = ? and host = ? and step = ?";
const ASKED = `
  insert into sighting (run, host, step, runbook, question) values (?, ?, ?, ?, ?)
  on conflict (run, host, step) do update set question = excluded.question, at = null, keys = '[]'
  where question <> excluded.question
`;

async function ask(database: Kysely<Tables>, run: string, plan: RunPlan): Promise<void> {
  for (const step of plan.steps) {
    if (step.confirm.runs === undefined) continue;
    for (const host of plan.hosts) {
      const question = questionOf(plan, step, host);
      await ready(database, ASKED, [run, host, step.id, plan.runbook.name, question]);
    }
  }
}

/** A run that goes on with another runbook or other inputs may ask something else from here on. */
async function askAgain(database: Kysely<Tables>, run: string, { accepted }: EventOf<"run-resumed">): Promise<void> {
  if (accepted === undefined) return;
  const [row] = await ready<Tables["entry"]>(database, "select * from entry where run = ? and seq = 1", [run]);
  const first = row === undefined ? null : Entry.parse({ ...row, event: JSON.parse(row.event) }).event;
  if (first?.type === "run-started") await ask(database, run, { ...first.plan, ...accepted.plan });
}

/** What earlier runs found that asked the same of the same hosts; newest first of each host and step, and no more than can matter. */
export async function sightingsFor(database: Kysely<Tables>, plan: RunPlan, since: number): Promise<Sighting[]> {
  const found: Sighting[] = [];
  for (const step of plan.steps) {
    const needed = step.confirm.runs;
    if (needed === undefined) continue;
    for (const host of plan.hosts) found.push(...(await sightingsOf(database, { plan, step, host, needed, since })));
  }
  return found;
}

type Place = {
  readonly plan: RunPlan;
  readonly step: StepPlan;
  readonly host: string;
  readonly needed: RunsNeeded;
  readonly since: number;
};

const PAGE = 64;
const LOOKS = `
  select run, at, machine, keys from sighting
  where runbook = ? and host = ? and step = ? and (at, run) < (?, ?) and at >= ? and question = ?
  order by at desc, run desc limit ${PAGE}
`;
const Keys = z.array(z.string());

/** Page by page, since most hosts are told from their last look or two. */
async function sightingsOf(database: Kysely<Tables>, place: Place): Promise<readonly Sighting[]> {
  const { plan, step, host, needed, since } = place;
  const collected = collect(needed);
  const question = questionOf(plan, step, host);
  let from: { at: number; run: string } = { at: Number.MAX_SAFE_INTEGER, run: "" };
  for (;;) {
    const values = [plan.runbook.name, host, step.id, from.at, from.run, since, question];
    const rows = await ready<Pick<Sighting, "run" | "at" | "machine"> & { keys: string }>(database, LOOKS, values);
    for (const { run, at, machine, keys } of rows) {
      collected.take({ host, step: step.id, run, at, machine, keys: Keys.parse(JSON.parse(keys)) });
      if (collected.done()) return collected.kept;
      from = { at, run };
    }
    if (rows.length < PAGE) return collected.kept;
  }
}
