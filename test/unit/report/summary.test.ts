import { expect, test } from "vitest";
import type { Event } from "../../../src/model/event.ts";
import type { Outcome } from "../../../src/model/finding.ts";
import { boardLines } from "../../../src/report/board.ts";
import { summaryLines } from "../../../src/report/summary.ts";
import { widthOf } from "../../../src/view/width.ts";
import { diskFinding, diskRunbook, loadedFrom, manualRunbook, Story } from "../../kit/story.ts";

const ROOM = { width: 100, colour: false } as const;

function fleet(size: number): string[] {
  return Array.from({ length: size }, (_, at) => `web${String(at + 1).padStart(3, "0")}`);
}

function ends(host: string, step: string, outcome: Outcome, reason = ""): Event {
  return { type: "step-ended", host, step, outcome, reason };
}

test("counts, then what is not well (worst first, one reason together), then what to do", () => {
  const story = new Story(diskRunbook(), ["db1", ...fleet(9)]);
  const step = story.firstStep;
  story.asks("db1", [diskFinding(1)]);
  for (const host of ["web001", "web002", "web003"]) {
    story.tell({
      type: "unreachable",
      host,
      fault: { kind: "unreachable", message: `${host}: no route`, hint: "is it on?" },
    });
  }
  story.tell(ends("web004", step, "failed", "the fix exited 3"), ends("web005", step, "in-doubt", "connection lost"));
  for (const host of ["web006", "web007", "web008"]) story.tell(ends(host, step, "fixed"));
  story.tell(ends("web009", step, "clear"), { type: "run-ended", exit: 1, outcome: "failed" });
  const lines = summaryLines(story.state, ROOM);
  expect(lines[0]).toMatch(/^✗ disk-full · 10 hosts · 13 s · 2026-11-03 14:05:01 UTC · run r1$/);
  expect(lines.slice(1)).toEqual([
    "  1 failed · 1 in doubt · 1 waiting · 3 unknown · 3 fixed · 1 clear",
    "",
    "  ✗ failed       web004        the fix exited 3",
    "  ≈ in doubt     web005        connection lost",
    "  ◷ waiting      db1           needs an approval",
    "  ? unknown      web[001-003]  unreachable: web001: no route",
    "  ✓ fixed        web[006-008]  release-log",
    "",
    "  failed: see what was done and said:",
    "    runbook history show r1 --events",
    "  in doubt: look at web005 first, a fix may still be at work there; then the same command with:",
    "    -l web005",
    "  waiting: to see the cards, to decide, and to go on:",
    "    runbook approvals r1",
    "    runbook approve r1",
    "    runbook resume r1",
    "  not reached: is it on?",
  ]);
});

test("a run in which all went well needs few lines, which name what was fixed", () => {
  const story = new Story(diskRunbook(), ["a", "b"]);
  story.tell(ends("a", story.firstStep, "clear"), ends("b", story.firstStep, "fixed"), {
    type: "run-ended",
    exit: 0,
    outcome: "fixed",
  });
  const lines = summaryLines(story.state, ROOM);
  expect(lines).toHaveLength(4);
  expect(lines.slice(2)).toEqual(["", "  ✓ fixed        b  release-log"]);
});

test("500 hosts that failed for 500 reasons still fit a screen, and nobody is lost without being counted", () => {
  const hosts = fleet(500);
  const steps = Array.from({ length: 40 }, (_, at) => ({ id: `step-${at}`, detect: { run: "true" } }));
  const story = new Story(loadedFrom({ name: "many", title: "Many", steps }), hosts);
  const outcomes: Outcome[] = ["failed", "in-doubt", "rolled-back", "found"];
  for (const [at, host] of hosts.entries()) {
    const outcome = outcomes[at % 4] ?? "failed";
    story.tell(ends(host, `step-${at % 40}`, outcome, `reason ${at} \u001b[31m${"x".repeat(300)}`));
  }
  const lines = summaryLines(story.state, ROOM);
  expect(lines.length).toBeLessThanOrEqual(24);
  for (const line of lines) {
    expect(widthOf(line)).toBeLessThanOrEqual(ROOM.width);
    expect(line).not.toContain("\u001b");
  }
  expect(lines[1]).toBe("  125 failed · 125 in doubt · 125 rolled back · 125 found");
  const groups = lines.filter((line) => line.includes("reasons, one of them: "));
  const named = groups.map((line) => 3 + Number(/ and (\d+) more/.exec(line)?.[1]));
  const hidden = Number(/and (\d+) more hosts not listed/.exec(lines.join())?.[1]);
  expect(named.reduce((sum, amount) => sum + amount, hidden)).toBe(500);
});

test("what only a person can do is said to be done; a run that still goes on is not to be resumed", () => {
  const story = new Story(manualRunbook(), ["a"]);
  story.asks("a", [{ values: { message: "fan 3" }, key: "fan 3" }]);
  expect(summaryLines(story.state, ROOM).slice(-3)).toEqual([
    "  waiting: to see the cards, and to say that it was done by hand:",
    "    runbook approvals r1",
    "    runbook approve r1",
  ]);
});

test("what another run has asked is decided there", () => {
  const story = new Story(diskRunbook(), ["a"]);
  const at = { host: "a", step: story.firstStep };
  story.tell(
    { type: "detected", ...at, findings: [diskFinding(1)], ms: 1 },
    { type: "asked-elsewhere", ...at, digest: "d", inRun: "r0" },
    { type: "step-ended", ...at, outcome: "waiting", reason: "asked in run r0", open: true },
    { type: "run-ended", exit: 3, outcome: "waiting" },
  );
  const lines = summaryLines(story.state, ROOM);
  expect(lines).toContain("  ◷ waiting      a  asked in run r0");
  expect(lines.slice(-4)).toEqual([
    "  waiting for run r0, which has asked for the same: to decide there, and go on with both:",
    "    runbook approve r0",
    "    runbook resume r0",
    "    runbook resume r1",
  ]);
});

test("a yes that is not enough is told with whose it was", () => {
  const story = new Story(diskRunbook(), ["a"]);
  story.asks("a", [diskFinding(1)]);
  const digest = story.state.hosts.get("a")?.steps[0]?.asked?.digest ?? "";
  story.tell({ type: "endorsed", host: "a", step: story.firstStep, digest, by: "bob" });
  expect(summaryLines(story.state, ROOM)).toContain("  ◷ waiting      a  approved by bob; needs another approval");
});

test("a run that was cut off says so, and where it was", () => {
  const story = new Story(diskRunbook(), ["a", "b"]);
  const at = { host: "a", step: story.firstStep };
  story.asks("a", [diskFinding(1)]);
  story.tell(
    { type: "approved", ...at, digest: "d", by: "ada" },
    { type: "fix-started", ...at, key: diskFinding(1).key },
  );
  const [head, counts, , first] = summaryLines(story.state, ROOM);
  expect(head).toContain("not ended");
  expect(counts).toBe("  1 in doubt · 1 unknown");
  expect(first).toContain("a fix was started and its end is not known");
});

test("options that are offered can be pasted, whatever the names are", () => {
  const story = new Story(diskRunbook(), ["it's", "b"], { dryRun: true });
  const at = { host: "it's", step: story.firstStep };
  story.tell({ type: "detected", ...at, findings: [diskFinding(1)], ms: 1 }, ends("it's", at.step, "found", "dry run"));
  expect(summaryLines(story.state, ROOM).at(-1)).toContain("-l 'it'\\''s'");
});

test("the board shows every host and step, or folds hosts with one fate into one row", () => {
  const story = new Story(diskRunbook(), fleet(30));
  const step = story.firstStep;
  for (const host of fleet(30)) story.tell(ends(host, step, host === "web007" ? "failed" : "clear"));
  expect(boardLines(story.state, ROOM)).toHaveLength(31);
  expect(boardLines(story.state, { ...ROOM, height: 10 })).toEqual([
    "host                        release-log",
    "web007                      ✗ failed",
    "web[001-006], web[008-030]  · clear",
  ]);
});

test("a board too narrow for its steps shows signs and a legend", () => {
  const steps = Array.from({ length: 12 }, (_, at) => ({
    id: `a-rather-long-step-name-${at}`,
    detect: { run: "true" },
  }));
  const story = new Story(loadedFrom({ name: "many", title: "Many", steps }), ["a"]);
  story.tell(...steps.map((step) => ends("a", step.id, "clear")));
  const lines = boardLines(story.state, ROOM);
  expect(lines[0]).toBe("host  1   2   3   4   5   6   7   8   9   10  11  12");
  expect(lines[1]).toBe(`a     ${Array.from({ length: 12 }, () => "·").join("   ")}`);
  expect(lines.slice(-2)).toEqual(["12 a-rather-long-step-name-11", "· clear"]);
  for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(ROOM.width);
});

test("the run's id is whole on a narrow screen too, on a line of its own", () => {
  const story = new Story(diskRunbook(), ["a"]);
  story.tell(ends("a", story.firstStep, "clear"), { type: "run-ended", exit: 0, outcome: "clear" });
  const [head, id] = summaryLines(story.state, { width: 40, colour: false });
  expect(head).toMatch(/^. disk-full · 1 host · \d+ s$/);
  expect(id).toBe("  run r1 · 2026-11-03 14:05:01 UTC");
});

test("hosts that were not reached for different causes have each cause's hint, the most frequent first", () => {
  const story = new Story(diskRunbook(), ["a", "b", "c"]);
  const hints = { a: "is it on?", b: "is the key right?", c: "is the key right?" };
  for (const [host, hint] of Object.entries(hints)) {
    story.tell({ type: "unreachable", host, fault: { kind: "unreachable", message: "no", hint } });
  }
  story.tell({ type: "run-ended", exit: 4, outcome: "unknown" });
  expect(summaryLines(story.state, ROOM).slice(-2)).toEqual([
    "  not reached (b, c): is the key right?",
    "  not reached (a): is it on?",
  ]);
});

test("a fix in doubt is told, with what to do, though another step of its host failed", () => {
  const loaded = loadedFrom({
    name: "pair",
    title: "Pair",
    steps: ["one", "two"].map((id) => ({ id, detect: { run: "x" }, fix: { risk: "low", run: "y" } })),
  });
  const story = new Story(loaded, ["a"]);
  story.tell(ends("a", "one", "in-doubt", "left alone"), ends("a", "two", "failed", "the fix exited 1"), {
    type: "run-ended",
    exit: 1,
    outcome: "failed",
  });
  const lines = summaryLines(story.state, ROOM);
  expect(lines.slice(1, 5)).toEqual([
    "  1 failed",
    "",
    "  ✗ failed       a  two: the fix exited 1",
    "  ≈ in doubt     a  one: left alone",
  ]);
  expect(lines.join("\n")).toContain("in doubt: look at a first");
});
