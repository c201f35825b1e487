import { describe, expect, test } from "vitest";
import type { FilledMemory } from "../../src/tui/memory.ts";
import { fleet, frameFor, textOf } from "../kit/screen.ts";
import { diskFinding, diskRunbook, Story } from "../kit/story.ts";

/** Names of the hosts that a frame's list shows, from top to bottom. */
function listed(story: Story, ui: Parameters<typeof frameFor>[1] = {}): string[] {
  return frameFor(story, ui).lines.flatMap((line) => /^[ ›]. (web\d+|db\d+) /.exec(line)?.[1] ?? []);
}

describe("the list of hosts", () => {
  test("shows a window of a thousand hosts, and counts them all", () => {
    const story = new Story(diskRunbook(), fleet(1000));
    story.asks("web900", []);
    story.tell({ type: "step-ended", host: "web900", step: story.firstStep, outcome: "clear", reason: "" });
    story.tell({ type: "reached", host: "web901", machineId: null, bootId: null, ms: 3 });
    const drawn = frameFor(story);
    expect(drawn.lines).toHaveLength(24);
    expect(drawn.lines[1]).toContain("looked at 1 · to decide 0 · fixing 0 · done 1 of 1,000");
    expect(drawn.lines[2]?.trimEnd()).toBe("▷ 1 at work   998 to come   · 1 clear");
    expect(drawn.lines[3]).toContain("8 of 1,000 hosts");
    expect(drawn.lines[4]).toMatch(/^›▷ web901 {2}at work +looking: release-log/);
  });

  test("keeps the cursor's host in sight, wherever it stands", () => {
    const story = new Story(diskRunbook(), fleet(1000));
    const ui = { focus: "hosts", host: "web500", sort: "name" } as const;
    const drawn = frameFor(story, { ui });
    expect(drawn.sight?.host?.host).toBe("web500");
    expect(textOf(drawn)).toContain("›  web500");
    expect(textOf(drawn)).not.toContain("web510 ");
  });

  test("tells names apart that differ only at their ends, where there is no room for all of them", () => {
    const names = ["1", "2"].map((end) => `rack-of-many-names-in-a-long-row.site.example.com-${end}`);
    const story = new Story(diskRunbook(), names);
    const { lines } = frameFor(story, { ui: { focus: "hosts" } });
    expect(lines.filter((line) => /rack.*….*com-1 /.test(line))).toHaveLength(1);
    expect(lines.filter((line) => /rack.*….*com-2 /.test(line))).toHaveLength(1);
  });

  test("is filtered by part of a name, glob, group and state, all words together", () => {
    const story = new Story(diskRunbook(), ["web1", "web2", "web10", "db1"]);
    story.state.plan.groups["shop"] = ["web2", "db1"];
    story.tell({ type: "unreachable", host: "web2", fault: { kind: "auth", message: "no key" } });
    const shown = (filter: string): string[] => listed(story, { ui: { focus: "hosts", filter, sort: "name" } });
    expect(shown("")).toEqual(["db1", "web1", "web2", "web10"]);
    expect(shown("1")).toEqual(["db1", "web1", "web10"]);
    expect(shown("web?")).toEqual(["web1", "web2"]);
    expect(shown("SHOP")).toEqual(["db1", "web2"]);
    expect(shown("unknown")).toEqual(["web2"]);
    expect(shown("unk, web*")).toEqual(["web2"]);
    expect(shown("shop db")).toEqual(["db1"]);
    expect(shown("to-come web1")).toEqual(["web1", "web10"]);
    expect(shown("[a-z")).toEqual([]);
    const none = textOf(frameFor(story, { ui: { focus: "hosts", filter: "nothing" } }));
    expect(none).toContain("no host is like that");
    expect(none).toContain("like nothing: 0 of 4");
  });

  test("a glob of many stars does not take for ever", () => {
    const story = new Story(diskRunbook(), [`web${"a".repeat(60)}`]);
    const filter = `${"*".repeat(100)}a*a*a*a*a*b`;
    expect(frameFor(story, { ui: { focus: "hosts", filter } }).sight?.roster.rows).toEqual([]);
  });

  test("is sorted by trouble, name, or time at work", () => {
    const story = new Story(diskRunbook(), ["web10", "web9", "web1"]);
    for (const host of ["web9", "web1", "web10"]) {
      story.tell({ type: "reached", host, machineId: null, bootId: null, ms: 3 });
    }
    const step = story.firstStep;
    story.tell({ type: "step-ended", host: "web10", step, outcome: "failed", reason: "it broke" });
    const sorted = (sort: "trouble" | "name" | "elapsed"): string[] => listed(story, { ui: { focus: "hosts", sort } });
    expect(sorted("trouble")).toEqual(["web10", "web9", "web1"]);
    expect(sorted("name")).toEqual(["web1", "web9", "web10"]);
    expect(sorted("elapsed")).toEqual(["web9", "web1", "web10"]);
  });

  test("says what is being done on a host, with the last line that it printed, made safe", () => {
    const story = new Story(diskRunbook(), fleet(3));
    const at = { host: "web2", step: story.firstStep };
    story.asks("web2", [diskFinding(7)]);
    story.tell({ type: "approved", ...at, digest: "x", by: "ada" });
    expect(textOf(frameFor(story))).toMatch(/▹ web2 {2}approved {8}/);
    story.tell({ type: "admitted", host: "web2", batch: 1 }, { type: "fix-started", ...at, key: null });
    const printed = frameFor(story, { print: (memory) => memory.print("web2", at.step, "stopping\u001B[2J thing\n") });
    expect(textOf(printed)).toContain(
      String.raw`▶ web2  being fixed      fixing release-log (1 s)  stopping\x1b[2J thing`,
    );
    expect(printed.lines[1]).toContain("fixing 1 · done 0 of 3 · batch 1");
    story.tell({ type: "fix-lost", ...at, key: null, reason: "the line\u001B[2Jwent dead" });
    story.tell({ type: "step-ended", ...at, outcome: "in-doubt", reason: "the line\u001B[2Jwent dead" });
    expect(textOf(frameFor(story))).toMatch(/≈ web2 {2}in doubt +the line\\x1b\[2Jwent dead/);
  });

  test("says what each host waits for: a person, its batch, other hosts, the end of a pause, another run", () => {
    const story = new Story(diskRunbook(), fleet(5));
    const step = story.firstStep;
    for (const host of ["web1", "web2", "web3"]) story.asks(host, [diskFinding(7)]);
    const approve = (host: string): void => {
      const digest = story.state.hosts.get(host)?.steps[0]?.asked?.digest ?? "";
      story.tell({ type: "approved", host, step, digest, by: "ada" });
    };
    approve("web1");
    approve("web2");
    story.tell({ type: "admitted", host: "web1", batch: 1 }, { type: "fix-started", host: "web1", step, key: null });
    story.tell({ type: "reached", host: "web4", machineId: "m4", bootId: "b", ms: 3 });
    story.tell({ type: "step-ended", host: "web4", step, outcome: "waiting", reason: "asked in run r0" });
    const ui = { focus: "hosts" } as const;
    const text = textOf(frameFor(story, { ui, columns: 100 }));
    expect(text).toMatch(/▹ web2 {2}approved +waits for its batch: release-log/);
    expect(text).toMatch(/◷ web3 {2}waiting for you +needs your answer: release-log/);
    expect(text).toMatch(/◷ web4 {2}waiting +asked in run r0/);
    story.tell({ type: "paused", by: "bob" });
    expect(textOf(frameFor(story, { ui, columns: 100 }))).toContain("waits, since the run is paused: release-log");
  });
});

/** A host prints a hundred lines. */
function print(memory: FilledMemory): void {
  memory.print("web2", null, "uname\n");
  for (let line = 1; line <= 100; line += 1) memory.print("web2", "release-log", `line ${line}\n`);
}

describe("the pane of a host", () => {
  const story = new Story(diskRunbook(), fleet(3));
  story.asks("web2", [diskFinding(7)]);

  test("shows its card, which can then be answered", () => {
    const drawn = frameFor(story, { ui: { focus: "hosts", host: "web2" } });
    expect(textOf(drawn)).toContain("── web2: [card] script output history ─");
    expect(textOf(drawn)).toContain("web2: A process holds a deleted log");
    expect(drawn.sight?.offer?.ready.map(({ host }) => host)).toEqual(["web2"]);
  });

  test("shows the scripts of every step", () => {
    const text = textOf(frameFor(story, { rows: 40, ui: { focus: "hosts", host: "web2", tab: "script" } }));
    for (const line of ["detect    read-only", "  │ df", '  │ kill "$pid"', "  │ service thing start"]) {
      expect(text).toContain(line);
    }
    expect(frameFor(story, { ui: { focus: "hosts", host: "web2", tab: "script" } }).sight?.offer).toBeNull();
  });

  test("follows the end of what the host prints, each step under its name", () => {
    const ui = { focus: "hosts", host: "web2", tab: "output" } as const;
    expect(textOf(frameFor(story, { ui, print }))).toContain("  │ line 100");
    const start = textOf(frameFor(story, { ui: { ...ui, scroll: 0 }, print }));
    expect(start).toContain("the whole host\n  │ uname\nrelease-log\n  │ line 1\n");
    expect(textOf(frameFor(story, { ui }))).toContain("nothing was printed yet");
  });

  test("tells its history in sentences by the clock", () => {
    const text = textOf(frameFor(story, { ui: { focus: "hosts", host: "web2", tab: "history" } }));
    expect(text).toMatch(/14:05:02 {2}logged in \(0\.1 s\)\n14:05:03 {2}release-log: found 1 finding: pid 7/);
    const none = textOf(frameFor(story, { ui: { focus: "hosts", host: "web3", tab: "history" } }));
    expect(none).toContain("nothing has happened here yet");
  });

  test("says why nothing is known of a host", () => {
    const sad = new Story(diskRunbook(), fleet(1));
    sad.tell({ type: "unreachable", host: "web1", fault: { kind: "auth", message: "no key was accepted" } });
    expect(textOf(frameFor(sad))).toContain("web1: auth: no key was accepted");
  });
});
