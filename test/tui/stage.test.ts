import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Decision } from "../../src/model/approval.ts";
import { Secret } from "../../src/model/secret.ts";
import { maskLines } from "../../src/run/masking.ts";
import { frameOf } from "../../src/tui/frame.ts";
import { createStage } from "../../src/tui/stage.ts";
import { DAWN, diskFinding, diskRunbook, Story } from "../kit/story.ts";
import { teller } from "../kit/teller.ts";

/** A stage fed with a story, whose clock stands a second after the last event. */
function stageFor(story: Story) {
  const decisions: Decision[] = [];
  const calls: string[] = [];
  let now = DAWN + 3_600_000;
  const stage = createStage({
    loaded: story.loaded,
    by: "ada",
    stop: (by) => calls.push(`stop by ${by}`),
    leave: () => calls.push("leave"),
    now: () => (now += 1000),
  });
  const tell = teller(stage);
  let fed = 0;
  return {
    stage,
    decisions,
    calls,
    listen: (signal = new AbortController().signal) =>
      stage.listen((wish) => {
        if (wish.kind === "decide") decisions.push(wish.decision);
        return null;
      }, signal),
    /** Gives the stage what the story has told since the last time. */
    catchUp: () => {
      tell(...story.entries.slice(fed));
      fed = story.entries.length;
      stage.refresh();
    },
    press: (text: string) =>
      stage.press({ kind: "text", text }, frameOf(stage.shot(), { columns: 80, rows: 24, colour: false })),
  };
}

test("a decision carries the digest that was asked and who took it", () => {
  const story = new Story(diskRunbook(), ["web1"]);
  const { decisions, listen, catchUp, press } = stageFor(story);
  listen();
  const asked = story.asks("web1", [diskFinding(1)]).at(-1)?.event;
  catchUp();
  press("y");
  expect(asked).toMatchObject({ type: "asked" });
  expect(decisions).toEqual([
    {
      host: "web1",
      step: "release-log",
      verdict: "approve",
      by: "ada",
      digest: asked?.type === "asked" ? asked.digest : "",
    },
  ]);
});

test("a yes to all covers those that wait and those that come, but not what asks again after a change", () => {
  const story = new Story(diskRunbook(), ["web1", "web2", "web3"]);
  const { decisions, listen, catchUp, press, stage } = stageFor(story);
  listen();
  story.asks("web1", [diskFinding(1)]);
  story.asks("web2", [diskFinding(2)]);
  catchUp();
  press("a");
  expect(decisions.map(({ host }) => host)).toEqual(["web1", "web2"]);
  story.asks("web3", [diskFinding(3)]);
  catchUp();
  expect(decisions.map(({ host }) => host)).toEqual(["web1", "web2", "web3"]);

  const at = { host: "web2", step: story.firstStep };
  story.tell(
    { type: "approved", ...at, digest: decisions[1]?.digest ?? "", by: "ada" },
    { type: "detected", ...at, findings: [diskFinding(2), diskFinding(9)], ms: 1 },
    { type: "approval-voided", ...at, reason: "what was found has changed" },
  );
  story.asksAgain("web2");
  catchUp();
  expect(decisions).toHaveLength(3);
  expect(frameOf(stage.shot(), { columns: 80, rows: 24, colour: false }).card?.host).toBe("web2");
});

test("a decision taken before anybody listens is not lost, and none is sent after the end", () => {
  const story = new Story(diskRunbook(), ["web1", "web2"]);
  const { decisions, listen, catchUp, press } = stageFor(story);
  story.asks("web1", [diskFinding(1)]);
  story.asks("web2", [diskFinding(2)]);
  catchUp();
  press("y");
  expect(decisions).toEqual([]);
  const end = new AbortController();
  listen(end.signal);
  expect(decisions.map(({ host }) => host)).toEqual(["web1"]);
  end.abort();
  press("y");
  expect(decisions).toHaveLength(1);
});

test("what a script prints is shown until the next event of its host, in its last line and cleaned", () => {
  const story = new Story(diskRunbook(), ["web1"]);
  const { stage, catchUp } = stageFor(story);
  catchUp();
  stage.output("web1", "first\nsec");
  stage.output("web1", "ond\u001B[2J\n");
  stage.refresh();
  expect(stage.shot().tails.get("web1")).toBe(String.raw`second\x1b[2J`);
  story.tell({ type: "reached", host: "web1", machineId: null, bootId: null, ms: 1 });
  catchUp();
  expect(stage.shot().tails.size).toBe(0);
});

test("no line of the board holds a secret, however the pieces come that it is glued from", () => {
  const story = new Story(diskRunbook(), ["web1"]);
  const pieces = fc.array(
    fc.tuple(
      fc.constantFrom("stdout" as const, "stderr" as const),
      fc.constantFrom("hunter2", "hun", "ter2", "\n", "\r"),
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(pieces, (printed) => {
      const { stage, catchUp } = stageFor(story);
      catchUp();
      const listen = maskLines([new Secret("hunter2")], (_, text) => stage.output("web1", text));
      for (const [stream, text] of printed) {
        listen(stream, text);
        stage.refresh();
        expect(stage.shot().tails.get("web1") ?? "").not.toContain("hunter2");
      }
    }),
  );
});
