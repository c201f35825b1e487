import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import { PLAN } from "../kit/plans.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "runbook-orders-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test("of two who freeze the first does, and the other is told so; whoever thaws it is on record", async () => {
  await using record = SqliteRecord.open(directory);
  await using other = SqliteRecord.open(directory);
  const { orders } = record.desk;
  expect(await orders.of("a")).toEqual({ freeze: null, stop: null });
  expect(await orders.frozen()).toBeNull();
  const one = await orders.freeze("ada", "x");
  expect(one).toMatchObject({ by: "ada", reason: "x" });
  expect(await other.desk.orders.freeze("ben", "y")).toEqual(one);
  expect(await other.desk.orders.of("a")).toEqual({ freeze: { ...one, liftedBy: null }, stop: null });
  expect(await other.desk.orders.unfreeze("cyd")).toEqual(one);
  expect(await orders.of("a")).toEqual({ freeze: { ...one, liftedBy: "cyd" }, stop: null });
  expect([await orders.unfreeze("ada"), await orders.frozen()]).toEqual([null, null]);
  const again = await orders.freeze("ada", "");
  expect(again.since).toBeGreaterThan(one.since);
});

test("a run has heard of a freeze once that is on its record, not of an earlier one", async () => {
  await using record = SqliteRecord.open(directory);
  const { orders } = record.desk;
  const freeze = { by: "ada", since: 7, reason: "" };
  await record.append([
    { run: "a", seq: 1, at: 1, event: { type: "run-started", format: 1, plan: PLAN } },
    { run: "a", seq: 2, at: 2, event: { type: "frozen", ...freeze } },
  ]);
  expect(await orders.heard("a", freeze)).toBe(true);
  expect(await orders.heard("a", { ...freeze, since: 8 })).toBe(false);
  expect(await orders.heard("b", freeze)).toBe(false);
});

test("a stop is for one run, and is gone once it is taken", async () => {
  await using record = SqliteRecord.open(directory);
  await using other = SqliteRecord.open(directory);
  await record.desk.orders.stop("a", { by: "ada", kill: false });
  await record.desk.orders.stop("a", { by: "ben", kill: false });
  expect((await other.desk.orders.of("a")).stop).toEqual({ by: "ben", kill: false });
  expect((await other.desk.orders.of("b")).stop).toBeNull();
  await record.desk.orders.stop("a", { by: "cyd", kill: true });
  await other.desk.orders.stop("a", { by: "ada", kill: false });
  expect((await other.desk.orders.of("a")).stop).toEqual({ by: "cyd", kill: true });
  await other.desk.orders.stopped("a");
  expect((await record.desk.orders.of("a")).stop).toBeNull();
});
