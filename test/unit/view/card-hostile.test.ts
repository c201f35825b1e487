import * as fc from "fast-check";
import { expect, test } from "vitest";
import { NO_OUTPUT } from "../../../src/model/output.ts";
import { plain } from "../../../src/model/secret.ts";
import { groupCardOf } from "../../../src/view/card.ts";
import { cardLines } from "../../../src/view/card-lines.ts";
import { widthOf } from "../../../src/view/width.ts";
import { DAWN, diskFinding, diskRunbook, Story } from "../../kit/story.ts";

const STEP = "release-log";

/** What a terminal obeys, what turns text round or hides it, and what would pass for a line of the card. */
const EVIL = [
  "\u001B[2J\u001B[1;1H",
  "\u001B]8;;http://x\u0007link\u001B]8;;\u0007",
  "\u202E\u2066\u200F",
  "\u0000\u0008\u007F\u009B31m",
  "\nrisk      low\n",
  "\r risk      low",
  "\u2028\u2029\uFEFF\u{E0041}",
  "@@ -1,9 +1,9 @@\n-\u001B[31m",
  "é́́́́́́́",
  "漢字 ".repeat(40),
  "x".repeat(3000),
];

const text = fc
  .array(fc.oneof(fc.constantFrom(...EVIL), fc.string({ unit: "binary", maxLength: 20 })), { maxLength: 4 })
  .map((parts) => parts.join(" "));

test("whatever hosts and people say, a card's lines fit their width and hold nothing that a terminal obeys", () => {
  fc.assert(
    fc.property(text, text, text, fc.integer({ min: 40, max: 200 }), fc.boolean(), (one, two, three, width, both) => {
      const story = storyOf(one, two, three);
      const hosts = both ? ["web1", "web2"] : ["web1"];
      const card = groupCardOf({ state: story.state, hosts, step: STEP, loaded: story.loaded });
      const lines = cardLines(card, { width, colour: false, all: both });
      for (const line of lines) {
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        expect(widthOf(line)).toBeLessThanOrEqual(width);
      }
      expect(lines.filter((line) => line.startsWith("risk"))).toEqual(["risk      HIGH"]);
      const coloured = cardLines(card, { width, colour: true, all: both });
      expect(coloured.map((line) => line.replaceAll(/\u001B\[\d+m/g, ""))).toEqual(lines);
    }),
    { numRuns: 150 },
  );
});

/** A run in which everything that can reach a card says what it is given. */
function storyOf(one: string, two: string, three: string): Story {
  const policy = { source: two, signers: null, rules: [] };
  const past = [{ host: "web1", step: STEP, run: three, at: DAWN - 1000, outcome: "failed" as const }];
  const waiver = { host: "web1", step: STEP, key: diskFinding(9).key, until: DAWN * 2, by: one, reason: two };
  const groups = { [one]: ["web1"], [two]: ["web1", "web2"] };
  const plan = { policies: [policy], past, waivers: [waiver], groups, by: three };
  const story = new Story(diskRunbook("high"), ["web1", "web2", "web3", "web4"], { plan });
  for (const host of ["web1", "web2", "web3", "web4"]) {
    story.asks(host, [diskFinding(1, { path: one, started: two }), diskFinding(9)].slice(0, host === "web1" ? 2 : 1));
    const output = { ...NO_OUTPUT, head: plain(one) };
    story.tell({ type: "previewed", host, step: STEP, output, failed: three });
  }
  const at = { host: "web3", step: STEP };
  story.tell({ type: "approved", host: "web1", step: STEP, digest: "d", by: one });
  story.tell({
    type: "detected",
    host: "web1",
    step: STEP,
    findings: [diskFinding(1, { path: one, started: two })],
    ms: 1,
  });
  story.tell({ type: "approval-voided", host: "web1", step: STEP, reason: two });
  story.tell(
    { type: "previewed", host: "web1", step: STEP, output: { ...NO_OUTPUT, head: plain(one) }, failed: three },
    { type: "endorsed", host: "web1", step: STEP, digest: "d", by: two },
    { type: "denied", host: "web4", step: STEP, digest: "d", by: one, reason: three },
    { type: "approved", ...at, digest: "d", by: two },
    { type: "fix-started", ...at, key: "k" },
    { type: "fix-lost", ...at, key: "k", reason: three },
    { type: "step-ended", ...at, outcome: "in-doubt", reason: one },
    { type: "paused", by: two },
  );
  return story;
}
