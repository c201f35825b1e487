import { describe, expect, test } from "vitest";
import { press } from "../../src/tui/keys.ts";
import { card, CTRL_C, ENTER, entryOf, ESCAPE, SCENE, sightOf, type, watching, yes } from "../kit/keyboard.ts";

describe("stopping, pausing and leaving", () => {
  test("q asks first", () => {
    expect(type(["q"]).actions).toEqual([]);
    expect(type(["q", "y"]).actions).toEqual([{ kind: "stop", key: "q" }]);
    expect(type(["q", ENTER]).actions).toEqual([{ kind: "stop", key: "q" }]);
    const back = type(["q", "n", "y"]);
    expect(back.actions).toEqual([yes(card())]);
    const later = type(["q", "l"]);
    expect(later.actions).toEqual([{ kind: "detach" }]);
    expect(later.ui.detached).toBe(true);
  });

  test("p pauses and goes on, and does nothing once the run has stopped", () => {
    expect(type(["p"]).actions).toEqual([{ kind: "pause" }]);
    expect(type(["p"], { paused: true }).actions).toEqual([{ kind: "continue" }]);
    expect(type(["p", "x"], { stopped: true }).actions).toEqual([]);
  });

  test("a key held down neither stops the run nor pauses it over and over", () => {
    expect(type(["q", "q", "q", "q"], {}, watching(), 33).actions).toEqual([]);
    expect(type(["q", "q"]).actions).toEqual([{ kind: "stop", key: "q" }]);
    expect(type(["p", "p", "p", "p"], {}, watching(), 33).actions).toEqual([{ kind: "pause" }]);
  });

  test("Ctrl-C stops at once, from wherever one is, and leaves the second time", () => {
    for (const before of [[], ["q"], ["n", "why"], ["?"], ["/", "web"], ["w"], ["x"]]) {
      expect(type([...before, CTRL_C]).actions).toEqual([{ kind: "stop", key: "Ctrl-C" }]);
      expect(type([...before, CTRL_C, CTRL_C]).actions).toEqual([{ kind: "stop", key: "Ctrl-C" }, { kind: "leave" }]);
    }
  });

  test("after a stop, the first Ctrl-C only says what the second will do", () => {
    const first = type([CTRL_C], { stopped: true });
    expect(first.actions).toEqual([]);
    expect(type([CTRL_C], { stopped: true }, first.ui).actions).toEqual([{ kind: "leave" }]);
  });
});

test("nothing is decided with Enter while the screen is too small to show what about", () => {
  for (const typed of [
    ["y", "yes"],
    ["n", "why"],
    ["w", "7d"],
    ["x", "why"],
  ]) {
    const scene = { sight: sightOf([card("web1", { risk: "high" })]) };
    const { ui } = type(typed, scene);
    const blind = type([ENTER], { sight: null }, ui);
    expect(blind.actions).toEqual([]);
    expect(blind.ui.mode).toEqual(ui.mode);
    const seen = type([ENTER], scene, blind.ui);
    expect(seen.ui.mode).not.toEqual(ui.mode);
  }
});

describe("looking", () => {
  test("scrolling stays on the card", () => {
    expect(type([{ kind: "up" }]).ui.scroll).toBe(0);
    expect(type([{ kind: "page-down" }, { kind: "down" }]).ui.scroll).toBe(11);
    expect(type([" ", "j"]).ui.scroll).toBe(11);
    expect(type([{ kind: "end" }, "j"]).ui.scroll).toBe(25);
    expect(type([{ kind: "end" }, "b", "k"]).ui.scroll).toBe(14);
    expect(type([{ kind: "end" }, { kind: "home" }]).ui.scroll).toBe(0);
  });

  test("keys that come faster than the screen is drawn each go on from the one before", () => {
    const entries = ["web1", "web2", "web3"].map((host) => entryOf([card(host)]));
    const sight = sightOf([card()], { entries, entry: entries[0] ?? null });
    expect(type([{ kind: "down" }, { kind: "down" }], { sight }).ui.entry).toBe("c-web3");
    const scrolled = type(["j"]).ui;
    expect(scrolled.scroll).toBe(1);
    expect(press(scrolled, { kind: "down" }, { ...SCENE, top: 0 }).ui.scroll).toBe(2);
  });

  test("what grows is followed again once its end is reached", () => {
    const { ui } = type(["k"], { follows: true }, { ...watching(), scroll: 25 });
    expect(ui.scroll).toBe(24);
    expect(type(["j"], { follows: true }, ui).ui.scroll).toBeNull();
  });

  test("the card can be scrolled while an answer is typed", () => {
    const { ui } = type(["n", "why", { kind: "down" }]);
    expect(ui.scroll).toBe(1);
    expect(ui.mode).toMatchObject({ kind: "deny", text: "why" });
  });

  test("arrows go from entry to entry where there are several", () => {
    const entries = ["web1", "web2", "web3"].map((host) => entryOf([card(host)]));
    const sight = sightOf([card()], { entries, entry: entries[1] ?? null });
    expect(type([{ kind: "down" }], { sight }).ui.entry).toBe("c-web3");
    expect(type([{ kind: "up" }], { sight }).ui.entry).toBe("c-web1");
  });

  test("t shows a table only where cards differ in their findings only", () => {
    const entries = ["web1", "web2"].map((host) => entryOf([card(host)]));
    const sight = sightOf([card()], { entries, entry: entries[0] ?? null });
    expect(type(["t"], { sight }).ui.table).toBe(true);
    expect(type(["t", "t"], { sight }).ui.table).toBe(false);
    expect(type(["t"]).ui.table).toBe(false);
    const others = [...entries.slice(0, 1), { ...entryOf([card("web2")]), family: "another" }];
    expect(type(["t"], { sight: sightOf([card()], { entries: others, entry: others[0] ?? null }) }).ui.table).toBe(
      false,
    );
  });

  test("a filter works while it is typed; Enter keeps it, Escape gives it up", () => {
    const typed = type(["/", "we", "b"]).ui;
    expect([typed.filter, typed.focus]).toEqual(["web", "hosts"]);
    expect(type([ENTER], {}, typed).ui).toMatchObject({ filter: "web", mode: { kind: "watch" } });
    expect(type([ESCAPE], {}, typed).ui).toMatchObject({ filter: "", mode: { kind: "watch" } });
    expect(type([ENTER, ESCAPE], {}, typed).ui.filter).toBe("");
  });

  test("o goes through the orders, Tab to the other list, numbers and arrows through the tabs", () => {
    expect([["o"], ["o", "o"], ["o", "o", "o"]].map((keys) => type(keys).ui.sort)).toEqual([
      "name",
      "elapsed",
      "trouble",
    ]);
    expect(type([{ kind: "tab" }]).ui.focus).toBe("hosts");
    const hosts = sightOf([], { focus: "hosts" });
    expect(type([{ kind: "tab" }], { sight: hosts }).ui.note).toBe("no card waits");
    expect(type([{ kind: "right" }], { sight: hosts }).ui.tab).toBe("script");
    expect(type([{ kind: "left" }], { sight: hosts }).ui.tab).toBe("history");
    expect(type(["3"], { sight: hosts }).ui).toMatchObject({ tab: "output", focus: "hosts" });
  });

  test("help opens and closes without doing anything", () => {
    expect(type(["?"]).ui.mode).toEqual({ kind: "help" });
    const closed = type(["?", "y"]);
    expect(closed.ui.mode).toEqual({ kind: "watch" });
    expect(closed.actions).toEqual([]);
  });
});
