import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import { httpReceiver, type HttpReceiver } from "../kit/http-receiver.ts";
import { HOUR, MINUTE, notificationsOf, notifying, write } from "../kit/notifying.ts";
import { scheduledRun, type Fate } from "../kit/scheduled.ts";

let directory: string;
let receiver: HttpReceiver;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "runbook-queues-"));
  receiver = await httpReceiver();
});
afterEach(async () => {
  await receiver[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const left: Fate = { outcome: "found", reason: "a dry run" };

function kinds(from = 0): string[] {
  return receiver.received.slice(from).map(({ body }) => String(JSON.parse(body).kind));
}

/** Runs of which each is news, on a host of its own. */
async function news(record: SqliteRecord, name: string, amount: number): Promise<void> {
  for (let at = 0; at < amount; at += 1) await write(record, scheduledRun(`${name}${at}`, { [`${name}-${at}`]: left }));
}

/** Runs of which each asks a person. */
async function requests(record: SqliteRecord, name: string, amount: number): Promise<void> {
  for (let at = 0; at < amount; at += 1)
    await write(record, scheduledRun(`${name}${at}`, { [`${name}-${at}`]: "waits" }));
}

test("a request for approval goes before all news, and has an hour's limit of its own", async () => {
  await using record = SqliteRecord.open(directory);
  const { after } = notifying(record, notificationsOf({ name: "ops", limit: 3, webhook: { url: receiver.url } }));
  await news(record, "n", 5);
  await requests(record, "q", 1);
  await after(0);
  expect(kinds()).toEqual(["waiting", "found", "found", "summary"]);
  // The hour of news is used up; that of requests is not.
  await news(record, "m", 1);
  await requests(record, "p", 1);
  await after(MINUTE);
  expect(kinds(4)).toEqual(["waiting"]);
});

test("a flood of requests is summed up as well, apart from the news", async () => {
  await using record = SqliteRecord.open(directory);
  const { after } = notifying(record, notificationsOf({ name: "ops", limit: 2, webhook: { url: receiver.url } }));
  await news(record, "n", 1);
  await requests(record, "q", 6);
  await after(0);
  expect(kinds()).toEqual(["waiting", "summary", "found"]);
  const { messages, title } = JSON.parse(receiver.received[1]?.body ?? "");
  expect(title).toBe("5 messages in one, more than the hourly limit: 5 waiting");
  expect(messages[0]).toMatchObject({ kind: "waiting", more: "runbook approvals q1" });
  // The summary has taken the last place of the requests.
  await requests(record, "p", 2);
  await after(MINUTE);
  expect(kinds(3)).toEqual([]);
  await after(HOUR);
  expect(kinds(3)).toEqual(["waiting", "waiting"]);
});

test("a request that the receiver never takes does not hold up the news", async () => {
  await using record = SqliteRecord.open(directory);
  const { after } = notifying(record, notificationsOf({ name: "ops", webhook: { url: receiver.url } }));
  receiver.answers(({ headers }) => ({ status: headers["x-runbook-kind"] === "waiting" ? 500 : 204 }));
  await requests(record, "q", 1);
  await news(record, "n", 3);
  for (let round = 0; round < 10; round += 1) await after(MINUTE);
  expect(kinds().filter((kind) => kind === "found")).toHaveLength(3);
  expect(await record.outbox.amounts("ops")).toEqual({ due: 1, lost: 0 });
});
