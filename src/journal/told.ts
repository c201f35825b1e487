import type { Kysely } from "kysely";
import * as z from "zod";
import { NoticeKind } from "../model/notification.ts";
import type { ToldLine } from "../notice/news.ts";
import type { ToldPlace } from "../notice/notices.ts";
import type { ToldSchedule } from "../notice/outbox.ts";
import { HOST } from "../notice/standing.ts";
import { ready } from "./ready.ts";
import type { Tables } from "./schema.ts";

const Lines = z.array(z.object({ key: z.string(), kind: NoticeKind, mark: z.string() }));

/** In the place of a runbook: of whatever runbook of the schedule. */
const ANY = "";
/** In the place of a host, and of its step: the schedule itself. */
const ITSELF = { runbook: ANY, host: "", step: HOST } as const;

const TOLD =
  "select host, step, lines from notice_told where name = ? and schedule = ? and runbook in (?, ?) and host <> ?";

/** What a notification was told of the hosts of a runbook of a schedule. */
export async function told(
  database: Kysely<Tables>,
  name: string,
  schedule: string,
  runbook: string,
): Promise<readonly ToldPlace[]> {
  const values = [name, schedule, runbook, ANY, ITSELF.host];
  const rows = await ready<Pick<Tables["notice_told"], "host" | "step" | "lines">>(database, TOLD, values);
  return rows.map(({ host, step, lines }) => ({ host, step, lines: Lines.parse(JSON.parse(lines)) }));
}

const TOLD_OF = `
  select name, schedule, lines from json_each(?) as pair join notice_told
  on name = pair.value ->> 0 and schedule = pair.value ->> 1 and runbook = ? and host = ? and step = ?`;

/** What notifications were told of schedules themselves. */
export async function toldOf(
  database: Kysely<Tables>,
  wanted: readonly Pick<ToldSchedule, "name" | "schedule">[],
): Promise<readonly ToldSchedule[]> {
  const pairs = JSON.stringify(wanted.map(({ name, schedule }) => [name, schedule]));
  const { runbook, host, step } = ITSELF;
  const rows = await ready<Pick<Tables["notice_told"], "name" | "schedule" | "lines">>(database, TOLD_OF, [
    pairs,
    runbook,
    host,
    step,
  ]);
  return rows.map(({ lines, ...row }) => ({ ...row, told: Lines.parse(JSON.parse(lines)) }));
}

/** Remembers what a notification was told last of a step of a host, in the place of what it was told before. */
export async function remember(
  database: Kysely<Tables>,
  { name, schedule, runbook }: { readonly name: string; readonly schedule: string; readonly runbook: string },
  { host, step, lines }: ToldPlace,
): Promise<void> {
  await write(database, [name, schedule, step === HOST ? ANY : runbook, host, step], lines);
}

/** Remembers what a notification was told last of a schedule itself. */
export async function rememberSchedule(
  database: Kysely<Tables>,
  { name, schedule, told: lines }: ToldSchedule,
): Promise<void> {
  const { runbook, host, step } = ITSELF;
  await write(database, [name, schedule, runbook, host, step], lines);
}

const REMEMBER =
  "insert or replace into notice_told (name, schedule, runbook, host, step, lines) values (?, ?, ?, ?, ?, ?)";
const FORGET = "delete from notice_told where name = ? and schedule = ? and runbook = ? and host = ? and step = ?";

async function write(database: Kysely<Tables>, place: readonly string[], lines: readonly ToldLine[]): Promise<void> {
  if (lines.length === 0) await ready(database, FORGET, place);
  else await ready(database, REMEMBER, [...place, JSON.stringify(lines)]);
}
