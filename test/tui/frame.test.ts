import { describe, expect, test } from "vitest";
import { frameOf, type Frame } from "../../src/tui/frame.ts";
import { FRESH_UI, type Ui } from "../../src/tui/ui.ts";
import { widthOf } from "../../src/view/width.ts";
import { diskFinding, diskRunbook, manualRunbook, Story } from "../kit/story.ts";

/** The frame a second after the last event, without colour. */
function frame(story: Story, columns = 80, rows = 24, ui: Partial<Ui> = {}, tails = new Map<string, string>()): Frame {
  const shot = {
    state: story.state,
    ui: { ...FRESH_UI, ...ui },
    loaded: story.loaded,
    tails,
    now: story.state.at + 1000,
  };
  return frameOf(shot, { columns, rows, colour: false });
}

function text(drawn: Frame): string {
  return drawn.lines.map((line) => line.trimEnd()).join("\n");
}

function fleet(hosts: number): readonly string[] {
  return Array.from({ length: hosts }, (_, index) => `web${index + 1}`);
}

describe("a frame", () => {
  test("shows the run, the hosts with trouble first, and the card that waits", () => {
    const story = new Story(diskRunbook(), fleet(4));
    const step = story.firstStep;
    story.tell({ type: "reached", host: "web3", machineId: null, bootId: null, ms: 3 });
    story.asks("web2", [diskFinding(7)]);
    story.tell({ type: "unreachable", host: "web4", fault: { kind: "auth", message: "no key was accepted" } });
    story.tell({ type: "step-ended", host: "web3", step, outcome: "failed", reason: "the fix exited 3" });
    expect(text(frame(story, 80, 20))).toBe(
      [
        "disk-full  The disk is full of a deleted log                        4 hosts, 7 s",
        "✗ 1 failed   ◷ 1 waiting for you   ? 1 unknown   1 to come",
        "",
        "✗ web3  failed the fix exited 3                                              5 s",
        "◷ web2  waits for you                                                        5 s",
        "  … and 2 more hosts",
        "── a card waits ── lines 1 to 11 of 22 ─────────────────────────────────────────",
        "web2: A process holds a deleted log",
        "step      release-log of disk-full, critical",
        "fix       Let the process go",
        "risk      medium",
        "evidence  1 finding, seen 4 s ago",
        "  │ pid  started  path                bytes",
        "  │   7  Nov 3    /var/log/tap.log  1.2 GiB",
        "script    once for each finding, with $path $bytes $pid $started; as root; at",
        "          most 1 min, then it is left running and the step is in doubt",
        '  │ echo "$most"',
        '  │ kill "$pid"',
        "",
        "y yes  n no  a yes to all 2 like this  s later  q stop  ↑↓ scroll  ? help",
      ].join("\n"),
    );
  });

  test("fills every size exactly, and never more", () => {
    const story = new Story(diskRunbook("high"), fleet(60));
    story.asks("web2", [diskFinding(7, { path: `/日本/${"x".repeat(200)}` }), diskFinding(8)]);
    const modes: Partial<Ui>[] = [
      {},
      { mode: { kind: "help" } },
      { mode: { kind: "quit" } },
      { mode: { kind: "reason", text: "日".repeat(100) } },
      { mode: { kind: "confirm", text: "ye", expects: "60", all: true } },
      { interrupts: 1 },
    ];
    for (const ui of modes) {
      for (const [columns, rows] of [
        [40, 12],
        [80, 24],
        [81, 25],
        [132, 43],
        [300, 100],
      ] as const) {
        const { lines } = frame(story, columns, rows, ui);
        expect(lines).toHaveLength(rows);
        expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns);
      }
    }
  });

  test("offers no card where it could not be read", () => {
    const story = new Story(diskRunbook(), fleet(1));
    story.asks("web1", [diskFinding(7)]);
    const small = frame(story, 39, 24);
    expect(small.card).toBeNull();
    expect(small.lines).toEqual(["needs 40 columns and 12 lines"]);
  });

  test("shows a window of a thousand hosts, and counts them all", () => {
    const story = new Story(diskRunbook(), fleet(1000));
    story.asks("web900", []);
    story.tell({ type: "step-ended", host: "web900", step: story.firstStep, outcome: "clear", reason: "" });
    story.tell({ type: "reached", host: "web901", machineId: null, bootId: null, ms: 3 });
    const drawn = frame(story);
    expect(drawn.lines).toHaveLength(24);
    expect(drawn.lines[1]).toBe("▷ 1 at work   998 to come   · 1 clear");
    expect(drawn.lines[3]).toMatch(/^▷ web901 {2}looking: release-log/);
    expect(text(drawn)).toContain("… and 982 more hosts");
  });

  test("scrolls the card to its last line and no further", () => {
    const story = new Story(diskRunbook(), fleet(1));
    story.asks("web1", [diskFinding(7)]);
    const end = frame(story, 80, 24, { scroll: 9999 });
    expect(text(end)).toMatch(/\ncard {6}[0-9a-f]{16}\n\ny yes/);
  });

  test("says what is being done on a host, with the last line that it printed, made safe", () => {
    const story = new Story(diskRunbook(), fleet(3));
    const at = { host: "web2", step: story.firstStep };
    story.asks("web2", [diskFinding(7)]);
    story.tell({ type: "approved", ...at, digest: "x", by: "ada" }, { type: "fix-started", ...at, key: null });
    const tails = new Map([["web2", "stopping thing"]]);
    expect(text(frame(story, 80, 24, {}, tails))).toContain("▶ web2  fixing release-log (1 s)  stopping thing");
    story.tell({ type: "fix-lost", ...at, key: null, reason: "the line\u001B[2Jwent dead" });
    story.tell({ type: "step-ended", ...at, outcome: "in-doubt", reason: "the line\u001B[2Jwent dead" });
    expect(text(frame(story))).toContain(String.raw`≈ web2  in doubt the line\x1b[2Jwent dead`);
  });

  test("takes the cards away once the run stops, since no answer counts any more", () => {
    const story = new Story(diskRunbook(), fleet(2));
    story.asks("web1", [diskFinding(7)]);
    expect(frame(story).card?.host).toBe("web1");
    story.tell({ type: "stop-requested", by: "Ctrl-C" });
    expect(frame(story).card).toBeNull();
    expect(text(frame(story))).toContain("stopped by Ctrl-C: no new fix starts");
    expect(text(frame(story))).toContain("◷ web1  waiting needs an approval");
  });

  test("puts cards in the order in which they were asked, those left for later last", () => {
    const story = new Story(diskRunbook(), fleet(3));
    for (const host of ["web3", "web1", "web2"]) story.asks(host, [diskFinding(7)]);
    const first = frame(story).card;
    expect(first?.host).toBe("web3");
    expect(frame(story, 80, 24, { later: [first?.id ?? ""] }).card?.host).toBe("web1");
    expect(frame(story, 80, 24, { sent: new Set([first?.id ?? ""]) }).card?.host).toBe("web1");
  });

  test("asks for what a person has done", () => {
    const story = new Story(manualRunbook(), fleet(1));
    story.asks("web1", [{ values: { message: "fan 2" }, key: "2" }]);
    expect(text(frame(story))).toContain("d done  n no  s later  q stop");
  });

  test("says that it is a dry run, and is coloured only where wanted", () => {
    const story = new Story(diskRunbook(), fleet(1), { dryRun: true });
    expect(frame(story).lines[0]).toContain("disk-full  dry run  The disk");
    const shot = {
      state: story.state,
      ui: FRESH_UI,
      loaded: story.loaded,
      tails: new Map<string, string>(),
      now: story.state.at,
    };
    expect(frameOf(shot, { columns: 80, rows: 24, colour: true }).lines.join("")).toContain("\u001B[33m  dry run");
    expect(text(frame(story))).not.toContain("\u001B");
  });
});
