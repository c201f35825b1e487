import { mkdtemp, rm } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import { gather, startTelling } from "../../src/notify/notifier.ts";
import { httpReceiver } from "../kit/http-receiver.ts";
import { HOUR, notificationsOf, notifying, write, tellOnce } from "../kit/notifying.ts";
import { scheduledRun, type Fate } from "../kit/scheduled.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "runbook-rounds-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const left: Fate = { outcome: "found", reason: "a dry run" };
const DAY = 24 * HOUR;

function never(): Promise<never> {
  return Promise.reject(new Error("this is read by nobody"));
}

test("a run of a schedule that tells nobody is not even read, and is not asked about again until it goes on", async () => {
  await using record = SqliteRecord.open(directory);
  const { notifier } = notifying(record, []);
  const entries = scheduledRun("r1", { web1: left }, { open: true });
  await write(record, entries);
  const clock = { ...notifier.clock, now: () => notifier.clock.now() + HOUR };
  await tellOnce({ ...notifier, clock, archive: { read: never } });
  expect(await record.outbox.behind()).toEqual([]);
  const ended = { type: "run-ended", exit: 2, outcome: "found" } as const;
  await record.append([{ run: "r1", seq: entries.length + 1, at: clock.now(), event: ended }]);
  expect(await record.outbox.behind()).toMatchObject([{ run: "r1", seq: entries.length, last: entries.length + 1 }]);
});

test("a round makes messages for seconds alone, and the next goes on where it left off", async () => {
  await using receiver = await httpReceiver();
  await using record = SqliteRecord.open(directory);
  const { notifier } = notifying(record, notificationsOf({ name: "ops", webhook: { url: receiver.url } }));
  for (let run = 0; run < 5; run += 1) await write(record, scheduledRun(`r${run}`, { [`web${run}`]: left }));
  let late = 0;
  const clock = { ...notifier.clock, now: () => notifier.clock.now() + late };
  const archive = {
    read: (run: string) => {
      late += 1_500;
      return record.read(run);
    },
  };
  const amounts: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    await tellOnce({ ...notifier, clock, archive });
    amounts.push(receiver.received.length);
  }
  expect(amounts).toEqual([2, 4, 5]);
});

test("what is wrong with the record is told once an hour", async () => {
  await using record = SqliteRecord.open(directory);
  const { notifier } = notifying(record, notificationsOf({ name: "ops", command: ["true"] }));
  await write(record, scheduledRun("r1", { web1: left }));
  let late = 0;
  const problems: string[] = [];
  await using telling = startTelling({
    ...notifier,
    clock: { ...notifier.clock, now: () => notifier.clock.now() + late },
    archive: { read: never },
    problem: (words) => void problems.push(words),
  });
  for (; late < 2.5 * HOUR; late += HOUR / 4) await telling.round();
  expect(problems).toHaveLength(3);
});

test("what was refused is kept longer than what was delivered, and not for ever", async () => {
  await using receiver = await httpReceiver();
  await using record = SqliteRecord.open(directory);
  const { after } = notifying(record, notificationsOf({ name: "ops", webhook: { url: receiver.url } }));
  await write(record, scheduledRun("r1", { web1: left }));
  await after(0);
  receiver.answers(() => ({ status: 400 }));
  await write(record, scheduledRun("r2", { web1: "clear" }));
  await after(0);
  const states = async () => (await record.outbox.list({ all: true, most: 9 })).map(({ state }) => state);
  expect(await states()).toEqual(["refused", "sent"]);
  expect(await record.outbox.amounts("ops")).toEqual({ due: 0, lost: 1 });
  await after(31 * DAY);
  expect(await states()).toEqual(["refused"]);
  await after(60 * DAY);
  expect(await states()).toEqual([]);
});

test("a message for a notification that is no more is given up after days, and is still there", async () => {
  await using record = SqliteRecord.open(directory);
  const gone = await httpReceiver();
  const { url } = gone;
  await gone[Symbol.asyncDispose]();
  await write(record, scheduledRun("r1", { web1: left }));
  await notifying(record, notificationsOf({ name: "ops", webhook: { url } })).after(0);
  const { after } = notifying(record, []);
  await after(2 * DAY);
  expect(await record.outbox.amounts("ops")).toEqual({ due: 1, lost: 0 });
  await after(2 * DAY);
  expect(await record.outbox.list({ all: false, most: 9 })).toMatchObject([
    { state: "expired", why: "there is no notification of that name" },
  ]);
});

test("a run whose record is damaged is told as such once it has ended, and holds up no other", async () => {
  await using receiver = await httpReceiver();
  await using record = SqliteRecord.open(directory);
  const notifications = notificationsOf({ name: "ops", on: ["waiting"], webhook: { url: receiver.url } });
  const { notifier } = notifying(record, notifications);
  await write(record, scheduledRun("r1", { web1: left }));
  await write(record, scheduledRun("r2", { web2: "waits" }));
  {
    using database = new DatabaseSync(join(directory, "runbook.db"));
    database.exec(`update entry set event = '{"type":"de' where run = 'r1' and seq = 2`);
  }
  const problems: string[] = [];
  for (let round = 0; round < 2; round += 1) {
    await gather(notifier, (error) => void problems.push(String(error)));
    await tellOnce(notifier);
  }
  expect(problems).toEqual([expect.stringContaining("the record is damaged: run r1, entry 2")]);
  expect(receiver.received.map(({ body }) => JSON.parse(body))).toMatchObject([
    { kind: "waiting", run: "r2" },
    {
      kind: "unknown",
      title: "Cannot tell: what a run of schedule nightly found cannot be read",
      run: "r1",
      reason: "the record is damaged: run r1, entry 2",
      more: "runbook history verify r1",
    },
  ]);
});
