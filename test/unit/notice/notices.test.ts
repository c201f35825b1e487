import { describe, expect, test } from "vitest";
import type { Entry } from "../../../src/model/event.ts";
import { NoticeKind } from "../../../src/model/notification.ts";
import type { Notice } from "../../../src/notice/notice.ts";
import { noticesOf, type ToldPlace } from "../../../src/notice/notices.ts";
import { summaryOf } from "../../../src/notice/summary.ts";
import { slackPayload } from "../../../src/notice/slack.ts";
import { noticeLines } from "../../../src/notice/words.ts";
import { diskFinding, diskRunbook, loadedFrom } from "../../kit/story.ts";
import { scheduledRun, type Fate } from "../../kit/scheduled.ts";

/** Somebody who is told of one run after the other, and remembers it as the record does. */
function listener(...on: readonly NoticeKind[]) {
  const known = new Map<string, ToldPlace>();
  const kinds = on.length === 0 ? NoticeKind.options : on;
  return (entries: readonly Entry[], after = 0): readonly Notice[] => {
    const [told] = noticesOf(entries, after, [{ name: "ops", on: kinds, told: [...known.values()] }]);
    for (const place of told?.places ?? []) known.set(`${place.host} ${place.step}`, place);
    return told?.notices ?? [];
  };
}

function titles(notices: readonly Notice[]): string[] {
  return notices.map(({ title }) => title);
}

const LOG = "A process holds a deleted log";
const left: Fate = { outcome: "found", reason: "a dry run" };

test("three hundred sick hosts are one message, with their number and the first twenty by name", () => {
  const names = Array.from({ length: 300 }, (_, at) => `web${String(at + 1).padStart(3, "0")}`);
  const [notice, ...others] = listener()(scheduledRun("r1", Object.fromEntries(names.map((name) => [name, left]))));
  expect(others).toEqual([]);
  expect(notice).toMatchObject({
    kind: "found",
    title: `Found: ${LOG} on web[001-300]`,
    schedule: "nightly",
    fire: "2026-11-03T14:00:00.000Z",
    run: "r1",
    runbook: { name: "disk-full" },
    step: { id: "release-log", severity: "critical" },
    hosts: { count: 300, names: names.slice(0, 20) },
  });
  expect(notice?.findings).toHaveLength(20);
  expect(noticeLines(notice ?? never()).join("\n")).toContain("and 280 more hosts");
});

/** What is known of earlier runs, in which it was fixed so many times. */
function past(times: number) {
  return {
    plan: {
      past: Array.from({ length: times }, (_, at) => ({
        run: `p${at}`,
        host: "web1",
        step: "release-log",
        at: Date.UTC(2026, 10, 2, at),
        outcome: "fixed" as const,
      })),
    },
  };
}

describe("nothing is said twice until it has changed", () => {
  test("what is found again at the next tick is silent; recovered, then found, it is told again", () => {
    const tell = listener();
    expect(titles(tell(scheduledRun("r1", { web1: left, web2: left })))).toEqual([`Found: ${LOG} on web1, web2`]);
    expect(tell(scheduledRun("r2", { web1: left, web2: left }))).toEqual([]);
    expect(titles(tell(scheduledRun("r3", { web1: "clear", web2: left })))).toEqual([`Recovered: ${LOG} on web1`]);
    expect(tell(scheduledRun("r4", { web1: "clear", web2: left }))).toEqual([]);
    expect(titles(tell(scheduledRun("r5", { web1: left, web2: left })))).toEqual([`Found: ${LOG} on web1`]);
  });

  test("another finding of the same step is news; it has recovered once nothing of it is there", () => {
    const tell = listener();
    tell(scheduledRun("r1", { web1: left }));
    expect(titles(tell(scheduledRun("r2", { web1: left }, { finding: diskFinding(5) })))).toEqual([
      `Found: ${LOG} on web1`,
    ]);
    expect(titles(tell(scheduledRun("r3", { web1: left })))).toEqual([`Found: ${LOG} on web1`]);
    expect(titles(tell(scheduledRun("r4", { web1: "clear" })))).toEqual([`Recovered: ${LOG} on web1`]);
  });

  test("a host that does not answer has not recovered; that it answers again is told, and what was found before is not", () => {
    const tell = listener();
    tell(scheduledRun("r1", { web1: left }));
    expect(titles(tell(scheduledRun("r2", { web1: "away" })))).toEqual(["Unknown: web1 cannot be looked at"]);
    expect(tell(scheduledRun("r3", { web1: "away" }))).toEqual([]);
    expect(titles(tell(scheduledRun("r4", { web1: left })))).toEqual(["Recovered: web1 can be looked at again"]);
  });

  test("a detect that could not tell is unknown, and does not take back what was found", () => {
    const tell = listener();
    tell(scheduledRun("r1", { web1: left }));
    expect(titles(tell(scheduledRun("r2", { web1: { outcome: "unknown", reason: "df said nothing" } })))).toEqual([
      `Unknown: ${LOG} on web1`,
    ]);
    expect(titles(tell(scheduledRun("r3", { web1: "clear" })))).toEqual([`Recovered: ${LOG} on web1`]);
  });

  test("what waits is told once, also where later runs leave it to the one that asked, and then that it was fixed", () => {
    const tell = listener();
    expect(titles(tell(scheduledRun("r1", { web1: "waits" })))).toEqual([`Needs approval: ${LOG} on web1`]);
    expect(tell(scheduledRun("r2", { web1: "asked-elsewhere" }))).toEqual([]);
    expect(titles(tell(scheduledRun("r3", { web1: "fixed" })))).toEqual([`Fixed: ${LOG} on web1`]);
    expect(tell(scheduledRun("r4", { web1: "clear" }))).toEqual([]);
  });

  test("what is asked anew by another run is told again: the command of the first message answers nothing any more", () => {
    const tell = listener();
    tell(scheduledRun("r1", { web1: "waits" }));
    const [again] = tell(scheduledRun("r9", { web1: "waits" }));
    expect(again?.cards[0]?.approve).toMatch(/^runbook approve r9 --digest [0-9a-f]{8}/);
  });

  test("a question that is taken back is no news: the run that saw why has told it", () => {
    const tell = listener();
    const waits = scheduledRun("r1", { web1: "waits" });
    tell(waits);
    expect(titles(tell(scheduledRun("r9", { web1: "clear" })))).toEqual([`Recovered: ${LOG} on web1`]);
    expect(tell(scheduledRun("r1", { web1: "taken-back" }), waits.length)).toEqual([]);
    expect(tell(scheduledRun("r10", { web1: "clear" }))).toEqual([]);
    expect(titles(tell(scheduledRun("r11", { web1: left })))).toEqual([`Found: ${LOG} on web1`]);
  });

  test("a fix that the end of the daemon has left running is no failure; one that is lost otherwise is in doubt", () => {
    const tell = listener();
    expect(tell(scheduledRun("r1", { web1: "left" }, { exit: 130 }))).toEqual([]);
    expect(titles(tell(scheduledRun("r2", { web1: "left" }, { exit: 1 })))).toEqual([`Fix failed: ${LOG} on web1`]);
    const half = scheduledRun("r3", { web2: "half" }, { exit: 130 });
    expect(titles(tell(half))).toEqual([`Fixed: ${LOG} on web2`, `Found: ${LOG} on web2`]);
  });

  test("a fix that failed, and then failed in another way, is told twice", () => {
    const tell = listener();
    expect(titles(tell(scheduledRun("r1", { web1: { outcome: "failed", reason: "exited 3" } })))).toHaveLength(1);
    expect(tell(scheduledRun("r2", { web1: { outcome: "failed", reason: "exited 3" } }))).toEqual([]);
    expect(titles(tell(scheduledRun("r3", { web1: { outcome: "in-doubt", reason: "lost" } })))).toEqual([
      `Fix failed: ${LOG} on web1`,
    ]);
  });

  test("what keeps coming back is told once, until it no longer does", () => {
    const tell = listener("recurring");
    expect(tell(scheduledRun("r1", { web1: left }, { plan: past(2) }))).toEqual([]);
    expect(titles(tell(scheduledRun("r2", { web1: left }, { plan: past(3) })))).toEqual([
      `Keeps coming back: ${LOG} on web1`,
    ]);
    expect(tell(scheduledRun("r3", { web1: left }, { plan: past(4) }))).toEqual([]);
    tell(scheduledRun("r4", { web1: "clear" }));
    expect(tell(scheduledRun("r5", { web1: left }, { plan: past(3) }))).toEqual([]);
    tell(scheduledRun("r6", { web1: left }, { plan: past(0) }));
    expect(tell(scheduledRun("r7", { web1: left }, { plan: past(3) }))).toHaveLength(1);
  });
});

describe("who wants only some of it", () => {
  test("and wants what is found is told as well of what waits or failed, since that is there", () => {
    const tell = listener("found");
    const [first] = tell(scheduledRun("r1", { web1: "waits", web2: { outcome: "failed", reason: "no" } }));
    expect(first).toMatchObject({ kind: "found", hosts: { count: 2 }, cards: [] });
    expect(tell(scheduledRun("r2", { web1: left, web2: left }))).toEqual([]);
  });

  test("is told that it recovered only of what it was told", () => {
    const tell = listener("waiting", "recovered");
    expect(tell(scheduledRun("r1", { web1: left, web2: "away" }))).toEqual([]);
    expect(tell(scheduledRun("r2", { web1: "clear", web2: "clear" }))).toEqual([]);
    tell(scheduledRun("r3", { web1: "waits" }));
    expect(titles(tell(scheduledRun("r4", { web1: "fixed" })))).toEqual([`Recovered: ${LOG} on web1`]);
  });
});

test("of a run at work that is told of bit by bit, each word is told once", () => {
  const entries = scheduledRun("r1", { web1: "fixed", web2: left, web3: "waits" });
  for (let cut = 1; cut < entries.length; cut += 1) {
    const tell = listener();
    const both = [...tell(entries.slice(0, cut)), ...tell(entries, cut)];
    const hosts = both.flatMap(({ kind, hosts: { names } }) => names.map((name) => `${kind} ${name}`));
    expect(hosts.toSorted(), `cut after ${cut}`).toEqual(["fixed web1", "found web2", "waiting web3"]);
  }
});

test("the same entries make the same messages", () => {
  const entries = scheduledRun("r1", { web1: "waits", web2: left });
  expect(listener()(entries)).toEqual(listener()(entries));
});

test("what waits comes with its card and the commands that answer it", () => {
  const [notice] = listener()(scheduledRun("r1", { web1: "waits", web2: "waits" }));
  const [card] = notice?.cards ?? [];
  expect(card).toMatchObject({ hosts: "web1, web2", risk: "medium", expires: 3600 });
  const text = card?.lines.join("\n") ?? "";
  for (const part of ["4242", "/var/log/tap.log", 'kill "$pid"', "service thing start", "one person; counts for 1 h"])
    expect(text).toContain(part);
  expect(card?.approve).toMatch(/^runbook approve r1 --digest [0-9a-f]{12} --digest [0-9a-f]{12}$/);
  expect(card?.deny).toMatch(/^runbook deny r1 --digest [0-9a-f]{12} --digest [0-9a-f]{12} --reason …$/);
  expect(notice?.more).toBe("runbook approvals r1");
});

test("a card is not longer than a person reads, and says so", () => {
  const written = JSON.parse(diskRunbook().text);
  written.steps[0].fix.run = "true\n".repeat(5_000);
  const [notice] = listener()(scheduledRun("r1", { web1: "waits" }, { loaded: loadedFrom(written) }));
  const lines = notice?.cards[0]?.lines ?? [];
  expect(lines.length).toBeLessThan(500);
  expect(lines.at(-1)).toMatch(/^!! {2}4,\d{3} lines of this card left out: `runbook approvals r1` shows all of it$/);
});

test("a summary lists no more than a receiver can take, also where it stands for other summaries", () => {
  const notices = scheduledRun("r1", { web1: left });
  const [one] = listener()(notices);
  const many = Array.from({ length: 400 }, (_, at) => ({ ...(one ?? never()), id: `i${at}` }));
  const first = summaryOf("ops", many, 0);
  const both = summaryOf("ops", [first, ...many, first], 0);
  expect([first.messages.length, first.unlisted, both.messages.length, both.unlisted]).toEqual([400, 0, 500, 700]);
  expect(both.title).toBe("1,200 messages in one, more than the hourly limit: 500 found, 700 more");
  expect(noticeLines(both).slice(-3)).toEqual(["and 700 more messages", "", "more: runbook notify list --all"]);
  const all = summaryOf("ops", [both, first], 0);
  expect([all.messages.length, all.unlisted]).toEqual([500, 1_100]);
});

describe("what a host says", () => {
  const evil =
    "</b> <!channel> *x* `y` @here https://evil.example/ www.evil.example a@evil.example \n\u202eSubject: z\u001b[31m";
  const finding = diskFinding(4242, { path: evil });

  test("brings no link, mention, escape or line of its own into any message", () => {
    const fates: Record<string, Fate> = { web1: "waits", web2: { outcome: "failed", reason: `it said ${evil}` } };
    const notices = listener()(scheduledRun("r1", fates, { finding }));
    expect(notices.map(({ kind }) => kind)).toEqual(["waiting", "failed"]);
    for (const notice of notices) {
      const text = JSON.stringify(notice);
      expect(text).toContain("https[:]//evil.example");
      expect(text).not.toMatch(/https?:\/\/|www\.evil|a@evil|\u202e|\u001b/);
      for (const line of noticeLines(notice)) expect(line).not.toMatch(/^Subject|\n/);
      const slack = JSON.parse(JSON.stringify(slackPayload(notice)));
      const inner: string = slack.text;
      expect(inner).not.toMatch(/<|>/);
      // All of it stands in the code: one block, and one title.
      expect(inner.match(/```/g)).toHaveLength(2);
      expect(inner.slice(0, inner.indexOf("```")).match(/`/g)).toHaveLength(2);
      expect(slack).toMatchObject({ parse: "none", link_names: 0 });
    }
  });

  test.each([
    ["see evil.example/login", "see evil[.]example/login"],
    ["sub.evil-1.example:8080/x?y", "sub.evil-1[.]example:8080/x?y"],
    ["\\\\evil.example\\share", "[\\\\]evil.example\\share"],
    ["/var/log/tap.log and /etc/init.d/foo.sh in lib.d/", "/var/log/tap.log and /etc/init.d/foo.sh in lib.d/"],
    ["C:\\Windows\\x.log", "C:\\Windows\\x.log"],
  ])("%j is told as %j", (said, told) => {
    const [notice] = listener()(scheduledRun("r1", { web1: { outcome: "failed", reason: said } }));
    expect(notice?.findings[0]?.reason).toBe(told);
  });

  test("leaves Slack's block of code whole, however much of it is escaped", () => {
    const finding = diskFinding(4242, { path: "<&>".repeat(130) });
    const names = Array.from({ length: 60 }, (_, at) => `web${at + 1}x`);
    const [notice] = listener()(
      scheduledRun("r1", Object.fromEntries(names.map((name) => [name, "waits"])), { finding }),
    );
    const { text } = slackPayload(notice ?? never()) as { text: string };
    expect(text.length).toBeLessThan(40_000);
    expect(text).toMatch(/^`[^`\n]+`\n```\n[^`]*\n```$/);
    expect(text.replaceAll(/&(amp|lt|gt);/g, "")).not.toMatch(/[&<>]/);
    expect(text).toContain("approve:  runbook approve r1");
  });

  test("is hidden everywhere where its column is private", () => {
    const written = JSON.parse(diskRunbook().text);
    written.steps[0].detect.findings.path = { type: "string", private: true };
    const loaded = loadedFrom(written);
    const secret = diskFinding(4242, { path: "/home/ada/diary" });
    const fates: Record<string, Fate> = { web1: "waits", web2: { outcome: "failed", reason: "rm: /home/ada/diary" } };
    const text = JSON.stringify(listener()(scheduledRun("r1", fates, { finding: secret, loaded })));
    expect(text).toContain("•••");
    expect(text).not.toContain("diary");
  });
});

function never(): never {
  throw new Error("there is no message");
}
