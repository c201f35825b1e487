import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import type { Event } from "../../src/model/event.ts";
import { ended, fixStarted, planWith } from "../kit/tale.ts";

const HOUR = 3_600_000;
const on = (host: string) => ({ host, step: "step-1" });

function begin(name: string): Event {
  const plan = planWith({ schedule: { name, fire: 0, why: [] } });
  return { type: "run-started", format: 1, plan };
}

test("a schedule's runs are asked for the hosts that they have fixed, each when its fix ended, or began where it has no end", async () => {
  const directory = await mkdtemp(join(tmpdir(), "runbook-fixed-"));
  const record = SqliteRecord.open(directory);
  let seq = 0;
  const tell = async (run: string, at: number, event: Event): Promise<void> =>
    record.append([{ run, seq: (seq += 1), at, event }]);
  await tell("night", HOUR, begin("nightly"));
  await tell("night", 2 * HOUR, fixStarted(null, on("host1")));
  await tell("night", 3 * HOUR, ended("fixed", "", on("host1")));
  await tell("night", 4 * HOUR, fixStarted("a", on("host2")));
  await tell("night", 5 * HOUR, fixStarted("b", on("host2")));
  seq = 0;
  await tell("other", HOUR, begin("weekly"));
  await tell("other", 9 * HOUR, fixStarted(null, on("host1")));
  const done = { host: "host1", run: "night", at: 3 * HOUR };
  const doing = { host: "host2", run: "night", at: 5 * HOUR };
  expect(await record.fixedBy("nightly", 0)).toEqual([done, doing]);
  expect(await record.fixedBy("nightly", 4 * HOUR)).toEqual([doing]);
  expect(await record.fixedBy("nightly", 6 * HOUR)).toEqual([]);
  await record[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});
