import { expect, test } from "vitest";
import type { Entry } from "../../../src/model/event.ts";
import type { Notice } from "../../../src/notice/notice.ts";
import { noticesOf } from "../../../src/notice/notices.ts";
import { summaryOf } from "../../../src/notice/summary.ts";
import { noticeLines } from "../../../src/notice/words.ts";
import { scheduledRun, type Fate } from "../../kit/scheduled.ts";
import { diskFinding } from "../../kit/story.ts";

function requestOf(entries: readonly Entry[], option = ""): Notice {
  const [told] = noticesOf(entries, 0, [{ name: "ops", on: ["waiting"], told: [] }], option);
  const [notice] = told?.notices ?? [];
  if (notice === undefined) throw new Error("there is no message");
  return notice;
}

test("the commands of a request name the record where somebody else would not find it, and it says on which machine they are for", () => {
  const entries = scheduledRun("r1", { web1: "waits" }, { plan: { plan: { by: "ops", machine: "admin1" } } });
  const notice = requestOf(entries, " --state /srv/runbook");
  expect(notice.cards[0]).toMatchObject({
    approve: expect.stringMatching(/^runbook approve r1 --state \/srv\/runbook --digest [0-9a-f]{8,}$/),
    deny: expect.stringMatching(/^runbook deny r1 --state \/srv\/runbook --digest [0-9a-f]{8,} --reason …$/),
  });
  expect(notice.more).toBe("runbook approvals r1 --state /srv/runbook");
  expect(noticeLines(notice)).toContain("run:      r1, by ops on admin1");
});

const ownFinding = (host: string) => diskFinding(Number(host.slice(3)));

test("of many cards the first five are shown, and it is said how many more wait", () => {
  const fates = Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((at): [string, Fate] => [`web${at}`, "waits"]));
  const notice = requestOf(scheduledRun("r1", fates, { finding: ownFinding }));
  expect([notice.cards.length, notice.unlisted]).toEqual([5, 2]);
  expect(noticeLines(notice)).toContain("and 2 more cards that are not shown here");
  expect(summaryOf("ops", [notice], 0).unlisted).toBe(0);
});
