import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { sweep } from "../kit/shelf.ts";
import type { DecideOptions } from "../../src/cli/approve.ts";
import { cardOn, cardsOf, decideHere, waitingJob, type Said } from "../kit/waiting.ts";
import { workshop, type Workshop } from "../kit/workshop.ts";

const ELSE = "0".repeat(32);

describe("a decision by digest", { timeout: 60_000 }, () => {
  test("an approval is recorded, and a digest is named by a beginning of it, in either case", async () => {
    await using shop = await waitingJob();
    const { run, digest } = await cardOn(shop, "a");
    expect(await shop.run("approve", run, "--digest", digest.slice(0, 8).toUpperCase(), "--reason", "seen")).toEqual({
      exit: 0,
      out: "a: sweep: approved, and on record\n",
      err: `To go on with the run: runbook resume ${run}\n`,
    });
    const { out } = await shop.run("history", "show", run, "--json");
    const event = out.split("\n").find((line) => line.includes('"type":"approved"'));
    expect(JSON.parse(event ?? "")).toMatchObject({ host: "a", step: "sweep", digest, reason: "seen", by: "root" });
    expect(JSON.parse(event ?? "")).toHaveProperty("machine");
    expect(existsSync(join(shop.directory, "a/x.bad"))).toBe(true);
  });

  test("several are decided at once; as JSON, a line for each", async () => {
    await using shop = await waitingJob();
    const cards = (await cardsOf(shop)).filter(({ step }) => step === "sweep");
    const digests = cards.flatMap(({ digest }) => ["--digest", digest.slice(0, 12)]);
    const { exit, out } = await shop.run("deny", "last", ...digests, "--reason", "not today", "--json");
    expect(exit).toBe(0);
    const lines = out.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      cards.map(({ run, host, step, digest }) => ({
        run,
        host,
        step,
        digest,
        verdict: "deny",
        how: "recorded",
        missing: 0,
      })),
    );
    expect((await cardsOf(shop)).map(({ step }) => step)).toEqual(["hand"]);
  });

  test("what a person does is approved only by saying that it is done, and a script never so", async () => {
    await using shop = await waitingJob();
    const hand = await cardOn(shop, "a", "hand");
    const script = await cardOn(shop, "a");
    const without = await refusal(shop, "approve", "last", { digest: [hand.digest, script.digest] });
    expect(without).toEqual(saying(64, "add --done once it is done"));
    const wrong = await refusal(shop, "approve", "last", { digest: [script.digest], done: true });
    expect(wrong).toEqual(saying(64, "its fix is a script: the run carries it out"));
    expect(await shop.run("approve", "last", "--digest", hand.digest, "--done")).toMatchObject({ exit: 0 });
    expect((await cardsOf(shop)).map(({ step }) => step)).toEqual(["sweep", "sweep"]);
  });
});

/** How much is on record. */
function entriesIn(shop: Workshop): unknown {
  using record = new DatabaseSync(join(shop.directory, ".local/state/runbook/runbook.db"), { readOnly: true });
  return record.prepare("select count(*) as entries from entry").get()?.["entries"];
}

/** What was said, once it is sure that everything is as it was. */
async function refusal(shop: Workshop, ...what: DecideArguments): Promise<Said> {
  const before = entriesIn(shop);
  const said = await decideHere(shop, ...what);
  expect(entriesIn(shop)).toBe(before);
  return said;
}

type DecideArguments = [verdict: "approve" | "deny", target: string, options?: DecideOptions];

const saying = (exit: number, words: string | RegExp): Said => ({ exit, said: expect.stringMatching(words) });

describe("what is refused, and why", () => {
  test("runs and digests that are not there", async () => {
    await using shop = await waitingJob();
    const { digest } = await cardOn(shop, "a");
    const named = (...digests: readonly string[]) => refusal(shop, "approve", "last", { digest: digests });
    const nowhere = await refusal(shop, "approve", "nosuch", { digest: [digest] });
    expect(nowhere).toEqual(saying(64, /no run `nosuch` is on record/));
    expect(await named(ELSE)).toEqual(saying(64, /no card of run \S+ has this digest/));
    const typo = digest.slice(0, 11) + (digest[11] === "0" ? "1" : "0");
    expect(await named(typo)).toEqual(saying(64, `did you mean \`${digest.slice(0, 12)}\``));
    for (const none of [digest.slice(0, 7), "not-a-digest", "", `${digest}0`]) {
      expect(await named(none)).toEqual(saying(64, /at least 8 hex digits/));
    }
    // One that is wrong keeps the others from being decided.
    expect(await named(digest, ELSE)).toEqual(saying(64, /no card/));
  });

  test("a card that is not named, where nobody can be asked", async () => {
    await using shop = await waitingJob();
    const hand = await cardOn(shop, "a", "hand");
    const named = `--digest ${hand.digest.slice(0, 12)} --done \\(hand on a\\)`;
    const unnamed = await refusal(shop, "approve", "last");
    expect(unnamed).toEqual(saying(64, new RegExp(`no terminal to ask on.*3 cards[^]*${named}`)));
    expect(await refusal(shop, "deny", "last", { reason: "no" })).toEqual(saying(64, /no terminal to ask on/));
  });

  test("a denial without a reason", async () => {
    await using shop = await waitingJob();
    const { digest } = await cardOn(shop, "a");
    for (const reason of [undefined, "", " "]) {
      expect(await refusal(shop, "deny", "last", { digest: [digest], reason })).toEqual(saying(64, /--reason TEXT/));
    }
  });

  test("what is decided already, and by whom", async () => {
    await using shop = await waitingJob();
    const [{ digest }, other] = [await cardOn(shop, "a"), await cardOn(shop, "b")];
    expect((await decideHere(shop, "approve", "last", { digest: [digest] })).exit).toBe(0);
    expect((await decideHere(shop, "deny", "last", { digest: [other.digest], reason: "no" })).exit).toBe(0);
    const again = await refusal(shop, "approve", "last", { digest: [digest] });
    expect(again).toEqual(saying(1, "a: sweep: not approved: it was approved by root before"));
    const late = await refusal(shop, "deny", "last", { digest: [digest], reason: "late" });
    expect(late).toEqual(saying(1, "a: sweep: not denied: it was approved by root before"));
    const both = await refusal(shop, "approve", "last", { digest: [digest, other.digest] });
    expect(both).toEqual(saying(1, "b: sweep: not approved: it was denied by root before"));
  });

  test("a run that has ended", async () => {
    await using shop = await waitingJob(sweep());
    const { digest } = await cardOn(shop, "a");
    await shop.run("run", "job", "-i", "hosts.yml", "-y");
    const ended = await refusal(shop, "approve", "last");
    expect(ended).toEqual(saying(64, /nothing waits in run \S+: it has ended \(fixed, exit 0\)/));
    expect(await refusal(shop, "approve", "last", { digest: [digest] })).toEqual(saying(64, /no card of run/));
  });

  test.each<[words: string, ...DecideArguments]>([
    ["approved, not denied", "deny", "last", { done: true }],
    ["goes on its record", "approve", "last", { export: "x" }],
    ["nothing says where the signed decisions go", "approve", "r.json"],
    ["not for a file of requests", "approve", "r.json", { resume: true, export: "x" }],
    ["not for a file of requests", "approve", "r.json", { import: "x", export: "x" }],
    ["leave out --digest", "approve", "last", { import: "x", digest: [ELSE] }],
    ["leave out --digest", "approve", "last", { import: "x", reason: "mine" }],
    ["approve RUN --import FILE", "deny", "last", { import: "x" }],
  ])("options that do not go together: %s", async (words, ...what) => {
    await using shop = await workshop();
    expect(await decideHere(shop, ...what)).toEqual(saying(64, words));
  });
});

test("of two people who decide at the same moment, one wins, and the other is told who", async () => {
  await using shop = await waitingJob();
  const { digest } = await cardOn(shop, "a");
  const both = await Promise.all([
    shop.run("approve", "last", "--digest", digest),
    shop.run("deny", "last", "--digest", digest, "--reason", "no"),
  ]);
  expect(new Set(both.map(({ exit }) => exit))).toEqual(new Set([0, 1]));
  const loser = both.find(({ exit }) => exit === 1);
  expect(loser?.out).toMatch(/^a: sweep: not (?:approved|denied): .*root/);
  const { out } = await shop.run("history", "show", "last", "--json");
  expect(out.match(/"type":"(?:approved|denied)"/g)).toHaveLength(1);
});
