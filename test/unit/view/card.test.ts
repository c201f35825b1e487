import { describe, expect, test } from "vitest";
import { cardLines } from "../../../src/view/card-lines.ts";
import { cardOf, type Card } from "../../../src/view/card.ts";
import { widthOf } from "../../../src/view/width.ts";
import { diskFinding, diskRunbook, loadedFrom, manualRunbook, Story } from "../../kit/story.ts";
import { NO_OUTPUT } from "../../../src/model/output.ts";
import { plain } from "../../../src/model/secret.ts";

function cardFrom(story: Story, host = "web1"): Card {
  return cardOf({ state: story.state, host, step: story.firstStep, loaded: story.loaded });
}

function asked(findings = [diskFinding(12), diskFinding(13)]): Story {
  const story = new Story(diskRunbook("high"), ["web1", "web2"]);
  story.asks("web1", findings);
  return story;
}

const HELPED = {
  name: "helped",
  title: "Helped",
  steps: [{ id: "one", detect: { run: "x" }, fix: { risk: "low", run: "helper", per: "host" } }],
};

describe("a card", () => {
  test("shows what is found, what runs with which values, and what guards it", () => {
    const lines = cardLines(cardFrom(asked()), { width: 90, colour: false });
    expect(lines).toEqual([
      "web1: A process holds a deleted log",
      "  ! high risk",
      "  · only 1 of 2 hosts has been looked at in full so far",
      "step      release-log of disk-full, critical",
      "fix       Let the process go",
      "risk      HIGH",
      "evidence  2 findings, seen at 2026-11-03 14:05:03 UTC",
      "  │ pid  started  path                bytes",
      "  │  12  Nov 3    /var/log/tap.log  1.2 GiB",
      "  │  13  Nov 3    /var/log/tap.log  1.2 GiB",
      "script    once for each finding, with $path $bytes $pid $started; as root; at most 1 min,",
      "          then it is left running and the step is in doubt",
      '  │ echo "$most"',
      '  │ kill "$pid"',
      "values    $mount = /",
      "          $most = 2147483648 (2.0 GiB)",
      "this run  no other host has had this fix yet",
      "rollout   if approved now, this host begins in batch 1; batches of 1, 50% of the hosts",
      "          that need a fix; no new fix after 2 failed hosts",
      "approval  one person; counts for 1 h",
      "guard     right before each fix; it may defer it",
      "  │ test -d /proc/$pid",
      "verify    what was fixed must be gone within 30 s",
      '  │ df "$mount"',
      "rollback  when the fix or its verification fails",
      "  │ service thing start",
      `card      ${cardFrom(asked()).members[0]?.digest}`,
    ]);
  });

  test("says when this host's turn would come", () => {
    const story = asked();
    const rollout = (host = "web1"): string => cardFrom(story, host).rollout.split(";")[0] ?? "";
    story.asks("web2", [diskFinding(1)]);
    const at = { host: "web1", step: story.firstStep };
    story.tell({ type: "approved", ...at, digest: "d", by: "ada" }, { type: "admitted", host: "web1", batch: 1 });
    expect(rollout()).toBe("this host is in batch 1");
    expect(rollout("web2")).toBe("if approved now, this host begins when the batch before it has ended");
    story.tell({ type: "step-ended", ...at, outcome: "fixed", reason: "" });
    expect(rollout("web2")).toBe("if approved now, this host begins in batch 2");
    story.tell({ type: "stop-requested", by: "ada" });
    expect(rollout("web2")).toBe("this host does not begin: stopped by ada");
    story.tell({ type: "run-ended", exit: 130, outcome: "waiting" });
    expect(rollout("web2")).toBe("if approved now, this host begins in batch 2");
    const dry = new Story(story.loaded, ["web1"], { dryRun: true });
    dry.tell({ type: "detected", ...at, findings: [diskFinding(1)], ms: 1 });
    expect(cardFrom(dry).rollout).toMatch(/^batches of/);
  });

  test("carries the digest that was asked, so that what is approved is what was seen", () => {
    const story = asked();
    const event = story.entries.at(-1)?.event;
    expect(event).toMatchObject({ type: "asked", digest: cardFrom(story).members[0]?.digest });
  });

  test("keeps what a host says behind a bar and on its own line", () => {
    const story = asked([diskFinding(1, { path: "/x\nrisk      low\u001B[2J" })]);
    const output = { ...NO_OUTPUT, head: plain("gone\nrisk      low\n") };
    story.tell({ type: "previewed", host: "web1", step: story.firstStep, output, failed: null });
    const lines = cardLines(cardFrom(story), { width: 60, colour: false });
    expect(lines.filter((line) => line.startsWith("risk"))).toEqual(["risk      HIGH"]);
    expect(lines).toContain("  │ risk      low");
    expect(lines.join("\n")).toContain(String.raw`/x\nrisk      low\x1b[2J`);
  });

  test("says nothing of a preview that the runbook does not have", () => {
    const story = new Story(loadedFrom(HELPED), ["web1"]);
    const [step] = HELPED.steps;
    story.tell({ type: "previewed", host: "web1", step: step?.id ?? "", output: NO_OUTPUT, failed: null });
    expect(cardFrom(story).preview).toBeNull();
  });

  test("keeps to every width without leaving anything out of a script or a cell", () => {
    const long = `echo ${"日本x".repeat(80)}`;
    const loaded = loadedFrom({
      name: "wide",
      title: "Wide",
      steps: [{ id: "one", detect: { run: "x" }, fix: { risk: "low", run: long, per: "host" } }],
    });
    const story = new Story(loaded, ["web1"]);
    story.asks("web1", [{ values: { message: "m".repeat(500) }, key: "m" }]);
    for (const width of [40, 80, 133, 300]) {
      const lines = cardLines(cardFrom(story), { width, colour: false });
      expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width);
      const text = lines.map((line) => line.slice(4)).join("");
      expect(text).toContain(long);
      expect(text.replaceAll(/[^m]/g, "").length).toBeGreaterThanOrEqual(500);
    }
  });

  test("says how many findings and lines it does not show, unless all are wanted", () => {
    const story = asked(Array.from({ length: 32 }, (_, index) => diskFinding(index)));
    const some = cardLines(cardFrom(story), { width: 80, colour: false });
    expect(some.filter((line) => line.includes("/var/log/tap.log"))).toHaveLength(20);
    expect(some).toContain("  … 12 more");
    const all = cardLines(cardFrom(story), { width: 80, colour: false, all: true });
    expect(all.filter((line) => line.includes("/var/log/tap.log"))).toHaveLength(32);
  });

  test("names the functions in a log, and shows them to a person who can scroll", () => {
    const loaded = { ...loadedFrom(HELPED), functions: "helper() {\n  :\n}\n" };
    const story = new Story(loaded, ["web1"]);
    story.asks("web1", [{ values: { message: "m" }, key: "m" }]);
    const words = "put before every script";
    const log = cardLines(cardFrom(story), { width: 90, colour: false });
    expect(log).toContain(`functions 3 lines, ${words}; \`runbook show helped\` shows them`);
    expect(log).not.toContain("  │ helper() {");
    const scroll = cardLines(cardFrom(story), { width: 90, colour: false, all: true });
    expect(scroll).toContain(`functions ${words}`);
    expect(scroll).toContain("  │ helper() {");
  });

  test("says that a preview failed", () => {
    const story = asked();
    const output = NO_OUTPUT;
    story.tell({ type: "previewed", host: "web1", step: story.firstStep, output, failed: "it exited 3" });
    expect(cardLines(cardFrom(story), { width: 80, colour: false })).toContain("preview   failed: it exited 3");
  });

  test("tells a person what to do when the fix is theirs", () => {
    const story = new Story(manualRunbook(), ["web1"]);
    story.asks("web1", [{ values: { message: "fan 2" }, key: "2" }]);
    const lines = cardLines(cardFrom(story), { width: 80, colour: false });
    expect(lines).toContain("to do     a person does this, then says so");
    expect(lines).toContain("  │ Put it in.");
    expect(lines).toContain("rollback  none");
  });

  test("warns of a reboot whatever its risk, and tells how it is asked for, what it must bring, and the kernel that is wanted", () => {
    const step = { id: "one", detect: { run: "x" }, fix: { risk: "medium", reboot: { kernel: "want" } } };
    const inputs = { want: { type: "string", default: "6.1.0-13" } };
    const story = new Story(loadedFrom({ name: "boot", title: "B", become: true, inputs, steps: [step] }), ["web1"]);
    story.asks("web1", [{ values: { message: "m" }, key: "m" }]);
    const lines = cardLines(cardFrom(story), { width: 200, colour: false });
    expect(lines).toContain("  ! the host is rebooted: whatever runs there ends");
    expect(lines).toContain("fix       reboot the host");
    expect(lines).toContain(
      "script    the host is rebooted; it must be back within 10 min as the same machine with another boot id, running the kernel $want; as root",
    );
    expect(lines).toContain("  │ systemctl reboot || shutdown -r now || reboot");
    expect(lines).toContain("values    $want = 6.1.0-13");
  });

  test("tells the age of the evidence where a clock is at hand", () => {
    const story = asked();
    const card = cardFrom(story);
    const lines = cardLines(card, { width: 80, colour: false, now: card.seenAt + 65_000 });
    expect(lines).toContain("evidence  2 findings, seen 1 min 5 s ago");
  });

  test("is the same text with and without colour", () => {
    const card = cardFrom(asked());
    const coloured = cardLines(card, { width: 80, colour: true }).join("\n");
    expect(coloured.replaceAll(/\u001B\[\d+m/g, "")).toBe(cardLines(card, { width: 80, colour: false }).join("\n"));
    expect(coloured).toContain("\u001B[31mHIGH");
  });
});
