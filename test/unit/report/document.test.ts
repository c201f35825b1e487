import * as fc from "fast-check";
import { expect, test } from "vitest";
import { digestOf } from "../../../src/engine/digest.ts";
import type { Event } from "../../../src/model/event.ts";
import type { Finding } from "../../../src/model/finding.ts";
import { NO_OUTPUT } from "../../../src/model/output.ts";
import { plain } from "../../../src/model/secret.ts";
import type { DocumentCell, RunDocument } from "../../../src/report/document.ts";
import { documentOf } from "../../../src/report/fold.ts";
import { htmlOf } from "../../../src/report/html.ts";
import { jsonText } from "../../../src/report/json.ts";
import { junitOf } from "../../../src/report/junit.ts";
import { fleetStory } from "../../kit/fleet-story.ts";
import { DAWN, diskFinding, diskRunbook, loadedFrom, Story } from "../../kit/story.ts";

const at = { host: "xen1", step: "release-log" };
const said = (text: string) => ({ ...NO_OUTPUT, head: plain(text) });
const detected = (...findings: Finding[]): Event => ({ type: "detected", ...at, findings, ms: 200 });

function documentFor(story: Story): RunDocument {
  const document = documentOf(story.entries);
  if (document === null) throw new Error("no document");
  return document;
}

function cellOf(story: Story): DocumentCell {
  const cell = documentFor(story).hosts[0]?.steps[0];
  if (cell === undefined) throw new Error("no cell");
  return cell;
}

function digestNow({ state }: Story): string {
  const host = state.hosts.get("xen1");
  const step = host?.steps[0];
  if (host === undefined || step === undefined) throw new Error("no xen1");
  return digestOf(state, host, step);
}

test("no entries, or the end of some: no document rather than a wrong one", () => {
  expect(documentOf([])).toBeNull();
  expect(documentOf(fleetStory(2).slice(1))).toBeNull();
});

test("a run that has not ended says so, and how it stands", () => {
  const story = new Story(diskRunbook(), ["xen1", "xen2"]);
  story.asks("xen1", [diskFinding(1)]);
  const document = documentFor(story);
  expect(document).toMatchObject({ endedAt: null, exit: null, outcome: "waiting" });
  expect(document.counts).toMatchObject({ waiting: 1, unknown: 1, fixed: 0 });
  expect(htmlOf(document)).toContain("not yet; this is how it stood at");
});

test("a finding keeps its number from look to look, and what became of it", () => {
  const story = new Story(diskRunbook(), ["xen1"]);
  story.asks("xen1", [diskFinding(1), diskFinding(2), diskFinding(3)]);
  story.tell(detected(diskFinding(3), diskFinding(4), diskFinding(2)));
  story.tell({
    type: "waived",
    ...at,
    keys: [diskFinding(4).key],
    until: DAWN + 86_400_000,
    by: "ada",
    reason: "known",
  });
  const { findings, decisions } = cellOf(story);
  expect(findings.map(({ finding, values, state }) => [finding, values["pid"], state])).toEqual([
    [1, 1, "gone"],
    [2, 2, "there"],
    [3, 3, "there"],
    [4, 4, "waived"],
  ]);
  expect(decisions.at(-1)).toMatchObject({ kind: "waived", by: "ada", reason: "known", findings: [4] });
  expect(documentFor(story).waivers).toEqual([
    expect.objectContaining({ host: "xen1", what: expect.stringContaining("pid 4"), inThisRun: true }),
  ]);
});

test("a voided approval says what was new and what was gone", () => {
  const story = new Story(diskRunbook(), ["xen1"]);
  story.asks("xen1", [diskFinding(1), diskFinding(2)]);
  story.tell({ type: "approved", ...at, digest: digestNow(story), by: "ada" });
  story.tell(detected(diskFinding(2), diskFinding(9)), { type: "approval-voided", ...at, reason: "it changed" });
  expect(cellOf(story).decisions.at(-1)).toMatchObject({
    kind: "voided",
    reason: "it changed",
    appeared: [3],
    gone: [1],
  });
  expect(htmlOf(documentFor(story))).toContain("(new: finding 3; gone: finding 1)");
});

test("who decided is told with machine, time and key, and what the policies said with the rule", () => {
  const story = new Story(diskRunbook(), ["xen1"]);
  story.asks("xen1", [diskFinding(1)]);
  const signature = { principal: "ada@example.com", key: "SHA256:abc", text: "armour that nobody reads" };
  const digest = digestNow(story);
  story.tell({ type: "approved", ...at, digest, by: "ada", machine: "desk", decidedAt: DAWN, signature, reason: "go" });
  const { decisions, permission } = cellOf(story);
  expect(decisions.at(-1)).toEqual({
    at: expect.any(String),
    kind: "approved",
    digest,
    by: "ada",
    machine: "desk",
    decidedAt: new Date(DAWN).toISOString(),
    signature: { principal: "ada@example.com", key: "SHA256:abc" },
    reason: "go",
    findings: [1],
  });
  expect(permission).toMatchObject({ approve: "ask", approvers: 1, rules: [] });
});

test("a fix and its rollback are told with all that they printed", () => {
  const story = new Story(diskRunbook(), ["xen1"]);
  story.asks("xen1", [diskFinding(1)]);
  const { key } = diskFinding(1);
  story.tell(
    { type: "approved", ...at, digest: digestNow(story), by: "ada", auto: true },
    { type: "admitted", host: "xen1", batch: 1 },
    { type: "fix-started", ...at, key },
    { type: "fix-finished", ...at, key, exit: null, stdout: said("began\n"), stderr: said("slow\n"), ms: 60_000 },
    { type: "rollback-started", ...at },
    { type: "rollback-refused", ...at, reason: "no sudo" },
    { type: "step-ended", ...at, outcome: "failed", reason: "too slow" },
  );
  const cell = cellOf(story);
  expect(cell.fixes).toEqual([
    expect.objectContaining({ finding: 1, end: "timed-out", exit: null, stdout: said("began\n") }),
  ]);
  expect(cell.rollback).toMatchObject({ end: "refused", reason: "no sudo" });
  expect(cell.ms).toBe(60_200);
  const page = htmlOf(documentFor(story));
  for (const words of ["approved without a person", "began", "slow", "nothing was begun: no sudo"])
    expect(page).toContain(words);
});

test("the same entries give the same document, and every event has its place in the timeline", () => {
  const entries = fleetStory(30);
  const document = documentOf(entries);
  expect(documentOf(entries)).toEqual(document);
  expect(document?.timeline.map(({ seq }) => seq)).toEqual(entries.map(({ seq }) => seq));
  expect(Object.values(document?.counts ?? {}).reduce((sum, count) => sum + count, 0)).toBe(30);
});

test("scripts stand in the report exactly as they were, or it says that they are not on record", () => {
  const document = documentOf(fleetStory(2));
  expect(document?.functions).toContain("hello from the functions");
  expect(document?.steps[0]?.scripts).toContainEqual({ role: "fix", text: 'echo "$most"\nkill "$pid"\n' });
  const old = new Story(diskRunbook(), ["xen1"]);
  const [first] = old.entries;
  if (first?.event.type !== "run-started") throw new Error("no start");
  const { source: _, ...plan } = first.event.plan;
  const without = documentOf([{ ...first, event: { ...first.event, plan } }]);
  expect(without?.steps[0]?.scripts).toBeNull();
  expect(without === null ? "" : htmlOf(without)).toContain("does not have the text of its scripts");
});

test("JUnit counts what it lists, by the rules that CI systems know", () => {
  const document = documentOf(fleetStory(40));
  const page = document === null ? "" : junitOf(document);
  const [head = ""] = page.match(/<testsuites [^>]*>/) ?? [];
  const amount = (tag: string) => page.split(`<${tag} `).length - 1;
  expect(head).toContain(
    `tests="40" failures="${amount("failure")}" errors="${amount("error")}" skipped="${amount("skipped")}"`,
  );
  const { counts } = document ?? { counts: { "rolled-back": 0, unknown: 0, waiting: 0 } };
  expect([amount("failure"), amount("error"), amount("skipped")]).toEqual([
    counts["rolled-back"],
    counts.unknown,
    counts.waiting,
  ]);
});

const PRIVATE = loadedFrom({
  name: "accounts",
  title: "Accounts",
  steps: [
    {
      id: "release-log",
      detect: { run: "x", findings: { account: { type: "string", private: true }, amount: "integer" } },
      fix: { risk: "low", run: "y" },
    },
  ],
});

test("what a private column held is nowhere in any report, whoever repeats it", () => {
  const secret = fc
    .string({ unit: "grapheme", minLength: 5, maxLength: 20 })
    .filter((text) => !/[\s.:,"'<>&/\\-]|\d{4}|^[a-z]+$/.test(text));
  fc.assert(
    fc.property(secret, (name) => {
      const story = new Story(PRIVATE, ["xen1"]);
      const finding = { values: { account: name, amount: 3 }, key: JSON.stringify([name, 3]) };
      story.asks("xen1", [finding]);
      story.tell(
        { type: "facts-read", host: "xen1", facts: { who: `is ${name}` } },
        { type: "previewed", ...at, output: said(`would remove ${name}\n`), failed: name },
        { type: "fix-started", ...at, key: finding.key },
        {
          type: "fix-finished",
          ...at,
          key: finding.key,
          exit: 1,
          stdout: said(name),
          stderr: said(`no ${name}`),
          ms: 1,
        },
        { type: "step-ended", ...at, outcome: "failed", reason: `exited 1: no ${name}` },
      );
      const document = documentFor(story);
      const texts = [htmlOf(document), junitOf(document), jsonText(document, "page")];
      expect(texts.map((text) => text.includes(name))).toEqual([false, false, false]);
      expect(JSON.stringify(document)).not.toContain(JSON.stringify(name).slice(1, -1));
    }),
    { numRuns: 50 },
  );
});

test("what is private only by a runbook that was accepted later was private before", () => {
  const written = PRIVATE.text.replace('"private":true', '"private":false');
  const story = new Story(loadedFrom(JSON.parse(written)), ["xen1"]);
  const finding = { values: { account: "zoe-krebs", amount: 3 }, key: "k" };
  story.tell(
    { type: "detected", ...at, findings: [finding], ms: 1 },
    { type: "step-ended", ...at, outcome: "found", reason: "of zoe-krebs" },
  );
  expect(jsonText(documentFor(story), "page")).toContain("zoe-krebs");
  const [started] = new Story(PRIVATE, ["xen1"]).entries;
  if (started?.event.type !== "run-started") throw new Error("no run");
  const accepted = { changes: ["the runbook"], plan: started.event.plan, touched: [], moved: [], bound: [], gone: [] };
  story.tell({ type: "run-resumed", by: "ben", attended: false, accepted });
  const document = documentFor(story);
  expect(jsonText(document, "page") + htmlOf(document) + junitOf(document)).not.toContain("zoe-krebs");
  expect(htmlOf(document)).toContain("accepting changes of the runbook");
});
