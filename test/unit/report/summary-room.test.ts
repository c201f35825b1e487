import { expect, test } from "vitest";
import type { Event } from "../../../src/model/event.ts";
import type { Outcome } from "../../../src/model/finding.ts";
import { boardLines } from "../../../src/report/board.ts";
import { summaryLines } from "../../../src/report/summary.ts";
import { widthOf } from "../../../src/view/width.ts";
import { diskFinding, diskRunbook, loadedFrom, Story } from "../../kit/story.ts";

const ROOM = { width: 100, colour: false } as const;

function ends(host: string, step: string, outcome: Outcome, reason = ""): Event {
  return { type: "step-ended", host, step, outcome, reason };
}

/** A runbook of steps that fix; `run` is what each of them sends. */
function many(steps: readonly string[], run = "y") {
  return loadedFrom({
    name: "many",
    title: "Many",
    steps: steps.map((id) => ({ id, detect: { run: "x" }, fix: { risk: "low", run } })),
  });
}

test("steps that stand behind a worse one of their host are counted", () => {
  const story = new Story(many(["one", "two", "three"]), ["a", "b", "c"]);
  for (const host of ["a", "b"]) {
    story.tell(
      ends(host, "one", "failed", "exit 1"),
      ends(host, "two", "unknown", "x"),
      ends(host, "three", "unknown"),
    );
  }
  story.tell(ends("c", "one", "clear"), ends("c", "two", "waiting", "held"), ends("c", "three", "found"));
  const lines = summaryLines(story.state, ROOM);
  expect(lines.slice(3, 7)).toEqual([
    "  ✗ failed       a, b  one: exit 1",
    "  ◷ waiting      c     two: held",
    "  … and 1 step found on 1 host",
    "  … and 4 steps unknown on 2 hosts",
  ]);
});

test("what was fixed is told with how much of it, one step a line for many hosts", () => {
  const story = new Story(many(["one", "two"]), ["a1", "a2", "a3"]);
  const finding = { values: { message: "m" }, key: "m" };
  for (const host of ["a1", "a2", "a3"]) {
    const at = { host, step: "one" };
    story.tell(
      { type: "detected", ...at, findings: [finding, { ...finding, key: "n" }], ms: 1 },
      { type: "approved", ...at, digest: "d", by: "ada" },
      ends(host, "one", "fixed"),
      ends(host, "two", "clear"),
    );
  }
  expect(summaryLines(story.state, ROOM).slice(2)).toEqual(["", "  ✓ fixed        a[1-3]  one: 6 findings"]);
});

test("every line keeps to every width but for commands, and to 24 lines", () => {
  const outcomes: readonly Outcome[] = ["failed", "in-doubt", "rolled-back", "waiting", "found", "unknown", "fixed"];
  const hosts = Array.from({ length: 500 }, (_, at) => `host-with-a-long-name-${at}.example.net`);
  const steps = Array.from({ length: 20 }, (_, at) => `a-rather-long-step-${at}`);
  const story = new Story(many(steps, "cp x $keep"), hosts);
  for (const [at, host] of hosts.entries()) {
    story.tell({ type: "fix-started", host, step: steps[0] ?? "", key: null });
    for (const [index, step] of steps.entries()) {
      story.tell(ends(host, step, outcomes[(at + index) % 7] ?? "found", `reason ${at} ${"x".repeat(100)}`));
    }
  }
  for (const width of [40, 60, 80, 133]) {
    const lines = summaryLines(story.state, { width, colour: false });
    expect(lines.length).toBeLessThanOrEqual(24);
    const board = boardLines(story.state, { width, colour: false, height: 24 });
    for (const line of [...lines.filter((one) => !/^ {4}(runbook|-)/.test(one)), ...board]) {
      expect({ line, width: widthOf(line) }).toEqual({ line, width: Math.min(width, widthOf(line)) });
    }
  }
});

test("in a file, which has no width, nothing is cut or left out", () => {
  const story = new Story(diskRunbook(), ["a", "b"]);
  story.tell(ends("a", story.firstStep, "failed", "x".repeat(300)), ends("b", story.firstStep, "clear"));
  const lines = summaryLines(story.state, { width: Number.POSITIVE_INFINITY, colour: false });
  expect(lines.slice(1, 4)).toEqual(["  1 failed · 1 clear", "", `  ✗ failed       a  ${"x".repeat(300)}`]);
});

test("a reason has a line of its own where there is no room beside it", () => {
  const story = new Story(diskRunbook(), ["web1"]);
  story.tell(ends("web1", story.firstStep, "failed", "the fix exited 3"));
  expect(summaryLines(story.state, { width: 40, colour: false })).toContain("  ✗ failed       web1");
  expect(summaryLines(story.state, { width: 40, colour: false })).toContain("      the fix exited 3");
});

test.each([
  ["true", false],
  ['cp a "$keep"', true],
])("where a fix saved something is told only if it can have: %s", (run, told) => {
  const story = new Story(many(["one"], run), ["a"]);
  story.tell({ type: "fix-started", host: "a", step: "one", key: diskFinding(1).key }, ends("a", "one", "failed", "x"));
  const text = summaryLines(story.state, ROOM).join("\n");
  expect(text.includes("kept by the fixes: /run/runbook-keep-r1-1-")).toBe(told);
  expect(text.includes("if anything")).toBe(told);
});
