import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diskRunbook, Story } from "../kit/story.ts";
import type { Press } from "../../src/tui/keys.ts";
import { FRESH_UI, see } from "../../src/tui/ui.ts";
import { card, ENTER, ESCAPE, no, NOW, sightOf, type, watching, yes } from "../kit/keyboard.ts";

/** A screen on which the card of one host is shown. */
const seen = (host: string) => ({ id: host, cards: [card(host)], waiting: [card(host)] });

describe("answering a card", () => {
  test("y approves exactly the card on the screen", () => {
    const { ui, actions } = type(["y"]);
    expect(actions).toEqual([yes(card())]);
    expect(ui.sent).toEqual(new Set(["c-web1"]));
  });

  test("n asks for a reason, which may be empty", () => {
    expect(type(["n", "too", " late", { kind: "backspace" }, ENTER]).actions).toEqual([no("too lat", card())]);
    expect(type(["n", ENTER]).actions).toEqual([no("", card())]);
    const back = type(["n", "x", ESCAPE]);
    expect(back.actions).toEqual([]);
    expect(back.ui.mode).toEqual({ kind: "watch" });
  });

  test("s puts an entry off, and puts it off again behind the others", () => {
    expect(type(["s"], {}, { ...watching(), later: ["c-web1", "c2"] }).ui.later).toEqual(["c2", "c-web1"]);
  });

  test("a high risk needs the whole word", () => {
    const sight = sightOf([card("web1", { risk: "high" })]);
    expect(type(["y", ENTER], { sight }).actions).toEqual([]);
    expect(type(["y", "y", ENTER], { sight }).actions).toEqual([]);
    expect(type(["y", "1", ENTER], { sight }).actions).toEqual([]);
    expect(type(["y", "ye", "s", ENTER], { sight }).actions).toEqual([yes(card("web1", { risk: "high" }))]);
  });

  test("what a person does is said with d", () => {
    const sight = sightOf([card("web1", { kind: "manual" })]);
    expect(type(["y"], { sight }).actions).toEqual([]);
    expect(type(["d"], { sight }).actions).toHaveLength(1);
    expect(type(["d"]).actions).toEqual([]);
    const two = sightOf([card("web1", { kind: "manual" }), card("web2", { kind: "manual" })]);
    expect(type(["d"], { sight: two }).actions).toEqual([]);
    expect(type(["d"], { sight: two }).ui.note).toContain("host by host");
  });

  test("what the policy wants signed is not approved here, and the note says how it can be", () => {
    const sight = sightOf([card()], { bar: { why: "it needs a signature: runbook approve", deniable: false } });
    const { ui, actions } = type(["y"], { sight });
    expect(actions).toEqual([]);
    expect(ui.note).toBe("it needs a signature: runbook approve");
  });

  test("a key held down answers one card only", () => {
    const held = type(["y", "y", "y", "y"], {}, watching(), 33);
    expect(held.actions).toHaveLength(1);
    expect(held.ui.note).toContain("look at this one");
  });

  test("a card that the run swapped in is not answered by a key meant for the one before", () => {
    const before = see(FRESH_UI, seen("web0"), "run", NOW - 5000);
    const swapped = see(before, seen("web1"), "run", NOW - 100);
    expect(type(["y"], {}, swapped).actions).toEqual([]);
    expect(type(["n"], {}, swapped).ui.mode).toEqual({ kind: "watch" });
    expect(type(["y"], { now: NOW + 600 }, swapped).actions).toEqual([yes(card())]);
    expect(type(["y"], {}, see(before, seen("web1"), "person", NOW - 100)).actions).toEqual([yes(card())]);
  });

  test("a card that appears where none was is not answered at once either", () => {
    const appeared = see(FRESH_UI, seen("web1"), "run", NOW - 100);
    expect(type(["y"], {}, appeared).actions).toEqual([]);
    expect(type(["y"], { now: NOW + 600 }, appeared).actions).toEqual([yes(card())]);
  });

  test("a card that goes away takes a half-typed answer with it, whichever the answer is", () => {
    const gone = { id: "other", cards: [], waiting: [] };
    for (const keys of [
      ["n", "because"],
      ["w", "7d"],
    ]) {
      const ui = see(type(keys).ui, gone, "run", NOW);
      expect(ui.mode).toEqual({ kind: "gone" });
      expect(ui.note).toContain("nothing was decided");
    }
    const sight = sightOf([card("web1", { risk: "high" })]);
    expect(see(type(["y", "ye"], { sight }).ui, gone, "run", NOW).mode).toEqual({ kind: "gone" });
  });

  test("what is typed on for a card that went away answers no other one, until Enter or Escape", () => {
    const other = card("web2");
    const seen = { id: "other", cards: [other], waiting: [other] };
    const gone = see(type(["n", "wh"]).ui, seen, "run", NOW - 60_000);
    const scene = { sight: sightOf([other]) };
    const typed = type(["y", "n", "q", "p", "x", "s", " ", { kind: "paste", text: "y" }], scene, gone);
    expect(typed.actions).toEqual([]);
    expect(typed.ui).toEqual(gone);
    for (const key of [ENTER, ESCAPE]) expect(type([key, "y"], scene, gone).actions).toEqual([yes(other)]);
  });

  test("a reason that comes at once with its key is a reason, none of its letters a key, and wants an Enter of its own", () => {
    const { ui, actions } = type(["nobody saw why", ENTER], {}, watching(), 1);
    expect(actions).toEqual([]);
    expect(ui.mode).toMatchObject({ kind: "deny", text: "obody saw why" });
    expect(type([ENTER], { now: NOW + 1000 }, ui).actions).toEqual([no("obody saw why", card())]);
    expect(type(["xylophone"]).ui.mode).toMatchObject({ kind: "skip", text: "ylophone" });
    expect(type(["w7d"]).ui.mode).toMatchObject({ kind: "waive", asks: "until", text: "7d" });
  });

  test("pasted text and words typed at once answer nothing", () => {
    expect(type([{ kind: "paste", text: "y" }, "ya", "yes", "yy"]).actions).toEqual([]);
  });

  test("no key decides anything without a card", () => {
    const letters = "y n d w s t a b j k o / ? 1 2 3 4".split(" ");
    const keys = fc.array(
      fc.oneof(fc.constantFrom(...letters, " ", "yes", "0"), fc.constantFrom<Press>(ENTER, ESCAPE, { kind: "tab" })),
    );
    fc.assert(
      fc.property(keys, (pressed) => {
        const { ui, actions } = type(pressed, { sight: sightOf([]), findings: [] });
        expect([...actions, ...ui.sent]).toEqual([]);
      }),
    );
  });
});

describe("answering a group", () => {
  const four = ["web1", "web2", "web3", "web4"].map((host) => card(host));

  test("y approves those that the batch has room for, and no others", () => {
    const { ui, actions } = type(["y"], { sight: sightOf(four, { ready: 2 }) });
    expect(actions).toEqual([yes(...four.slice(0, 2))]);
    expect(ui.sent).toEqual(new Set(["c-web1", "c-web2"]));
  });

  test("y approves nothing while the batch is full", () => {
    const { ui, actions } = type(["y"], { sight: sightOf(four, { ready: 0 }) });
    expect(actions).toEqual([]);
    expect(ui.note).toContain("no room");
  });

  test("n is for all of them, with one reason", () => {
    expect(type(["n", "why", ENTER], { sight: sightOf(four, { ready: 2 }) }).actions).toEqual([no("why", ...four)]);
  });

  test("a high risk wants the number of those that are approved, and approves those that were offered when it was asked", () => {
    const high = four.map((one) => ({ ...one, risk: "high" as const }));
    const sight = sightOf(high, { ready: 3 });
    for (const wrong of ["yes", "4", "y"]) expect(type(["y", wrong, ENTER], { sight }).actions).toEqual([]);
    expect(type(["y", "3", ENTER], { sight }).actions).toEqual([yes(...high.slice(0, 3))]);
    const asked = type(["y"], { sight });
    const grown = { sight: sightOf(high, { ready: 4 }) };
    expect(type(["3", ENTER], grown, asked.ui).actions).toEqual([yes(...high.slice(0, 3))]);
  });

  test("a host that has just joined is left out of the answer, and the note says so", () => {
    const waiting = four;
    const before = see(FRESH_UI, { id: "p", cards: four.slice(0, 3), waiting }, "person", NOW - 5000);
    const joined = see(before, { id: "p", cards: four, waiting }, "run", NOW - 100);
    const { ui, actions } = type(["y"], { sight: sightOf(four) }, joined);
    expect(actions).toEqual([yes(...four.slice(0, 3))]);
    expect(ui.note).toContain("1 host came just now");
  });

  test("Enter opens it, Escape closes it, and what is for one host is not done to several", () => {
    const sight = sightOf(four);
    const { ui } = type([ENTER], { sight });
    expect(ui.opened).toBe("c-web1");
    expect(type([ESCAPE], { sight }, ui).ui.opened).toBeNull();
    for (const key of ["w", "x"]) {
      const pressed = type([key], { sight });
      expect(pressed.ui.mode).toEqual({ kind: "watch" });
      expect(pressed.ui.note).toContain("Enter opens");
    }
  });
});

describe("waiving and skipping", () => {
  test("a waiver asks until when and why", () => {
    const { actions } = type(["w", "7d", ENTER, "the vendor knows", ENTER]);
    expect(actions).toEqual([
      {
        kind: "waive",
        card: card(),
        keys: ["k1"],
        until: NOW + 1000 * 2 + 7 * 86_400_000,
        reason: "the vendor knows",
      },
    ]);
    expect(type(["w", "7d", ENTER, "why", ENTER]).ui.note).toMatch(/^1 finding of web1 waived until 2026-11-10 /);
    const date = type(["w", "2026-12-24", ENTER, "why", ENTER]).actions[0];
    expect(date).toMatchObject({ until: Date.UTC(2026, 11, 24) });
  });

  test("a waiver asks which findings where there are several", () => {
    const several = { findings: ["k1", "k2", "k3"] };
    const keysOf = (which: string): unknown =>
      type(["w", which, ENTER, "12h", ENTER, "why", ENTER], several).actions.map((action) =>
        action.kind === "waive" ? action.keys : null,
      );
    expect(keysOf("all")).toEqual([["k1", "k2", "k3"]]);
    expect(keysOf("3, 1")).toEqual([["k3", "k1"]]);
    for (const wrong of ["", "4", "0", "1,x", "1-2", "1.5"]) expect(keysOf(wrong)).toEqual([]);
  });

  test("a waiver without a time to come or a reason is asked again", () => {
    for (const wrong of ["", "soon", "0s", "2026-02-31", "2020-01-01", "2026-11-03", "-7d"]) {
      const { ui } = type(["w", wrong, ENTER]);
      expect(ui.mode).toMatchObject({ kind: "waive", asks: "until" });
      expect(ui.note).toContain("such as 7d");
    }
    const long = type(["w", "999d", ENTER]).ui;
    expect(long.mode).toMatchObject({ kind: "waive", asks: "until" });
    expect(long.note).toBe("a waiver lasts at most a year");
    const reasonless = type(["w", "7d", ENTER, " ", ENTER]);
    expect(reasonless.actions).toEqual([]);
    expect(reasonless.ui.note).toContain("needs a reason");
  });

  test("x skips the card's host, or the one under the cursor, with a reason", () => {
    expect(type(["x", "it is being moved", ENTER]).actions).toEqual([
      { kind: "skip", host: "web1", reason: "it is being moved" },
    ]);
    expect(type(["x", ESCAPE]).actions).toEqual([]);
    expect(type(["x", ENTER]).ui.note).toBe("web1 is skipped");
  });

  test("x asks no reason for a host on which nothing more would be begun", () => {
    const story = new Story(diskRunbook(), ["web1", "web2"]);
    story.tell({ type: "step-ended", host: "web1", step: story.firstStep, outcome: "clear", reason: "" });
    story.tell({ type: "host-skipped", host: "web2", by: "bob", reason: "" });
    const notes = ["web1", "web2"].map((name) => {
      const sight = sightOf([], { focus: "hosts", host: story.state.hosts.get(name) ?? null });
      const { ui } = type(["x"], { sight });
      return [ui.mode.kind, ui.note];
    });
    expect(notes).toEqual([
      ["watch", "web1 is done"],
      ["watch", "web2 is skipped already"],
    ]);
  });
});
