import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Secret } from "../../src/model/secret.ts";
import { maskLines } from "../../src/run/masking.ts";
import type { Wish } from "../../src/run/ports.ts";
import { frameOf, type Frame } from "../../src/tui/frame.ts";
import type { Press } from "../../src/tui/keys.ts";
import { createStage } from "../../src/tui/stage.ts";
import { DAWN, diskFinding, diskRunbook, Story } from "../kit/story.ts";
import { teller } from "../kit/teller.ts";

const ENTER: Press = { kind: "enter" };

/** A stage fed with a story, whose clock goes on a second whenever it is looked at. `refuse` stands for a run that takes no wish. */
function stageFor(story: Story, refuse: string | null = null) {
  const wishes: Wish[] = [];
  const calls: string[] = [];
  let now = DAWN + 3_600_000;
  const stage = createStage({
    loaded: story.loaded,
    by: "ada",
    machine: "desk",
    stop: (by) => calls.push(`stop by ${by}`),
    leave: () => calls.push("leave"),
    now: () => (now += 1000),
  });
  const tell = teller(stage);
  let fed = 0;
  const frame = (): Frame => frameOf(stage.shot(), { columns: 80, rows: 24, colour: false });
  const feed = (): void => {
    tell(...story.entries.slice(fed));
    fed = story.entries.length;
  };
  return {
    stage,
    wishes,
    calls,
    frame,
    feed,
    decisions: () => wishes.flatMap((wish) => (wish.kind === "decide" ? [wish.decision] : [])),
    listen: (signal = new AbortController().signal) =>
      stage.listen((wish) => {
        wishes.push(wish);
        return refuse;
      }, signal),
    /** Gives the stage what the story has told since the last time, and shows it. */
    catchUp: () => {
      feed();
      stage.refresh();
    },
    press: (...keys: readonly (string | Press)[]) => {
      for (const key of keys) stage.press(typeof key === "string" ? { kind: "text", text: key } : key, frame());
    },
  };
}

test("a decision carries the digest that was asked, who took it, where and when", () => {
  const story = new Story(diskRunbook(), ["web1"]);
  const { decisions, listen, catchUp, press } = stageFor(story);
  listen();
  const asked = story.asks("web1", [diskFinding(1)]).at(-1)?.event;
  catchUp();
  press("y");
  expect(decisions()).toEqual([
    {
      host: "web1",
      step: "release-log",
      verdict: "approve",
      by: "ada",
      machine: "desk",
      decidedAt: expect.any(Number),
      digest: asked?.type === "asked" ? asked.digest : "none",
    },
  ]);
});

test("a yes to a group is a decision for each host with its own digest, and for nobody who comes later", () => {
  const story = new Story(diskRunbook(), ["web1", "web2", "web3"]);
  story.state.plan.rollout.batches.splice(0, 9, "100%");
  const { decisions, listen, catchUp, press, frame } = stageFor(story);
  listen();
  story.asks("web1", [diskFinding(1)]);
  story.asks("web2", [diskFinding(1)]);
  catchUp();
  press("y");
  expect(decisions().map(({ host }) => host)).toEqual(["web1", "web2"]);
  expect(new Set(decisions().map(({ digest }) => digest)).size).toBe(2);
  story.asks("web3", [diskFinding(1)]);
  catchUp();
  expect(decisions()).toHaveLength(2);
  expect(frame().sight?.offer?.all.map(({ host }) => host)).toEqual(["web3"]);
});

test("what asks again after a change is shown again", () => {
  const story = new Story(diskRunbook(), ["web1"]);
  const { decisions, listen, catchUp, press, frame } = stageFor(story);
  listen();
  story.asks("web1", [diskFinding(1)]);
  catchUp();
  press("y");
  expect(frame().sight?.offer).toBeNull();
  const at = { host: "web1", step: story.firstStep };
  story.tell(
    { type: "approved", ...at, digest: decisions()[0]?.digest ?? "", by: "ada" },
    { type: "detected", ...at, findings: [diskFinding(1), diskFinding(9)], ms: 1 },
    { type: "approval-voided", ...at, reason: "what was found has changed" },
  );
  story.asksAgain("web1");
  catchUp();
  expect(frame().sight?.offer?.all.map(({ host }) => host)).toEqual(["web1"]);
  expect(decisions()).toHaveLength(1);
});

test("a wish that does not count is told with its reason, and may be made again", () => {
  const story = new Story(diskRunbook(), ["web1"]);
  const { decisions, listen, catchUp, press, frame } = stageFor(story, "it was denied by bob before");
  listen();
  story.asks("web1", [diskFinding(1)]);
  catchUp();
  press("y");
  expect(frame().lines.join("\n")).toContain("it does not count: web1: it was denied by bob before");
  press("y");
  expect(decisions()).toHaveLength(2);
  press("q", "l");
  expect(frame().lines.join("\n")).not.toContain("leaving once nothing runs");
});

test("waivers, skipped hosts, pauses and leaving the cards for later are wishes of the person", () => {
  const story = new Story(diskRunbook(), ["web1"]);
  const { wishes, listen, catchUp, press, calls } = stageFor(story);
  listen();
  story.asks("web1", [diskFinding(1), diskFinding(2)]);
  catchUp();
  press("w", "2", ENTER, "2027-01-01", ENTER, "known", ENTER);
  press("x", "moving", ENTER, "p", "q", "l", "q", "y");
  expect(wishes).toEqual([
    {
      kind: "waive",
      host: "web1",
      step: "release-log",
      keys: [diskFinding(2).key],
      until: Date.UTC(2027, 0, 1),
      by: "ada",
      reason: "known",
    },
    { kind: "skip", host: "web1", by: "ada", reason: "moving" },
    { kind: "pause", by: "ada" },
    { kind: "detach" },
  ]);
  expect(calls).toEqual(["stop by ada"]);
});

test("a decision taken before anybody listens is not lost, and none is sent after the end", () => {
  const story = new Story(diskRunbook(), ["web1", "web2"]);
  const { decisions, listen, catchUp, press, frame } = stageFor(story);
  story.asks("web1", [diskFinding(1)]);
  story.asks("web2", [diskFinding(2)]);
  catchUp();
  press("y");
  expect(decisions()).toEqual([]);
  const end = new AbortController();
  listen(end.signal);
  expect(decisions().map(({ host }) => host)).toEqual(["web1"]);
  end.abort();
  press("y");
  expect(decisions()).toHaveLength(1);
  expect(frame().lines.join("\n")).toContain("the run has ended");
});

test("a key answers what was drawn, not what the run has put in its place since", () => {
  const story = new Story(diskRunbook(), ["web1", "web2"]);
  const { decisions, listen, catchUp, feed, press, frame } = stageFor(story);
  listen();
  story.asks("web1", [diskFinding(1)]);
  catchUp();
  const at = { host: "web1", step: story.firstStep };
  story.tell({ type: "detected", ...at, findings: [diskFinding(9)], ms: 1 });
  story.asksAgain("web1");
  feed();
  press("y");
  expect(decisions()).toEqual([]);
  expect(frame().lines.join("\n")).toContain("the card has just changed: look at it first");
});

test("what a script prints is shown until the next event of its host, in its last line and cleaned, and kept for the pane", () => {
  const story = new Story(diskRunbook(), ["web1"]);
  const { stage, catchUp, frame, press } = stageFor(story);
  story.tell({ type: "reached", host: "web1", machineId: null, bootId: null, ms: 1 });
  catchUp();
  stage.output("web1", "release-log", "first\nsec");
  stage.output("web1", "release-log", "ond\u001B[2J\n");
  stage.refresh();
  expect(frame().lines.join("\n")).toContain(String.raw`  second\x1b[2J`);
  story.tell({ type: "facts-read", host: "web1", facts: {} });
  catchUp();
  expect(frame().lines.join("\n")).not.toContain("second");
  press("3");
  expect(frame().lines.join("\n")).toContain(String.raw`│ second\x1b[2J`);
  stage.output("web1", "release-log", null);
  stage.refresh();
  expect(frame().lines.join("\n")).toContain("it prints more, which is not shown live");
});

test("no line of the screen holds a secret, however the pieces come that it is glued from", () => {
  const story = new Story(diskRunbook(), ["web1"]);
  story.tell({ type: "reached", host: "web1", machineId: null, bootId: null, ms: 1 });
  const pieces = fc.array(
    fc.tuple(
      fc.constantFrom("stdout" as const, "stderr" as const),
      fc.constantFrom("hunter2", "hun", "ter2", "\n", "\r"),
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(pieces, (printed) => {
      const { stage, catchUp, frame, press } = stageFor(story);
      catchUp();
      press("3");
      const listen = maskLines([new Secret("hunter2")], (_, text) => stage.output("web1", null, text));
      for (const [stream, text] of printed) {
        listen(stream, text);
        stage.refresh();
        expect(frame().lines.join("\n")).not.toContain("hunter2");
      }
    }),
  );
});

test("a stop that comes from elsewhere is told in place of the last word on a key", () => {
  const story = new Story(diskRunbook(), ["web1", "web2"]);
  const { frame, listen, catchUp, press } = stageFor(story);
  listen();
  for (const [at, host] of ["web1", "web2"].entries()) story.asks(host, [diskFinding(at)]);
  catchUp();
  press("y");
  expect(frame().lines.at(-2)).toContain("yes to web1");
  story.tell({ type: "stop-requested", by: "SIGTERM" });
  catchUp();
  expect(frame().lines.at(-2)).toContain("stopped by SIGTERM: no new fix starts");
});
