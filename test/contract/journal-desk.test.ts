import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import { thisWriter } from "../../src/journal/writer.ts";
import type { Decision } from "../../src/model/approval.ts";
import type { Entry, Event } from "../../src/model/event.ts";
import type { Writer } from "../../src/model/plan.ts";
import type { Lease } from "../../src/run/ports.ts";
import { PLAN } from "../kit/plans.ts";
import { fixStarted, saw, unreachable } from "../kit/tale.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "runbook-desk-"));
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(directory, { recursive: true, force: true });
});

const entry = (run: string, seq: number, event: Event): Entry => ({ run, seq, at: 1_000_000 + seq, event });
const begun = (run: string): Entry => entry(run, 1, { type: "run-started", format: 1, plan: PLAN });

const HERE = thisWriter() as Writer;
const ADA = { writer: HERE, by: "ada" };
const FAR: Writer = { ...HERE, host: "another-machine" };

/** A writer of this machine whose process has ended. */
async function dead(): Promise<Writer> {
  const child = spawn("true");
  const { pid = 0 } = child;
  await once(child, "exit");
  return { ...HERE, pid };
}

async function taken(
  record: SqliteRecord,
  run: string,
  self: Parameters<SqliteRecord["desk"]["lease"]>[1],
): Promise<Lease> {
  const lease = await record.desk.lease(run, self);
  if (!("run" in lease)) throw new Error(`${lease.by} has it`);
  return lease;
}

describe("a lease", () => {
  test("is one process's, until it gives it back", async () => {
    await using record = SqliteRecord.open(directory);
    await using other = SqliteRecord.open(directory);
    const lease = await taken(record, "a", ADA);
    const holder = { ...ADA, since: expect.any(Number) };
    expect(await other.desk.lease("a", { ...ADA, by: "bob" })).toEqual(holder);
    expect(await other.desk.holder("a")).toEqual(holder);
    expect(await other.desk.holder("b")).toBeNull();
    await lease[Symbol.asyncDispose]();
    expect(await other.desk.holder("a")).toBeNull();
    await using _again = await taken(other, "a", { ...ADA, by: "bob" });
    expect(await record.desk.holder("a")).toMatchObject({ by: "bob" });
  });
  test("of a process that was killed is free at once", async () => {
    const program = resolve(import.meta.dirname, "fixtures/hold-lease.ts");
    const child = spawn(process.execPath, [program, directory, "a"], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    await using record = SqliteRecord.open(directory);
    expect(await record.desk.lease("a", ADA)).toMatchObject({ by: "ada", writer: { pid: child.pid } });
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await record.desk.holder("a")).toBeNull();
    await using _lease = await taken(record, "a", ADA);
    await record.append([entry("a", 2, { type: "stop-requested", by: "ada" })]);
    expect(await record.read("a")).toHaveLength(2);
  });

  test.each([
    ["on another machine", FAR],
    ["that cannot be told", undefined],
  ])("of a process %s lasts as long as it renews it", async (_, writer) => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
    await using record = SqliteRecord.open(directory);
    await using other = SqliteRecord.open(directory);
    await using _lease = await taken(record, "a", { writer, by: "ada" });
    for (let minute = 0; minute < 12; minute += 1) {
      vi.advanceTimersByTime(5_000);
      await other.desk.holder("a");
      await record.desk.holder("a");
    }
    expect(await other.desk.lease("a", ADA)).toMatchObject({ by: "ada", writer });
    // Its process is gone without a word: nothing renews it.
    vi.setSystemTime(Date.now() + 60_000);
    expect(await other.desk.holder("a")).toBeNull();
    await using _next = await taken(other, "a", { ...ADA, by: "bob" });
  });

  test("that was lost keeps its writer from writing, who is told who has the run", async () => {
    await using slow = SqliteRecord.open(directory);
    await using lease = await taken(slow, "a", { writer: await dead(), by: "ada" });
    await slow.append([begun("a")]);
    await using quick = SqliteRecord.open(directory);
    await using _theirs = await taken(quick, "a", { ...ADA, by: "bob" });
    await quick.append([entry("a", 2, { type: "stop-requested", by: "bob" })]);

    const stale = slow.append([entry("a", 3, { type: "stop-requested", by: "ada" })]);
    await expect(stale).rejects.toMatchObject({
      faults: [
        {
          kind: "journal",
          message: expect.stringMatching(
            new RegExp(`^run a is in the hands of bob \\(process ${process.pid} on .*\\) since .* UTC: nothing more`),
          ),
          hint: "`runbook history show a` tells what becomes of it",
        },
      ],
    });
    // What it gives back is not its own any more.
    await lease[Symbol.asyncDispose]();
    expect(await slow.desk.holder("a")).toMatchObject({ by: "bob" });
    expect((await quick.read("a")).map(({ seq }) => seq)).toEqual([1, 2]);
  });

  test("is what a writer needs where another has one", async () => {
    await using record = SqliteRecord.open(directory);
    await using other = SqliteRecord.open(directory);
    await using _lease = await taken(record, "a", ADA);
    await record.append([begun("a")]);
    await expect(other.append([entry("a", 2, { type: "stop-requested", by: "bob" })])).rejects.toThrow(/hands of ada/);
    await record.append([entry("a", 2, { type: "stop-requested", by: "ada" })]);
    expect(await record.read("a")).toHaveLength(2);
  });
});

describe("a claim", () => {
  const AT = { host: "host1", step: "step-1" };
  const card = (run: string, digest = "d") => ({ run, digest, ...AT });
  const asked = (digest = "d"): Event => ({ type: "asked", ...AT, digest });
  const politely = { over: false };

  test("is the first run's that asks, and its own again", async () => {
    await using record = SqliteRecord.open(directory);
    const { desk } = record;
    expect(await desk.claim(card("a"), politely)).toBeNull();
    await record.append([begun("a"), entry("a", 2, asked())]);
    expect(await desk.claim(card("b"), politely)).toEqual({ run: "a" });
    expect(await desk.claim(card("a"), politely)).toBeNull();
    expect(await desk.claim(card("b", "e"), politely)).toBeNull();
  });

  test("goes to whoever is there to be asked only from a run that nobody keeps alive", async () => {
    await using record = SqliteRecord.open(directory);
    const { desk } = record;
    await using lease = await taken(record, "a", ADA);
    await desk.claim(card("a"), politely);
    await record.append([begun("a"), entry("a", 2, asked())]);
    expect(await desk.claim(card("b"), { over: true })).toEqual({ run: "a" });
    await lease[Symbol.asyncDispose]();
    expect(await desk.claim(card("b"), politely)).toEqual({ run: "a" });
    expect(await record.asking()).toEqual(["a"]);
    expect(await desk.claim(card("b"), { over: true })).toBeNull();
    expect(await record.asking()).toEqual([]);
    expect(await desk.claim(card("c"), politely)).toBeNull();
  });

  test("that is taken over is on record where it was asked, and whoever asked it may write no more", async () => {
    await using record = SqliteRecord.open(directory);
    const stalled = await record.desk.lease("a", { writer: await dead(), by: "ada" });
    await record.desk.claim(card("a"), politely);
    await record.append([begun("a"), entry("a", 2, asked())]);
    await using other = SqliteRecord.open(directory);
    expect(await other.desk.claim(card("b"), { over: true })).toBeNull();
    expect((await other.read("a")).at(-1)).toEqual({
      run: "a",
      seq: 3,
      at: expect.any(Number),
      event: { type: "asked-elsewhere", ...AT, digest: "d", inRun: "b" },
    });
    expect(await other.sharing(["d", "another"])).toEqual(new Map([["d", ["a"]]]));
    expect(await other.sharing(["another"])).toEqual(new Map());
    await expect(record.append([entry("a", 3, saw(["k"]))])).rejects.toThrow(/nothing more is written here/);
    if ("run" in stalled) await stalled[Symbol.asyncDispose]();
  });

  test("of a run that died before its question was on record holds nobody up", async () => {
    await using record = SqliteRecord.open(directory);
    await record.desk.claim(card("a"), politely);
    expect(await record.desk.claim(card("b"), politely)).toBeNull();
  });

  test("is over when what is asked has changed", async () => {
    await using record = SqliteRecord.open(directory);
    const { desk } = record;
    await desk.claim(card("a"), politely);
    await desk.claim(card("a", "changed"), politely);
    await record.append([begun("a"), entry("a", 2, asked("changed"))]);
    expect(await desk.claim(card("b"), politely)).toBeNull();
    expect(await desk.claim(card("b", "changed"), politely)).toEqual({ run: "a" });
  });

  const end = { type: "step-ended", ...AT, outcome: "found", reason: "" } as const;
  const saying = { ...AT, digest: "d", by: "ada" };
  test.each<[string, Event, "over" | "held"]>([
    ["a denial", { type: "denied", ...saying, reason: "" }, "over"],
    ["an approval that does not count any more", { type: "approval-voided", ...AT, reason: "" }, "over"],
    ["a waiver", { type: "waived", ...AT, keys: ["k"], until: 9, by: "ada", reason: "" }, "over"],
    ["the fix", fixStarted(), "over"],
    ["the step's end", end, "over"],
    ["the loss of the host", unreachable("host1"), "over"],
    ["not knowing the step any more", { type: "undetermined", ...AT, reason: "" }, "over"],
    ["not knowing the host any more", { type: "undetermined", host: "host1", step: null, reason: "" }, "over"],
    ["an approval, whose fix has not begun", { type: "approved", ...saying }, "held"],
    ["a yes that is not enough", { type: "endorsed", ...saying }, "held"],
    ["another look", saw(["k"]), "held"],
    ["an end that a resumed run takes up again, and asks anew", { ...end, open: true }, "over"],
    ["the end of another step", { ...end, step: "step-2" }, "held"],
    ["the fix on another host", { ...fixStarted(), host: "host2" } as Event, "held"],
    ["the end of the run", { type: "run-ended", exit: 3, outcome: "waiting" }, "held"],
  ])("after %s", async (_, event, then) => {
    await using record = SqliteRecord.open(directory);
    await record.desk.claim(card("a"), politely);
    await record.append([begun("a"), entry("a", 2, asked()), entry("a", 3, event)]);
    expect(await record.desk.claim(card("b"), politely)).toEqual(then === "over" ? null : { run: "a" });
  });
});

const decision = (by: string, verdict: Decision["verdict"] = "approve", digest = "d"): Decision => ({
  by,
  host: "host1",
  step: "step-1",
  digest,
  verdict,
});
const idOf = (posted: { readonly id: number } | { readonly refused: string }): number => {
  if ("refused" in posted) throw new Error(posted.refused);
  return posted.id;
};

describe("a decision that is left", () => {
  test("is there until it is answered, in the order of the leaving, and tells who left it what became of it", async () => {
    await using record = SqliteRecord.open(directory);
    await record.append([begun("a"), begun("b")]);
    const { desk } = record;
    const signed: Decision = { ...decision("ada"), signature: { principal: "ada", key: "SHA256:x", text: "…" } };
    const first = idOf(await desk.post("a", signed));
    const second = idOf(await desk.post("a", decision("bob")));
    await using other = SqliteRecord.open(directory);
    expect(await other.desk.posted("a")).toEqual([
      { id: first, decision: signed },
      { id: second, decision: decision("bob") },
    ]);
    expect(await other.desk.posted("b")).toEqual([]);
    expect(await desk.answered(first)).toBeUndefined();
    await other.desk.answer(first, null);
    await other.desk.answer(second, "it has ended");
    expect(await desk.answered(first)).toEqual({ refused: null });
    expect(await desk.answered(second)).toEqual({ refused: "it has ended" });
    expect(await desk.posted("a")).toEqual([]);
  });

  test("is read although somebody has written beside it what is no decision", async () => {
    await using record = SqliteRecord.open(directory);
    await record.append([begun("a")]);
    using database = new DatabaseSync(join(directory, "runbook.db"));
    const write = database.prepare(
      "insert into mail (run, digest, verdict, by, decision, answered) values ('a', 'd', 'approve', 'eve', ?, 0)",
    );
    for (const text of ["{", '{"by":"eve"}']) write.run(text);
    const id = idOf(await record.desk.post("a", decision("ada")));
    expect(await record.desk.posted("a")).toEqual([{ id, decision: decision("ada") }]);
  });

  test("wins over one that contradicts it, as long as nobody has answered it", async () => {
    await using record = SqliteRecord.open(directory);
    await record.append([begun("a")]);
    const { desk } = record;
    const first = idOf(await desk.post("a", decision("ada", "deny")));
    expect(await desk.post("a", decision("bob"))).toEqual({ refused: "ada denied it just before, and that counts" });
    idOf(await desk.post("a", decision("bob", "approve", "another")));
    await desk.answer(first, null);
    idOf(await desk.post("a", decision("bob")));
    expect(await desk.post("a", decision("cy", "deny"))).toEqual({
      refused: "bob approved it just before, and that counts",
    });
  });

  test("is refused for a run that is not on record", async () => {
    await using record = SqliteRecord.open(directory);
    expect(await record.desk.post("nope", decision("ada"))).toEqual({ refused: "no run nope is on record" });
  });

  test("a record that cannot be used any more says so at the desk too", async () => {
    await using record = SqliteRecord.open(directory);
    const database = new DatabaseSync(join(directory, "runbook.db"));
    database.exec("drop table mail");
    database.close();
    await expect(record.desk.posted("a")).rejects.toThrow(/the record of runs cannot be used: no such table: mail/);
  });
});
