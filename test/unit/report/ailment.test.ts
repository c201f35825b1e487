import { expect, test } from "vitest";
import { ailmentHint } from "../../../src/engine/ailment.ts";
import { htmlOf } from "../../../src/report/html.ts";
import { documentOf } from "../../../src/report/fold.ts";
import { junitOf } from "../../../src/report/junit.ts";
import { summaryLines } from "../../../src/report/summary.ts";
import { diskRunbook, Story } from "../../kit/story.ts";

/** Two hosts whose disks are full, one of them for the whole runbook, one that was not reached for want of processes, and one that is well. */
function sickStory(): Story {
  const story = new Story(diskRunbook(), ["web1", "web2", "web3", "web4"]);
  const reason = "disk full: detect exited 1: cp: x: No space left on device";
  const told = { type: "undetermined", reason, ailment: "disk-full" } as const;
  story.tell({ ...told, host: "web1", step: "release-log" });
  story.tell({ ...told, host: "web2", step: null });
  story.tell({
    type: "unreachable",
    host: "web3",
    fault: { kind: "no-processes", message: "the shell on the host ended: sh: 1: Cannot fork" },
  });
  story.tell({ type: "step-ended", host: "web4", step: "release-log", outcome: "clear", reason: "" });
  return story;
}

test("a report says what ails each host and what to do about it, and nothing of one that is well", () => {
  const document = documentOf(sickStory().entries);
  const rows = document?.hosts.map(({ steps: [cell] }) => [cell?.reason.split(":")[0], cell?.ailment, cell?.hint]);
  expect(rows).toEqual([
    ["disk full", "disk-full", ailmentHint("disk-full")],
    ["disk full", "disk-full", ailmentHint("disk-full")],
    ["no more processes", "no-processes", ailmentHint("no-processes")],
    ["", null, null],
  ]);
  if (document === null) throw new Error("no document");
  for (const text of [htmlOf(document), junitOf(document)]) {
    expect(text.split(ailmentHint("no-processes").slice(0, 30))).toHaveLength(2);
    expect(text.split("Make room: ")).toHaveLength(3);
  }
});

test("the summary gives each hint once, with the hosts that it is for", () => {
  const lines = summaryLines(sickStory().state, { width: 300, colour: false });
  expect(lines.filter((line) => line.includes("Make room"))).toEqual([
    expect.stringMatching(/^ {2}unknown \(web1, web2\): Make room: /),
  ]);
  expect(lines).toContainEqual(expect.stringMatching(/^ {2}not reached \(web3\): End what makes so many there/));
});
