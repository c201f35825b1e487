import { describe, expect, test } from "vitest";
import type { Event } from "../../../src/model/event.ts";
import type { PastFix } from "../../../src/model/past.ts";
import type { Outcome } from "../../../src/model/finding.ts";
import { NO_OUTPUT } from "../../../src/model/output.ts";
import { plain } from "../../../src/model/secret.ts";
import { cardOf, type Card } from "../../../src/view/card.ts";
import { cardLines } from "../../../src/view/card-lines.ts";
import { DAWN, diskFinding, diskRunbook, loadedFrom, Story } from "../../kit/story.ts";

const STEP = "release-log";
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function cardFrom(story: Story, now?: number, host = "web1"): Card {
  const clock = now === undefined ? {} : { now };
  return cardOf({ state: story.state, host, step: story.firstStep, loaded: story.loaded, ...clock });
}

/** What speaks against it, as `weight: text`. */
function against(story: Story, now?: number): string[] {
  return cardFrom(story, now).against.map(({ weight, text }) => `${weight}: ${text}`);
}

function past(outcome: Outcome, ago: number, host = "web1"): PastFix {
  return { host, step: STEP, run: "r0", at: DAWN - ago, outcome };
}

function storyOf(pasts: readonly PastFix[], hosts = ["web1"]): Story {
  const story = new Story(diskRunbook(), hosts, { plan: { past: [...pasts] } });
  story.asks("web1", [diskFinding(1)]);
  return story;
}

/** A fix on a host from its approval to its end. */
function fixes(host: string, exit: number, end: Outcome, reason = ""): Event[] {
  const at = { host, step: STEP };
  const key = diskFinding(1).key;
  return [
    { type: "approved", ...at, digest: "d", by: "ada" },
    { type: "admitted", host, batch: 1 },
    { type: "fix-started", ...at, key },
    { type: "fix-finished", ...at, key, exit, stdout: NO_OUTPUT, stderr: NO_OUTPUT, ms: 1 },
    { type: "step-ended", ...at, outcome: end, reason },
  ];
}

/** A fix with nothing around it. */
function bareRunbook(risk: string) {
  return loadedFrom({
    name: "bare",
    title: "Bare",
    steps: [{ id: "one", detect: { run: "x" }, fix: { risk, run: "y", per: "host" }, verify: false }],
  });
}

function bareAgainst(risk: string): string[] {
  const story = new Story(bareRunbook(risk), ["web1"]);
  story.asks("web1", [{ values: { message: "m" }, key: "m" }]);
  return against(story);
}

describe("what speaks against a fix", () => {
  test("is nothing where all is normal, and then the card has no line of it", () => {
    const story = storyOf([]);
    expect(against(story)).toEqual([]);
    expect(cardLines(cardFrom(story), { width: 80, colour: false })[1]).toMatch(/^step /);
  });

  test("is first of all that it comes back again and again", () => {
    const story = storyOf([past("fixed", 2 * HOUR), past("fixed", 3 * DAY), past("fixed", 6 * DAY)]);
    const card = cardFrom(story, DAWN);
    const text = "recurring: look for the cause. Fixed here 3 times in 7 days, the last time 2 h ago";
    expect(card.against).toEqual([{ weight: "alarm", text }]);
    expect(card.history).toBe("");
    const [, second] = cardLines(card, { width: 100, colour: false });
    expect(second).toBe(` !! ${text}`);
    expect(cardLines(card, { width: 100, colour: true })[1]).toContain("\u001B[7m");
  });

  test("twice within a week is told, but is no alarm, and what is older than a week does not count", () => {
    const twice = storyOf([past("fixed", 2 * HOUR), past("fixed", 3 * DAY), past("fixed", 8 * DAY)]);
    expect(against(twice, DAWN)).toEqual([]);
    expect(cardFrom(twice, DAWN).history).toBe("fixed here 2 times in 7 days, the last time 2 h ago, and it came back");
    expect(cardFrom(storyOf([past("fixed", 9 * DAY)]), DAWN).history).toBe("fixed here 9 d ago, and it came back");
    expect(cardFrom(storyOf([past("fixed", HOUR, "web2")]), DAWN).history).toBe("");
  });

  test("is how the last fix here ended, where that was not well", () => {
    const story = storyOf([past("rolled-back", HOUR), past("fixed", 2 * HOUR)]);
    expect(against(story, DAWN)).toEqual(["warning: the last fix here ended rolled back, 1 h ago (run r0)"]);
  });

  test("is what became of other hosts in this run, with the reason of the last", () => {
    const hosts = ["web1", "web2", "web3", "web4", "web5", "web6"];
    const story = storyOf([], hosts);
    for (const host of hosts.slice(1)) story.asks(host, [diskFinding(1)]);
    story.tell(
      ...fixes("web2", 0, "fixed"),
      ...fixes("web3", 3, "failed", "the fix exited 3: no space"),
      ...fixes("web4", 3, "failed", "the fix exited 4"),
      ...fixes("web5", 0, "rolled-back", "still there"),
      { type: "denied", host: "web6", step: STEP, digest: "d", by: "grace", reason: "not during the backup" },
    );
    expect(against(story)).toEqual([
      "warning: failed on 2 of 4 other hosts that had it; last on web4: the fix exited 4",
      "warning: rolled back on 1 of 4 other hosts that had it; on web5: still there",
      "warning: denied on web6 by grace: not during the backup",
    ]);
    expect(cardFrom(story).fared).toBe("fixed on 1 host, failed on 2 hosts, rolled back on 1 host, denied on 1 host");
  });

  test("counts a failure as soon as it is known, and what is being fixed now", () => {
    const story = storyOf([], ["web1", "web2", "web3"]);
    for (const host of ["web2", "web3"]) story.asks(host, [diskFinding(1)]);
    story.tell(...fixes("web2", 3, "failed").slice(0, -1), ...fixes("web3", 0, "fixed").slice(0, 3));
    expect(against(story)).toEqual(["warning: failed on 1 of 2 other hosts that had it; on web2: the fix exited 3"]);
    expect(cardFrom(story).fared).toBe("failed on 1 host; 2 hosts are being fixed now");
  });

  test("is what has changed since it was approved", () => {
    const story = storyOf([]);
    const at = { host: "web1", step: STEP };
    const digest = story.state.hosts.get("web1")?.steps[0]?.asked?.digest ?? "";
    story.tell({ type: "approved", ...at, digest, by: "ada" });
    story.tell({ type: "detected", ...at, findings: [diskFinding(2), diskFinding(3)], ms: 1 });
    story.tell({ type: "approval-voided", ...at, reason: "what was found has changed since it was approved" });
    story.asksAgain("web1");
    const lines = cardLines(cardFrom(story), { width: 100, colour: false });
    expect(lines.slice(1, 6)).toEqual([
      "  ! approved before, but what was found has changed since it was approved: 2 new, 1 gone, 0 the same",
      "  │ + pid 2, started Nov 3",
      "  │ + pid 3, started Nov 3",
      "  │ - pid 1, started Nov 3",
      "step      release-log of disk-full, critical",
    ]);
  });

  test("is that an approval has expired, though nothing has changed", () => {
    const story = storyOf([]);
    const at = { host: "web1", step: STEP };
    story.tell({ type: "approved", ...at, digest: "d", by: "ada" });
    story.tell({ type: "approval-voided", ...at, reason: "the approval has expired" });
    story.asksAgain("web1");
    expect(against(story)).toEqual([
      "warning: approved before, but the approval has expired; the findings are the same",
    ]);
  });

  test("is old evidence, a twin, and a fleet that has not answered", () => {
    const story = new Story(diskRunbook(), ["web1", "alias", "web3", "web4"]);
    story.asks("web1", [diskFinding(1)]);
    story.tell({ type: "reached", host: "alias", machineId: "m-web1", bootId: "b", ms: 1 });
    story.tell({ type: "unreachable", host: "web3", fault: { kind: "unreachable", message: "no route" } });
    const card = cardFrom(story);
    expect(against(story, card.seenAt + 61_000)).toEqual([
      "note: the same machine as alias: what is done here is done there",
      "note: only 2 of 4 hosts have been looked at in full so far; 1 of 4 hosts is unknown",
      "note: the evidence was seen 1 min 1 s ago: older than 1 min, so it is looked at again first",
    ]);
    expect(against(story, card.seenAt + 60_000)).toHaveLength(2);
  });

  test("is what the fix lacks", () => {
    expect(bareAgainst("high")).toEqual(["warning: high risk, nothing proves that it worked, no rollback"]);
    expect(bareAgainst("medium")).toEqual(["note: nothing proves that it worked, no rollback"]);
    expect(bareAgainst("low")).toEqual(["note: nothing proves that it worked"]);
  });

  test("shows a preview's diff in colours, with its signs", () => {
    const story = storyOf([]);
    const diff = "--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\n";
    const output = { ...NO_OUTPUT, head: plain(diff) };
    story.tell({ type: "previewed", host: "web1", step: STEP, output, failed: null });
    const lines = cardLines(cardFrom(story), { width: 80, colour: true });
    expect(lines).toContain("\u001B[2m  │ \u001B[22m\u001B[31m-old\u001B[39m");
    expect(lines).toContain("\u001B[2m  │ \u001B[22m\u001B[32m+new\u001B[39m");
    expect(lines).toContain("\u001B[2m  │ \u001B[22m\u001B[36m@@ -1 +1 @@\u001B[39m");
  });
});
