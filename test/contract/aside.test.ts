import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fold } from "../../src/engine/evolve.ts";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import { thisWriter } from "../../src/journal/writer.ts";
import type { Decision } from "../../src/model/approval.ts";
import type { Entry } from "../../src/model/event.ts";
import type { RunPlan } from "../../src/model/plan.ts";
import { decideAside, type Aside } from "../../src/run/aside.ts";
import { systemClock } from "../../src/run/clock.ts";
import { openMailbox } from "../../src/run/mailbox.ts";
import type { Verifier } from "../../src/run/ports.ts";
import { after, asked, hostOf, planWith, reached, saw, stepOf, type Told } from "../kit/tale.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "runbook-aside-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const RUN = "r1";
const HOSTS = ["host1", "host2", "host3"];

/** Puts a run on record in which every host waits for a person. */
async function waitingRun(record: SqliteRecord, parts: Partial<RunPlan> = {}): Promise<void> {
  const plan = planWith({ hosts: HOSTS, ...parts });
  const told = HOSTS.flatMap((host): Told[] => {
    const at = { host, step: "step-1" };
    return [reached(host), saw(["k"], at), asked(at)];
  });
  const entries: Entry[] = [{ run: RUN, seq: 1, at: Date.now(), event: { type: "run-started", format: 1, plan } }];
  let state = after(plan);
  for (const one of told) {
    const event = typeof one === "function" ? one(state) : one;
    state = after(state, event);
    entries.push({ run: RUN, seq: state.seq, at: Date.now(), event });
  }
  await record.append(entries);
}

async function stateOf(record: SqliteRecord): Promise<NonNullable<ReturnType<typeof fold>>> {
  const state = fold(await record.read(RUN));
  if (state === null) throw new Error("no run");
  return state;
}

async function decisionOn(record: SqliteRecord, host: string, more: Partial<Decision> = {}): Promise<Decision> {
  const step = stepOf(await stateOf(record), { host, step: "step-1" });
  return { host, step: "step-1", digest: step.asked?.digest ?? "", verdict: "approve", by: "ada", ...more };
}

const signedBy = (by: string): Partial<Decision> => ({
  by,
  signature: { principal: by, key: `SHA256:${by}`, text: "…" },
});

const GOOD: Verifier = { verify: async () => null };

function decide(record: SqliteRecord, decisions: readonly Decision[], verifier = GOOD): Promise<readonly Aside[]> {
  const self = { writer: thisWriter(), by: "ada" };
  return decideAside({
    run: RUN,
    decisions,
    desk: record.desk,
    archive: record,
    journal: record,
    verifier,
    clock: systemClock,
    self,
  });
}

/** Another process that decides once it is told to. */
async function decider(decision: Decision): Promise<{ go(): void; readonly answer: Promise<Aside> }> {
  const program = resolve(import.meta.dirname, "fixtures/decide.ts");
  const child = spawn(process.execPath, [program, directory, RUN, JSON.stringify(decision)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await once(child.stdout, "data");
  const answer = once(child, "close").then(() => JSON.parse(said.replace("ready\n", "")) as Aside);
  return { go: () => child.stdin.write("go\n"), answer };
}

describe("a decision on a run that nobody has", () => {
  test("is on record, each in its turn, and so is what did not count and why", async () => {
    await using record = SqliteRecord.open(directory);
    await waitingRun(record);
    const first = await decisionOn(record, "host1");
    const answers = await decide(record, [
      first,
      { ...first, by: "bob" },
      await decisionOn(record, "host2", { verdict: "deny", reason: "not tonight" }),
      await decisionOn(record, "host3", { digest: "0".repeat(32) }),
    ]);
    expect(answers).toEqual([
      { how: "recorded", event: expect.objectContaining({ type: "approved", host: "host1", by: "ada" }) },
      { refused: "it was approved by ada before" },
      { how: "recorded", event: expect.objectContaining({ type: "denied", host: "host2", reason: "not tonight" }) },
      { refused: "what is there now is not what was decided on; look at it again" },
    ]);
    const state = await stateOf(record);
    expect(HOSTS.map((host) => stepOf(state, { host, step: "step-1" }).approval?.by)).toEqual([
      "ada",
      undefined,
      undefined,
    ]);
    expect(await record.desk.holder(RUN)).toBeNull();
    expect(await record.desk.posted(RUN)).toEqual([]);
  });

  test("takes along what others left there before", async () => {
    await using record = SqliteRecord.open(directory);
    await waitingRun(record);
    await record.desk.post(RUN, await decisionOn(record, "host1", { by: "bob" }));
    await decide(record, [await decisionOn(record, "host2")]);
    expect(stepOf(await stateOf(record)).approval?.by).toBe("bob");
  });

  test("counts once, and the other is told, when two people decide at the same moment", async () => {
    await using record = SqliteRecord.open(directory);
    await waitingRun(record);
    for (const host of HOSTS) {
      const yes = await decider(await decisionOn(record, host, { by: "ada" }));
      const no = await decider(await decisionOn(record, host, { by: "bob", verdict: "deny" }));
      yes.go();
      no.go();
      const answers = await Promise.all([yes.answer, no.answer]);
      const lost = answers.filter((answer) => "refused" in answer);
      expect(answers.filter((answer) => "how" in answer)).toHaveLength(1);
      const step = stepOf(await stateOf(record), { host, step: "step-1" });
      const [winner, what] = step.approval === null ? ["bob", "denied"] : ["ada", "approved"];
      expect(step.approval === null).toBe(step.denial !== null);
      expect(lost).toEqual([
        {
          refused: expect.stringMatching(
            new RegExp(`^(it was ${what} by ${winner} before|${winner} ${what} it just before, and that counts)$`),
          ),
        },
      ]);
    }
  });

  test("two people who both say yes are both heard where two are wanted", async () => {
    const rule = {
      name: "four eyes",
      where: "policy.yml:1",
      steps: null,
      risks: null,
      on: null,
      hosts: null,
      when: null,
      approve: "ask",
      approvers: 2,
      notRequester: false,
      signed: true,
      expires: null,
      maxHosts: null,
      reason: null,
    } as const;
    await using record = SqliteRecord.open(directory);
    await waitingRun(record, { policies: [{ source: "policy.yml", signers: "/signers", rules: [rule] }] });
    const both = await Promise.all(
      ["ada", "bob"].map(async (by) => decider(await decisionOn(record, "host1", signedBy(by)))),
    );
    for (const each of both) each.go();
    await Promise.all(both.map((each) => each.answer));
    expect(
      stepOf(await stateOf(record))
        .approval?.by.split(", ")
        .toSorted(),
    ).toEqual(["ada", "bob"]);

    // A third one, whose signature is not good.
    const forged = await decide(record, [await decisionOn(record, "host2", signedBy("eve"))], {
      verify: async (run, decision, signers) => ({ refused: `${run}: ${decision.by} is not in ${signers.join()}` }),
    });
    expect(forged).toEqual([{ refused: "r1: eve is not in /signers" }]);
    expect(stepOf(await stateOf(record), { host: "host2", step: "step-1" }).votes).toEqual([]);
  });

  test("with a signature that nothing can check is refused", async () => {
    await using record = SqliteRecord.open(directory);
    await waitingRun(record);
    const signature = { principal: "ada", key: "SHA256:x", text: "…" };
    expect(await decide(record, [await decisionOn(record, "host1", { signature })])).toEqual([
      { refused: expect.stringContaining("no policy of this run names an allowed_signers file") },
    ]);
  });
});

describe("a decision on a run that is alive", () => {
  test("is taken by it", async () => {
    await using record = SqliteRecord.open(directory);
    await waitingRun(record);
    const state = await stateOf(record);
    await using _lease = (await record.desk.lease(RUN, { writer: thisWriter(), by: "ada" })) as AsyncDisposable;
    const over = new AbortController();
    const heard: string[] = [];
    const mailbox = openMailbox(
      {
        run: RUN,
        desk: record.desk,
        verifier: GOOD,
        clock: systemClock,
        state: () => state,
        live: {
          wish: (wish) => {
            if (wish.kind !== "decide") return "something else";
            heard.push(`${wish.decision.by}, ${wish.decision.host}`);
            return wish.decision.host === "host2" ? "it has ended" : null;
          },
          stop: () => undefined,
          recorded: async () => undefined,
        },
      },
      over.signal,
    );
    await using other = SqliteRecord.open(directory);
    const answers = await decide(other, [
      await decisionOn(other, "host1"),
      await decisionOn(other, "host2"),
      await decisionOn(other, "host3", { signature: { principal: "ada", key: "SHA256:x", text: "…" } }),
    ]);
    over.abort();
    await mailbox;
    expect(heard).toEqual(["ada, host1", "ada, host2"]);
    expect(answers).toEqual([
      { how: "taken" },
      { refused: "it has ended" },
      { refused: expect.stringContaining("its signature cannot be checked") },
    ]);
  });

  test("is left for one that does not answer, and found by whoever goes on", async () => {
    await using record = SqliteRecord.open(directory);
    await waitingRun(record);
    const lease = await record.desk.lease(RUN, { writer: thisWriter(), by: "bob" });
    if (!("run" in lease)) throw new Error("somebody has it");
    await using other = SqliteRecord.open(directory);
    const [answer] = await decide(other, [await decisionOn(other, "host1")]);
    expect(answer).toEqual({ how: "left", holder: expect.objectContaining({ by: "bob" }) });
    expect(await record.desk.posted(RUN)).toHaveLength(1);
    expect(hostOf(await stateOf(record)).steps[0]?.approval).toBeNull();
    await lease[Symbol.asyncDispose]();
    await decide(other, []);
    expect(hostOf(await stateOf(record)).steps[0]?.approval?.by).toBe("ada");
  });
});
