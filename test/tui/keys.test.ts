import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { press, type Action, type Press, type Scene } from "../../src/tui/keys.ts";
import type { Waiting } from "../../src/tui/queue.ts";
import { FRESH_UI, see, type Ui } from "../../src/tui/ui.ts";

const CARD: Waiting = {
  id: "c1",
  place: "web1/release-log",
  host: "web1",
  step: "release-log",
  digest: "d1",
  risk: "medium",
  kind: "run",
  at: 1,
};
const SCENE: Scene = { card: CARD, reach: 12, page: 10, last: 25, stopped: false, now: 1_000_000 };

/** Presses keys one after the other, a second apart unless told otherwise, and collects what the run must do. */
function type(keys: readonly (string | Press)[], scene: Partial<Scene> = {}, ui: Ui = FRESH_UI, apart = 1000) {
  const actions: Action[] = [];
  let now = scene.now ?? SCENE.now;
  for (const key of keys) {
    const result = press(ui, typeof key === "string" ? { kind: "text", text: key } : key, { ...SCENE, ...scene, now });
    ui = result.ui;
    if (result.action !== undefined) actions.push(result.action);
    now += apart;
  }
  return { ui, actions };
}

const ENTER: Press = { kind: "enter" };
const ESCAPE: Press = { kind: "escape" };
const CTRL_C: Press = { kind: "interrupt" };
const approved = { kind: "decide", decision: { host: "web1", step: "release-log", digest: "d1", verdict: "approve" } };

describe("answering a card", () => {
  test("y approves exactly the digest on the screen", () => {
    const { ui, actions } = type(["y"]);
    expect(actions).toEqual([approved]);
    expect(ui.sent).toEqual(new Set(["c1"]));
  });

  test("n asks for a reason, which may be empty", () => {
    expect(type(["n", "too", " late", { kind: "backspace" }, ENTER]).actions).toEqual([
      { kind: "decide", decision: { ...approved.decision, verdict: "deny", reason: "too lat" } },
    ]);
    expect(type(["n", ENTER]).actions).toEqual([
      { kind: "decide", decision: { ...approved.decision, verdict: "deny" } },
    ]);
    const back = type(["n", "x", ESCAPE]);
    expect(back.actions).toEqual([]);
    expect(back.ui.mode).toEqual({ kind: "watch" });
  });

  test("a says yes to the step for the rest of the run", () => {
    expect(type(["a"]).ui.standing).toEqual(new Set(["release-log"]));
  });

  test("s puts the card off, and puts it off again behind the others", () => {
    expect(type(["s"], {}, { ...FRESH_UI, later: ["c1", "c2"] }).ui.later).toEqual(["c2", "c1"]);
  });

  test("a high risk needs the whole word, for all the number of hosts", () => {
    const card: Waiting = { ...CARD, risk: "high" };
    expect(type(["y", ENTER], { card }).actions).toEqual([]);
    expect(type(["y", "y", ENTER], { card }).actions).toEqual([]);
    expect(type(["y", "ye", "s", ENTER], { card }).actions).toEqual([approved]);
    expect(type(["a", "yes", ENTER], { card }).ui.standing.size).toBe(0);
    expect(type(["a", "11", ENTER], { card }).ui.standing.size).toBe(0);
    expect(type(["a", "12", ENTER], { card }).ui.standing).toEqual(new Set(["release-log"]));
  });

  test("what a person does is said with d, host by host", () => {
    const card: Waiting = { ...CARD, kind: "manual" };
    expect(type(["y"], { card }).actions).toEqual([]);
    expect(type(["a"], { card }).ui.standing.size).toBe(0);
    expect(type(["d"], { card }).actions).toEqual([approved]);
    expect(type(["d"]).actions).toEqual([]);
  });

  test("a key held down answers one card only", () => {
    const held = type(["y", "y", "y", "y"], {}, FRESH_UI, 33);
    expect(held.actions).toHaveLength(1);
    expect(held.ui.note).toContain("look at this one");
  });

  test("a card that the run swapped in is not answered by a key meant for the one before", () => {
    const before = see(FRESH_UI, "c0", "run", SCENE.now - 5000);
    const swapped = see(before, "c1", "run", SCENE.now - 100);
    expect(type(["y"], {}, swapped).actions).toEqual([]);
    expect(type(["y"], { now: SCENE.now + 600 }, swapped).actions).toEqual([approved]);
    expect(type(["y"], {}, see(before, "c1", "person", SCENE.now - 100)).actions).toEqual([approved]);
  });

  test("a card that goes away takes a half-typed answer with it", () => {
    const typing = type(["n", "because"], {}, see(FRESH_UI, "c1", "run", 0)).ui;
    const gone = see(typing, "c2", "run", SCENE.now);
    expect(gone.mode).toEqual({ kind: "watch" });
    expect(gone.note).toContain("nothing was decided");
  });

  test("pasted text and words typed at once answer nothing", () => {
    expect(type([{ kind: "paste", text: "y" }, "ya", "yes"]).actions).toEqual([]);
    expect(type([{ kind: "paste", text: "a" }, "say"]).ui.standing.size).toBe(0);
  });

  test("no key decides anything without a card", () => {
    const keys = fc.array(
      fc.oneof(fc.constantFrom("y", "n", "a", "d", "s", "?", "yes", "0"), fc.constant(ENTER), fc.constant(ESCAPE)),
    );
    fc.assert(
      fc.property(keys, (pressed) => {
        const { ui, actions } = type(pressed, { card: null, reach: 0 });
        expect([...actions, ...ui.standing, ...ui.sent]).toEqual([]);
      }),
    );
  });
});

describe("stopping and leaving", () => {
  test("q asks first", () => {
    expect(type(["q"]).actions).toEqual([]);
    expect(type(["q", "y"]).actions).toEqual([{ kind: "stop", key: "q" }]);
    expect(type(["q", ENTER]).actions).toEqual([{ kind: "stop", key: "q" }]);
    const back = type(["q", "n", "y"]);
    expect(back.actions).toEqual([approved]);
  });

  test("Ctrl-C stops at once, from wherever one is, and leaves the second time", () => {
    for (const before of [[], ["q"], ["n", "why"], ["?"]]) {
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

describe("looking", () => {
  test("scrolling stays on the card", () => {
    expect(type([{ kind: "up" }]).ui.scroll).toBe(0);
    expect(type([{ kind: "page-down" }, { kind: "down" }]).ui.scroll).toBe(11);
    expect(type([{ kind: "end" }, { kind: "down" }]).ui.scroll).toBe(25);
    expect(type([{ kind: "end" }, { kind: "page-up" }]).ui.scroll).toBe(15);
    expect(type([{ kind: "end" }, { kind: "home" }]).ui.scroll).toBe(0);
  });

  test("the card can be scrolled while an answer is typed", () => {
    const { ui } = type(["n", "why", { kind: "down" }]);
    expect(ui.scroll).toBe(1);
    expect(ui.mode).toEqual({ kind: "reason", text: "why" });
  });

  test("help opens and closes without doing anything", () => {
    expect(type(["?"]).ui.mode).toEqual({ kind: "help" });
    const closed = type(["?", "y"]);
    expect(closed.ui.mode).toEqual({ kind: "watch" });
    expect(closed.actions).toEqual([]);
  });
});
