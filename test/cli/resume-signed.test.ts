import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { statementOf } from "../../src/engine/statement.ts";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import type { EventOf } from "../../src/model/event.ts";
import { signTexts } from "../../src/sign/signer.ts";
import { keyBox, type KeyBox, type TestKey } from "../kit/keys.ts";
import { sweep } from "../kit/shelf.ts";
import { cardOn, cardsOf, waitingJob } from "../kit/waiting.ts";
import type { Workshop } from "../kit/workshop.ts";

let box: KeyBox;
let bob: TestKey;
let eve: TestKey;
beforeEach(() => {
  box = keyBox();
  bob = box.make("bob");
  eve = box.make("eve");
  box.write("signers", `bob@example.org ${bob.line}`);
});
afterEach(() => box[Symbol.dispose]());

/** A run that waits for a yes that bob signs. */
function underPolicy(): Promise<Workshop> {
  const rule = "  - { approve: ask, signed: true, risk: [low] }";
  const policy = box.write(
    "policy.yml",
    `allowed_signers: ${box.directory}/signers`,
    "rules:",
    rule,
    "  - approve: deny",
  );
  return waitingJob(sweep(), ["--policy", policy]);
}

function recordOf(shop: Workshop): string {
  return join(shop.directory, ".local/state/runbook/runbook.db");
}

/** Puts an entry behind those of a run, as somebody can who may write the record. */
function forge(shop: Workshop, run: string, event: EventOf<"approved">): void {
  using record = new DatabaseSync(recordOf(shop));
  const last = record.prepare("select max(seq) as seq from entry where run = ?").get(run);
  const seq = Number(last?.["seq"]) + 1;
  const row = record.prepare("insert into entry (run, seq, at, type, event) values (?, ?, ?, ?, ?)");
  row.run(run, seq, Date.now(), event.type, JSON.stringify(event));
}

/** Alters what the record says of how a run began. */
function rewrite(shop: Workshop, run: string, from: string, to: string): void {
  using record = new DatabaseSync(recordOf(shop));
  const changed = record.prepare("update entry set event = replace(event, ?, ?) where run = ? and seq = 1");
  expect(changed.run(from, to, run).changes).toBe(1);
}

describe("a run that goes on under a policy that wants signatures", { timeout: 60_000 }, () => {
  test("voids a yes whose key has been revoked since, says so on the card, and fixes nothing because of it", async () => {
    await using shop = await underPolicy();
    const { run, digest } = await cardOn(shop, "a");
    expect((await shop.run("approve", run, "--digest", digest, "--sign", bob.file, "--reason", "seen")).exit).toBe(0);
    writeFileSync(join(box.directory, "signers.revoked"), `${bob.line}\n`);
    expect((await shop.run("resume", run)).exit).toBe(3);
    expect(existsSync(join(shop.directory, "a/x.bad"))).toBe(true);
    const reason = "the signature of bob@example.org on it is not good: its key";
    expect((await shop.run("approvals", run)).out).toContain(`approved before, but ${reason}`);
    expect((await cardsOf(shop)).map(({ host }) => host).toSorted()).toEqual(["a", "b"]);
  });

  test("fixes what was signed with a reason, by a key that is still good", async () => {
    await using shop = await underPolicy();
    const { run, digest } = await cardOn(shop, "a");
    const signed = ["--digest", digest, "--sign", bob.file, "--reason", "seen"] as const;
    expect((await shop.run("approve", run, ...signed)).exit).toBe(0);
    expect((await shop.run("resume", run)).exit).toBe(3);
    expect(existsSync(join(shop.directory, "a/x.bad"))).toBe(false);
  });

  test("takes no yes that somebody wrote into the record: unsigned, or with another's signature on it", async () => {
    await using shop = await underPolicy();
    const [on, other] = [await cardOn(shop, "a"), await cardOn(shop, "b")];
    const at = { step: "sweep", decidedAt: Date.now() };
    const text = statementOf(on.run, { ...at, host: "b", digest: other.digest, verdict: "approve", by: "bob" });
    const [signature = ""] = await signTexts([text], { file: eve.file }, () => undefined);
    const claimed = { principal: "bob@example.org", key: bob.fingerprint, text: signature };
    forge(shop, on.run, { type: "approved", ...at, host: "a", digest: on.digest, by: "bob" });
    forge(shop, on.run, { type: "approved", ...at, host: "b", digest: other.digest, by: "bob", signature: claimed });
    expect((await shop.run("resume", on.run)).exit).toBe(3);
    expect(existsSync(join(shop.directory, "a/x.bad"))).toBe(true);
    expect(existsSync(join(shop.directory, "b/x.bad"))).toBe(true);
    expect(await cardsOf(shop)).toHaveLength(2);
  });

  test("goes by the policy's own file of signers, not by the one that the record names", async () => {
    await using shop = await underPolicy();
    const { run, digest } = await cardOn(shop, "a");
    const forged = box.write("signers2", `bob@example.org ${eve.line}`);
    rewrite(shop, run, `"signers":"${box.directory}/signers"`, `"signers":"${forged}"`);
    const decision = {
      host: "a",
      step: "sweep",
      digest,
      verdict: "approve",
      by: "bob",
      decidedAt: Date.now(),
    } as const;
    const [text = ""] = await signTexts([statementOf(run, decision)], { file: eve.file }, () => undefined);
    {
      await using record = SqliteRecord.open(join(shop.directory, ".local/state/runbook"));
      const signature = { principal: "bob@example.org", key: eve.fingerprint, text };
      expect(await record.desk.post(run, { ...decision, signature })).toEqual({ id: expect.any(Number) });
    }
    expect((await shop.run("resume", run)).exit).toBe(3);
    expect(existsSync(join(shop.directory, "a/x.bad"))).toBe(true);
  });

  test("does not believe a record that calls a fix less risky than its runbook does", async () => {
    await using shop = await underPolicy();
    const { run } = await cardOn(shop, "a");
    rewrite(shop, run, `"risk":"low"`, `"risk":"high"`);
    expect(await shop.run("resume", run)).toMatchObject({
      exit: 64,
      err: expect.stringContaining("was altered: it says other things of the steps than the runbook"),
    });
  });
});
