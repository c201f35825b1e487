import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import { systemClock } from "../../src/run/clock.ts";
import { openMailbox } from "../../src/run/mailbox.ts";
import type { Verifier } from "../../src/run/ports.ts";
import type { LiveRun } from "../../src/run/run.ts";
import { after, planWith } from "../kit/tale.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "runbook-mailbox-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const RUN = "r1";
const PLAN = planWith({ policies: [{ source: "policy.yml", signers: "/signers", rules: [] }] });
const SIGNED = {
  host: "host1",
  step: "step-1",
  digest: "d".repeat(32),
  verdict: "approve",
  by: "ada",
  signature: { principal: "ada", key: "SHA256:a", text: "…" },
} as const;

/** A record with a run and a decision that was left for it; `live` stands in for the run that takes it. */
async function leave(record: SqliteRecord, live: Pick<LiveRun, "wish" | "recorded">, verifier: Verifier) {
  await record.append([{ run: RUN, seq: 1, at: 1, event: { type: "run-started", format: 1, plan: PLAN } }]);
  const letter = await record.desk.post(RUN, SIGNED);
  const over = new AbortController();
  const parts = {
    run: RUN,
    desk: record.desk,
    verifier,
    clock: systemClock,
    live: { stop: () => undefined, ...live },
    state: () => after(PLAN),
  };
  return { id: "id" in letter ? letter.id : 0, over, closed: openMailbox(parts, over.signal) };
}

test("nobody is told that a decision was taken before it is on record", async () => {
  await using record = SqliteRecord.open(directory);
  const heard = Promise.withResolvers<void>();
  const durable = Promise.withResolvers<void>();
  const live = { wish: () => (heard.resolve(), null), recorded: () => durable.promise };
  const { id, over, closed } = await leave(record, live, { verify: async () => null });
  await heard.promise;
  // Long enough for an answer that does not wait.
  await sleep(100);
  expect(await record.desk.answered(id)).toBeUndefined();
  durable.resolve();
  over.abort();
  await closed;
  expect(await record.desk.answered(id)).toEqual({ refused: null });
});

test("a decision whose signature is still being checked when the run ends stays on the desk", async () => {
  await using record = SqliteRecord.open(directory);
  const [asked, checked] = [Promise.withResolvers<void>(), Promise.withResolvers<null>()];
  const verify = () => (asked.resolve(), checked.promise);
  const heard: unknown[] = [];
  const live = { wish: (wish: unknown) => (heard.push(wish), null), recorded: async () => undefined };
  const { over, closed } = await leave(record, live, { verify });
  await asked.promise;
  over.abort();
  checked.resolve(null);
  await closed;
  expect(heard).toEqual([]);
  expect(await record.desk.posted(RUN)).toHaveLength(1);
});
