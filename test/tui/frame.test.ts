import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { frameOf } from "../../src/tui/frame.ts";
import type { Ui } from "../../src/tui/ui.ts";
import { widthOf } from "../../src/view/width.ts";
import { fleet, frameFor, shotOf, textOf } from "../kit/screen.ts";
import { diskFinding, diskRunbook, manualRunbook, Story } from "../kit/story.ts";

const SIZES = [
  [40, 12],
  [60, 16],
  [80, 24],
  [81, 25],
  [132, 43],
  [139, 30],
  [140, 12],
  [300, 100],
] as const;

describe("a frame", () => {
  test("shows the run, how far it is, the hosts with trouble first, and the card that waits", () => {
    const story = new Story(diskRunbook(), fleet(4));
    const step = story.firstStep;
    story.tell({ type: "reached", host: "web3", machineId: null, bootId: null, ms: 3 });
    story.asks("web2", [diskFinding(7)]);
    story.tell({ type: "unreachable", host: "web4", fault: { kind: "auth", message: "no key was accepted" } });
    story.tell({ type: "step-ended", host: "web3", step, outcome: "failed", reason: "the fix exited 3" });
    const { lines } = frameFor(story);
    expect(lines.slice(0, 8).map((line) => line.trimEnd())).toEqual([
      "disk-full  The disk is full of a deleted log                        4 hosts, 7 s",
      "[#####-----] looked at 3 · to decide 1 · fixing 0 · done 2 of 4",
      "✗ 1 failed   ◷ 1 waiting for you   ? 1 unknown   1 to come",
      "── 3 of 4 hosts ── trouble first ───────────────────────────────────────────────",
      " ✗ web3  failed           the fix exited 3                                   5 s",
      " ◷ web2  waiting for you  needs your answer: release-log                     5 s",
      " ? web4  unknown          auth: no key was accepted                          0 s",
      expect.stringMatching(/^── a card waits ── lines 1 to 14 of \d+ ─+$/),
    ]);
    expect(lines[8]).toBe("web2: A process holds a deleted log");
    expect(lines.at(-1)?.trimEnd()).toBe("y yes  n no  s later  w waive  x skip  ↑↓ scroll  Tab hosts  q stop  ? help");
  });

  test("fills every size exactly, and never more, whatever is typed or shown", () => {
    const story = new Story(diskRunbook("high"), fleet(60));
    story.asks("web2", [diskFinding(7, { path: `/日本/${"x".repeat(200)}` }), diskFinding(8)]);
    story.asks("web3", [diskFinding(9)]);
    const cards = frameFor(story).sight?.offer?.all ?? [];
    const [card] = cards;
    if (card === undefined) throw new Error("no card");
    const waive = { kind: "waive", card, keys: ["1", "2"], until: 0, text: "7d" } as const;
    const views: Partial<Ui>[] = [
      {},
      { mode: { kind: "help" } },
      { mode: { kind: "quit" } },
      { mode: { kind: "gone" } },
      { mode: { kind: "filter", text: "日".repeat(100) } },
      { mode: { kind: "deny", text: "日".repeat(100), cards } },
      { mode: { kind: "confirm", text: "ye", cards } },
      { mode: { kind: "skip", text: "", host: "web2" } },
      { mode: { ...waive, asks: "which" } },
      { mode: { ...waive, asks: "until" } },
      { mode: { ...waive, asks: "why" } },
      { interrupts: 1 },
      { table: true },
      { focus: "hosts" },
      { focus: "hosts", tab: "script", host: "web60" },
      { focus: "hosts", tab: "output" },
      { focus: "hosts", tab: "history", host: "web2" },
      { focus: "hosts", filter: "nothing is like this" },
      { focus: "hosts", sort: "elapsed", filter: "web1*" },
    ];
    for (const ui of views) {
      for (const [columns, rows] of SIZES) {
        const { lines } = frameFor(story, { columns, rows, ui });
        const widest = Math.max(...lines.map(widthOf));
        expect({ ui, columns, rows: lines.length, fits: widest <= columns }).toEqual({ ui, columns, rows, fits: true });
      }
    }
  });

  test("shows what is typed, and the word to type, however long a host's name is and however small the screen", () => {
    const story = new Story(diskRunbook("high"), ["x".repeat(200), "日".repeat(100)]);
    for (const [at, host] of story.state.plan.hosts.entries()) story.asks(host, [diskFinding(at)]);
    const all = frameFor(story).sight?.entries.flatMap(({ cards }) => cards) ?? [];
    expect(all).toHaveLength(2);
    for (const card of all) {
      const waive = { kind: "waive", card, keys: ["1"], until: 0, text: "answer" } as const;
      for (const columns of [40, 75, 76, 80, 300]) {
        const prompt = (mode: Ui["mode"]): string => frameFor(story, { columns, ui: { mode } }).lines.at(-1) ?? "";
        expect(prompt({ kind: "confirm", text: "answer", cards: [card] })).toMatch(/: type yes.*: answer_/);
        expect(prompt({ kind: "deny", text: "answer", cards: [card] })).toContain(". Why? answer_");
        expect(prompt({ kind: "skip", text: "answer", host: card.host })).toContain(". Why? answer_");
        expect(prompt({ ...waive, asks: "until" })).toContain("Until when? answer_");
        expect(prompt({ ...waive, asks: "why" })).toContain("Why? answer_");
      }
    }
    const queue = frameFor(story, { columns: 40 }).lines.filter((line) => line.includes("asked"));
    expect(queue).toHaveLength(2);
    for (const line of queue) expect(line).toContain("…  HIGH");
  });

  test("offers no card where it could not be read", () => {
    const story = new Story(diskRunbook(), fleet(1));
    story.asks("web1", [diskFinding(7)]);
    const small = frameFor(story, { columns: 39 });
    expect(small.sight).toBeNull();
    expect(small.lines).toEqual(["needs 40 columns and 12 lines"]);
  });

  test("puts the pane beside the lists where there is room", () => {
    const story = new Story(diskRunbook(), fleet(30));
    story.asks("web1", [diskFinding(7)]);
    const wide = frameFor(story, { columns: 160, rows: 40 });
    expect(wide.lines[3]).toMatch(/^── hosts ── trouble first ─+ │ ── a card waits ─/);
    expect(wide.lines[4]).toMatch(/^ ◷ web1 .* │ web1: A process holds a deleted log$/);
    expect(textOf(wide)).toContain("web30");
  });

  test("scrolls the card to its last line and no further", () => {
    const story = new Story(diskRunbook(), fleet(1));
    story.asks("web1", [diskFinding(7)]);
    const end = frameFor(story, { ui: { scroll: 9999 } });
    expect(end.top).toBe(end.last);
    expect(textOf(end)).toMatch(/\ncard {6}[0-9a-f]{12,32}\n\ny yes/);
  });

  test("takes the cards away once the run stops, since no answer counts any more", () => {
    const story = new Story(diskRunbook(), fleet(2));
    story.asks("web1", [diskFinding(7)]);
    expect(frameFor(story).sight?.offer?.all.map(({ host }) => host)).toEqual(["web1"]);
    story.tell({ type: "stop-requested", by: "Ctrl-C" });
    expect(frameFor(story).sight?.offer).toBeNull();
    expect(frameFor(story, { ui: { focus: "hosts", host: "web1" } }).sight?.offer).toBeNull();
    expect(textOf(frameFor(story))).toContain("stopped by Ctrl-C: no new fix starts");
    expect(textOf(frameFor(story))).toMatch(/◷ web1 {2}waiting +needs an approval/);
  });

  test("says who has paused the run, and that cards are left for later", () => {
    const story = new Story(diskRunbook(), fleet(2));
    story.asks("web1", [diskFinding(7)]);
    expect(textOf(frameFor(story, { ui: { detached: true } }))).toContain("decide later with `runbook approve r1`");
    story.tell({ type: "paused", by: "bob" });
    const text = textOf(frameFor(story, { columns: 100 }));
    expect(text).toContain("PAUSED by bob  [");
    expect(text).toContain("paused by bob: no new fix starts until p is pressed");
    expect(text).toContain("p go on");
  });

  test("asks whether to stop, or to leave the cards for later", () => {
    const story = new Story(diskRunbook(), fleet(2));
    const { lines } = frameFor(story, { ui: { mode: { kind: "quit" } } });
    expect(lines.at(-1)?.trimEnd()).toBe("Stop the run?  y stop  l leave the cards for later  n go on");
  });

  test("asks for what a person has done", () => {
    const story = new Story(manualRunbook(), fleet(1));
    story.asks("web1", [{ values: { message: "fan 2" }, key: "2" }]);
    expect(frameFor(story).lines.at(-1)).toContain("d done  n no  s later");
  });

  test("says that it is a dry run, and is coloured only where wanted", () => {
    const story = new Story(diskRunbook(), fleet(1), { dryRun: true });
    expect(frameFor(story).lines[0]).toContain("disk-full  dry run  The disk");
    expect(frameFor(story, { colour: true }).lines.join("")).toContain("\u001B[33m  dry run");
    expect(textOf(frameFor(story))).not.toContain("\u001B");
  });

  test("uses the eight basic colours and no background of its own but an alarm's", () => {
    const story = new Story(diskRunbook("high"), fleet(3));
    story.asks("web1", [diskFinding(7)]);
    const text = frameFor(story, { colour: true, columns: 200, rows: 60 }).lines.join("\n");
    const codes = [...text.matchAll(/\u001B\[([\d;]*)m/g)].flatMap(([, code = ""]) => code.split(";"));
    expect(codes.length).toBeGreaterThan(0);
    expect(codes.filter((code) => !/^(0|1|2|7|22|27|39|3[1-6])$/.test(code))).toEqual([]);
  });
});

/** Pieces of what a hostile host may print. */
const hostile = fc.array(
  fc.oneof(
    fc.constantFrom(
      "\u001B[2J",
      "\u001B[31m",
      "\u001B]8;;http://evil.example\u0007link\u001B]8;;\u0007",
      "\u001B]0;title\u0007",
      "\u009B5A",
      "\0",
      "\u202E",
      "\u2066",
      "\r",
      "\n",
      "\t",
      "\b",
      "\uDC80",
      "a\u0301\u0301\u0301\u0301\u0301\u0301",
      "日本",
      "👩‍👩‍👧",
      "\u2028",
      "── a card waits ──",
      "y yes",
      "x".repeat(5000),
    ),
    fc.string({ unit: "binary", maxLength: 40 }),
  ),
  { maxLength: 12 },
);

/** What must not reach a terminal: control characters, and what turns or hides text. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

test("nothing that a host says changes the terminal, or the size of a frame", () => {
  const views: Partial<Ui>[] = [
    {},
    { table: true },
    { focus: "hosts", host: "web1", tab: "card" },
    { focus: "hosts", host: "web1", tab: "output" },
    { focus: "hosts", host: "web1", tab: "history" },
    { focus: "hosts", host: "web3" },
  ];
  const sizes = [
    [40, 12],
    [80, 24],
    [200, 50],
  ] as const;
  fc.assert(
    fc.property(hostile, fc.constantFrom(...views), fc.constantFrom(...sizes), (pieces, ui, [columns, rows]) => {
      const said = pieces.join("");
      const story = new Story(diskRunbook(), fleet(3));
      story.asks("web1", [diskFinding(1, { path: said }), diskFinding(2)]);
      story.asks("web2", [diskFinding(1, { path: `${said}!` })]);
      story.tell({ type: "unreachable", host: "web3", fault: { kind: "unreachable", message: said } });
      const shot = shotOf(story, {
        ui,
        print: (memory) => {
          for (const piece of pieces) memory.print("web1", "release-log", piece);
        },
      });
      const { lines } = frameOf(shot, { columns, rows, colour: false });
      expect(lines).toHaveLength(rows);
      for (const line of lines) {
        expect(line).not.toMatch(UNSAFE);
        expect(widthOf(line)).toBeLessThanOrEqual(columns);
      }
    }),
    { numRuns: 60 },
  );
});

test("a line of megabytes is neither kept nor drawn", () => {
  const story = new Story(diskRunbook(), fleet(1));
  story.tell({ type: "reached", host: "web1", machineId: null, bootId: null, ms: 3 });
  const shot = shotOf(story, {
    ui: { focus: "hosts", tab: "output" },
    print: (memory) => {
      for (let time = 0; time < 50; time += 1) memory.print("web1", "release-log", "y".repeat(1_000_000));
    },
  });
  expect(shot.memory.output("web1").reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(8192);
  expect(frameOf(shot, { columns: 80, rows: 24, colour: false }).lines).toHaveLength(24);
});
