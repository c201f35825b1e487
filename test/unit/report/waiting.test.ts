import { expect, test } from "vitest";
import type { LoadedRunbook } from "../../../src/model/runbook.ts";
import { waitingLines } from "../../../src/report/waiting.ts";
import { questionsOf, waitingCards } from "../../../src/view/questions.ts";
import { DAWN, diskFinding, diskRunbook, loadedFrom, Story } from "../../kit/story.ts";

function linesOf(story: Story, loaded: LoadedRunbook): string[] {
  const { state } = story;
  const questions = questionsOf(state, waitingCards(state), loaded);
  const run = { state, loaded, questions, holder: null, daemon: null, alsoIn: new Map<string, readonly string[]>() };
  return waitingLines(run, { width: 100, colour: false, now: DAWN + 3_600_000 });
}

test("twenty hosts with findings of their own do not print one script twenty times, and each card keeps what is its own", () => {
  const script = Array.from({ length: 100 }, (_, at) => `echo line ${at}`).join("\n");
  const loaded = loadedFrom({
    name: "long",
    title: "Long",
    steps: [{ id: "step", detect: { run: "x" }, fix: { risk: "medium", run: script }, rollback: { run: script } }],
  });
  const hosts = Array.from({ length: 20 }, (_, at) => `web${at + 1}`);
  const story = new Story(loaded, hosts);
  for (const [at, host] of hosts.entries()) {
    story.asks(host, [{ values: { message: `pid ${at}` }, key: JSON.stringify([`pid ${at}`]) }]);
  }
  const lines = linesOf(story, loaded);
  expect(lines.length).toBeLessThan(700);
  // Once as the script, and once as the rollback of the same card.
  expect(lines.filter((line) => line.endsWith("echo line 99"))).toHaveLength(2);
  expect(lines.filter((line) => line === "script    the same as on the card of web1")).toHaveLength(19);
  for (const at of hosts.keys()) expect(lines.filter((line) => line.endsWith(`│ pid ${at}`))).toHaveLength(1);
});

test("a card of hosts that are alike is named by all of them", () => {
  const loaded = diskRunbook();
  const story = new Story(loaded, ["web1", "web2", "web3", "db1"]);
  for (const host of ["web1", "web2", "web3"]) story.asks(host, [diskFinding(41)]);
  story.asks("db1", [diskFinding(7)]);
  const lines = linesOf(story, loaded);
  expect(lines.filter((line) => line.includes('echo "$most"'))).toHaveLength(1);
  expect(lines).toContain("guard     the same as on the card of web[1-3]");
});
