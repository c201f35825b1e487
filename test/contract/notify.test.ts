import { createHmac } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import { startTelling } from "../../src/notify/notifier.ts";
import { httpReceiver } from "../kit/http-receiver.ts";
import { eventually } from "../kit/processes.ts";
import { HOUR, MINUTE, notificationsOf, notifying, write, tellOnce } from "../kit/notifying.ts";
import { manualRunbook } from "../kit/story.ts";
import { scheduledRun, type Fate } from "../kit/scheduled.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "runbook-notify-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const left: Fate = { outcome: "found", reason: "a dry run" };

function kindsIn(bodies: readonly { readonly body: string }[]): string[] {
  return bodies.map(({ body }) => String(JSON.parse(body).kind));
}

describe("a webhook", () => {
  test("gets the message as JSON, signed, with an id that stays the same over attempts", async () => {
    await using receiver = await httpReceiver();
    await using record = SqliteRecord.open(directory);
    const secret = { env: "KEY" };
    const { after } = notifying(
      record,
      notificationsOf({ name: "ops", webhook: { url: receiver.url, secret, headers: { "X-Team": { env: "TEAM" } } } }),
      { env: { KEY: "hunter22", TEAM: "storage" } },
    );
    receiver.answers(() => ({ status: 503 }));
    await write(record, scheduledRun("r1", { web1: left }));
    await after(0);
    receiver.answers(() => ({ status: 200, body: "ok" }));
    await after(MINUTE);
    const [first, second, ...others] = receiver.received;
    expect(others).toEqual([]);
    expect(second?.body).toBe(first?.body);
    const body = JSON.parse(second?.body ?? "");
    expect(body).toMatchObject({ version: 1, kind: "found", run: "r1", hosts: { count: 1, names: ["web1"] } });
    expect(second).toMatchObject({
      method: "POST",
      path: "/hook",
      headers: { "idempotency-key": body.id, "x-runbook-kind": "found", "x-team": "storage" },
    });
    expect(first?.headers["idempotency-key"]).toBe(body.id);
    // As docs/notifications.md says that a receiver does it.
    const [, t = "", v1 = ""] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(second?.headers["x-runbook-signature"])) ?? [];
    expect(v1).toBe(createHmac("sha256", "hunter22").update(`${t}.${second?.body}`).digest("hex"));
    expect(await record.outbox.list({ all: true, most: 10 })).toMatchObject([{ state: "sent", attempts: 2 }]);
  });

  test.each([
    [400, "refused"],
    [404, "refused"],
    [302, "refused"],
    [408, "due"],
    [425, "due"],
    [429, "due"],
    [500, "due"],
  ])("that answers %i makes the message %s", async (status, state) => {
    await using receiver = await httpReceiver();
    await using record = SqliteRecord.open(directory);
    const { after, words } = notifying(record, notificationsOf({ name: "ops", webhook: { url: receiver.url } }));
    receiver.answers(() => ({
      status,
      headers: { location: "http://127.0.0.1:1/elsewhere" },
      body: "no\u001b[31m\nmore",
    }));
    await write(record, scheduledRun("r1", { web1: left }));
    await after(0);
    expect(receiver.received).toHaveLength(1);
    const [message] = await record.outbox.list({ all: true, most: 10 });
    expect(message).toMatchObject({ state, attempts: 1 });
    expect(message?.why).toContain(`HTTP ${status}`);
    expect(message?.why).not.toContain("\u001b");
    expect(words).toMatchObject([{ notification: "ops", state, why: message?.why }]);
    await after(12 * HOUR);
    expect(receiver.received).toHaveLength(state === "due" ? 2 : 1);
  });

  test("that says when it wants to be asked again is left alone until then", async () => {
    await using receiver = await httpReceiver();
    await using record = SqliteRecord.open(directory);
    const { after } = notifying(record, notificationsOf({ name: "ops", webhook: { url: receiver.url } }));
    receiver.answers(() => ({ status: 429, headers: { "retry-after": "3600" } }));
    await write(record, scheduledRun("r1", { web1: left }));
    await after(0);
    await after(59 * MINUTE);
    expect(receiver.received).toHaveLength(1);
    receiver.answers(() => ({ status: 200 }));
    await after(MINUTE);
    expect(receiver.received).toHaveLength(2);
  });

  test("whose answer never ends is read no further than its beginning", async () => {
    await using receiver = await httpReceiver();
    await using record = SqliteRecord.open(directory);
    const { after } = notifying(record, notificationsOf({ name: "ops", webhook: { url: receiver.url } }));
    receiver.answers(() => ({ status: 400, body: "x".repeat(20_000_000) }));
    await write(record, scheduledRun("r1", { web1: left }));
    await after(0);
    expect((await record.outbox.list({ all: true, most: 1 }))[0]?.why.length).toBeLessThan(400);
  });

  test("in Slack's format gets one text", async () => {
    await using receiver = await httpReceiver();
    await using record = SqliteRecord.open(directory);
    const { after } = notifying(
      record,
      notificationsOf({ name: "ops", webhook: { url: { env: "URL" }, format: "slack" } }),
      { env: { URL: receiver.url } },
    );
    await write(record, scheduledRun("r1", { web1: "waits" }));
    await after(0);
    const { text } = JSON.parse(receiver.received[0]?.body ?? "");
    expect(text).toContain("`Needs approval: A process holds a deleted log on web1`");
    expect(text).toMatch(/approve: {2}runbook approve r1 --digest [0-9a-f]{12}/);
  });
});

describe("the outbox", () => {
  test("loses nothing while a receiver is down for an hour, and holds up nobody else", async () => {
    await using well = await httpReceiver();
    const gone = await httpReceiver();
    const { url } = gone;
    await gone[Symbol.asyncDispose]();
    await using record = SqliteRecord.open(directory);
    const { after } = notifying(
      record,
      notificationsOf({ name: "down", webhook: { url } }, { name: "well", webhook: { url: well.url } }),
    );
    const runs = 12;
    for (let run = 0; run < runs; run += 1) {
      await write(record, scheduledRun(`r${run}`, { web1: run % 2 === 0 ? left : "clear" }));
      await after(5 * MINUTE);
    }
    expect(kindsIn(well.received)).toEqual(
      Array.from({ length: runs }, (_, run) => (run % 2 === 0 ? "found" : "recovered")),
    );
    await using back = await httpReceiver();
    const again = notifying(record, notificationsOf({ name: "down", webhook: { url: back.url } }));
    await again.after(2 * HOUR);
    const ids = back.received.map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(ids).size).toBe(runs);
    expect(ids).toHaveLength(runs);
    expect(await record.outbox.amounts("down")).toEqual({ due: 0, lost: 0 });
  });

  test("waits for no receiver that hangs; what is broken off at the end is delivered by the next one", async () => {
    await using hangs = await httpReceiver();
    await using well = await httpReceiver();
    hangs.answers(() => ({ status: 200, hang: true }));
    await using record = SqliteRecord.open(directory);
    const both = notificationsOf(
      { name: "hangs", webhook: { url: hangs.url } },
      { name: "well", webhook: { url: well.url } },
    );
    const { notifier, after } = notifying(record, both);
    {
      await using telling = startTelling(notifier);
      for (const run of ["r1", "r2", "r3"]) {
        await write(record, scheduledRun(run, { web1: run === "r2" ? "clear" : left }));
        await telling.round();
        // Only once it has been sent does the next round have to see to it.
        expect(await eventually(() => well.received.length === Number(run.slice(1)))).toBe(true);
      }
      expect(await eventually(() => hangs.received.length === 1)).toBe(true);
    }
    expect(await record.outbox.amounts("hangs")).toEqual({ due: 3, lost: 0 });
    hangs.answers(() => ({ status: 200 }));
    await after(0);
    expect(kindsIn(hangs.received)).toEqual(["found", "found", "recovered", "found"]);
    expect(new Set(hangs.received.map(({ headers }) => headers["idempotency-key"])).size).toBe(3);
  });

  test("sums up what is more than the limit of an hour in one message, and names each", async () => {
    await using receiver = await httpReceiver();
    await using record = SqliteRecord.open(directory);
    const { after } = notifying(record, notificationsOf({ name: "ops", limit: 3, webhook: { url: receiver.url } }));
    for (let run = 0; run < 8; run += 1) {
      await write(record, scheduledRun(`r${run}`, { web1: run % 2 === 0 ? left : "clear" }));
    }
    await after(0);
    expect(kindsIn(receiver.received)).toEqual(["found", "recovered", "summary"]);
    const { messages, title } = JSON.parse(receiver.received[2]?.body ?? "");
    expect(messages).toHaveLength(6);
    expect(title).toBe("6 messages in one, more than the hourly limit: 3 found, 3 recovered");
    await write(record, scheduledRun("r8", { web1: left }));
    await write(record, scheduledRun("r9", { web1: "clear" }));
    await after(59 * MINUTE);
    expect(receiver.received).toHaveLength(3);
    await after(2 * MINUTE);
    expect(kindsIn(receiver.received.slice(3))).toEqual(["found", "recovered"]);
  });

  test("gives up after days of attempts, keeps the message, and sends it once somebody wants that", async () => {
    await using receiver = await httpReceiver();
    await using record = SqliteRecord.open(directory);
    const { after, words } = notifying(record, notificationsOf({ name: "ops", webhook: { url: receiver.url } }));
    receiver.answers(() => ({ status: 500 }));
    await write(record, scheduledRun("r1", { web1: left }));
    for (let hour = 0; hour < 80; hour += 1) await after(HOUR);
    expect(words.at(-1)?.state).toBe("expired");
    // Fewer than one an hour by far: it is left alone longer and longer.
    expect(receiver.received.length).toBeGreaterThan(10);
    expect(receiver.received.length).toBeLessThan(50);
    receiver.answers(() => ({ status: 200 }));
    await after(HOUR);
    expect(await record.outbox.list({ all: true, most: 1 })).toMatchObject([{ state: "expired" }]);
    const [message] = await record.outbox.list({ all: true, most: 1 });
    expect(await record.outbox.retry(message?.notice.id.slice(0, 8) ?? "")).toBe(1);
    await after(0);
    expect(await record.outbox.list({ all: true, most: 1 })).toMatchObject([{ state: "sent" }]);
  });

  test("makes each message once, however often and by whomever the record is read", async () => {
    await using receiver = await httpReceiver();
    const notifications = notificationsOf({ name: "ops", webhook: { url: receiver.url } });
    await using record = SqliteRecord.open(directory);
    await write(record, scheduledRun("r1", { web1: left, web2: "away" }));
    const { notifier, after } = notifying(record, notifications);
    let read = false;
    const archive = {
      read: async (run: string) => {
        const entries = await record.read(run);
        // Somebody else does the same at the same moment, and is quicker.
        if (!read) {
          read = true;
          await after(0);
        }
        return entries;
      },
    };
    await tellOnce({ ...notifier, archive });
    await after(0);
    expect(receiver.received).toHaveLength(2);
    const list = await record.outbox.list({ all: true, most: 10 });
    expect(list.map(({ notice }) => notice.kind).toSorted()).toEqual(["found", "unknown"]);
  });

  test("gathers what a run at work finds for a minute, and waits for no end of it", async () => {
    await using receiver = await httpReceiver();
    await using record = SqliteRecord.open(directory);
    const { after } = notifying(record, notificationsOf({ name: "ops", webhook: { url: receiver.url } }));
    const entries = scheduledRun("r1", { web1: left, web2: left }, { open: true });
    await write(record, entries);
    await after(30_000);
    expect(receiver.received).toEqual([]);
    await after(MINUTE);
    expect(JSON.parse(receiver.received[0]?.body ?? "")).toMatchObject({ hosts: { count: 2 } });
  });

  test("keeps what waits to be delivered when the run is taken out of the record", async () => {
    await using receiver = await httpReceiver();
    await using record = SqliteRecord.open(directory);
    const { after } = notifying(record, notificationsOf({ name: "ops", webhook: { url: receiver.url } }));
    receiver.answers(() => ({ status: 500 }));
    await write(record, scheduledRun("r1", { web1: left }));
    await after(0);
    expect(await record.ledger.remove("r1")).toBe(true);
    receiver.answers(() => ({ status: 200 }));
    await after(HOUR);
    expect(await record.outbox.list({ all: true, most: 10 })).toMatchObject([{ state: "sent", notice: { run: "r1" } }]);
  });

  test("tells once of a host that does not answer, however many runbooks a check has", async () => {
    await using receiver = await httpReceiver();
    await using record = SqliteRecord.open(directory);
    const { after } = notifying(record, notificationsOf({ name: "ops", webhook: { url: receiver.url } }));
    const loaded = manualRunbook();
    await write(record, scheduledRun("r1", { web1: "away" }));
    await write(record, scheduledRun("r2", { web1: "away" }, { loaded }));
    await after(0);
    expect(kindsIn(receiver.received)).toEqual(["unknown"]);
    await write(record, scheduledRun("r3", { web1: "clear" }));
    await write(record, scheduledRun("r4", { web1: "clear" }, { loaded }));
    await after(0);
    expect(kindsIn(receiver.received)).toEqual(["unknown", "recovered"]);
  });

  test("tells of no run but those of schedules", async () => {
    await using receiver = await httpReceiver();
    await using record = SqliteRecord.open(directory);
    const { after } = notifying(record, notificationsOf({ name: "ops", webhook: { url: receiver.url } }));
    const [first, ...rest] = scheduledRun("r1", { web1: left });
    if (first?.event.type !== "run-started") throw new Error("a run begins with its plan");
    const { schedule: _, ...plan } = first.event.plan;
    await write(record, [{ ...first, event: { ...first.event, plan } }, ...rest]);
    await after(HOUR);
    expect(await record.outbox.list({ all: true, most: 10 })).toEqual([]);
  });
});
