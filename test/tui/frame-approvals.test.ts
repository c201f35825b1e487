import { describe, expect, test } from "vitest";
import { fleet, frameFor, textOf } from "../kit/screen.ts";
import type { PlannedRule } from "../../src/model/policy.ts";
import { diskFinding, diskRunbook, manualRunbook, Story } from "../kit/story.ts";

/** A story in which hosts ask, each for the findings given for it. */
function asking(
  pids: readonly number[],
  risk: "medium" | "high" = "medium",
  batches: (number | string)[] = [4],
): Story {
  const story = new Story(diskRunbook(risk), fleet(pids.length));
  story.state.plan.rollout.batches.splice(0, 9, ...batches);
  pids.forEach((pid, index) => story.asks(`web${index + 1}`, [diskFinding(pid)]));
  return story;
}

/** A rule for one host that wants two people. */
const RULE: PlannedRule = {
  name: "four eyes",
  where: "policy.yml:3",
  steps: null,
  risks: null,
  on: null,
  hosts: ["web3"],
  when: null,
  approve: "ask",
  approvers: 2,
  notRequester: false,
  signed: false,
  expires: null,
  maxHosts: null,
  reason: null,
};

const many = (amount: number): number[] => Array.from({ length: amount }, () => 7);

describe("the queue", () => {
  test("puts cards that are identical apart from the host in one group", () => {
    const { sight, lines } = frameFor(asking([7, 8, 7, 8, 9]));
    expect(sight?.entries.map((entry) => entry.cards.map(({ host }) => host))).toEqual([
      ["web1", "web3"],
      ["web2", "web4"],
      ["web5"],
    ]);
    const text = lines.join("\n");
    expect(text).toContain("── approvals ── 5 cards in 3 groups ─");
    expect(text).toMatch(/^›◷ web1, web3 \(2 hosts\) {2}medium {2}release-log {2}1 finding +asked 13 s ago$/m);
    expect(text).toMatch(/^ ◷ web5 {2}medium/m);
  });

  test("the host's name as a cell of its own makes no difference, and inside a text it does", () => {
    const story = new Story(diskRunbook(), fleet(4));
    story.asks("web1", [diskFinding(7, { path: "web1" })]);
    story.asks("web2", [diskFinding(7, { path: "web2" })]);
    story.asks("web3", [diskFinding(7, { path: "/srv/web3" })]);
    story.asks("web4", [diskFinding(7, { path: "/srv/web4" })]);
    expect(frameFor(story).sight?.entries.map((entry) => entry.cards.length)).toEqual([2, 1, 1]);
  });

  test("keeps what the previews tell apart", () => {
    const story = new Story(diskRunbook(), fleet(2));
    const step = story.firstStep;
    for (const host of ["web1", "web2"]) {
      story.tell(
        { type: "reached", host, machineId: `m-${host}`, bootId: "b", ms: 1 },
        { type: "detected", host, step, findings: [diskFinding(7)], ms: 1 },
        { type: "previewed", host, step, output: { head: host, tail: "", omitted: 0 } as never, failed: null },
      );
      story.asksAgain(host);
    }
    expect(frameFor(story).sight?.entries).toHaveLength(2);
    const table = textOf(frameFor(story, { rows: 60, ui: { table: true } }));
    expect(table).toContain("preview   web1: what would change");
  });

  test("approves no more of a group than the batch has room for, and names them", () => {
    const drawn = frameFor(asking(many(37)));
    expect(drawn.sight?.offer?.all).toHaveLength(37);
    expect(drawn.sight?.offer?.ready.map(({ host }) => host)).toEqual(["web1", "web2", "web3", "web4"]);
    expect(textOf(drawn)).toContain("approve   these 4 of 37: web[1-4]");
    expect(textOf(drawn)).toContain("later     33 wait for their batch: web[5-37]");
    expect(drawn.lines.at(-1)).toContain("y approve these 4 of 37  n no  ⏎ one by one");
    const wide = frameFor(asking(many(37)), { columns: 140 });
    expect(wide.lines.at(-1)).toContain("y approve these 4 of 37: the batch has room for 4");
  });

  test("counts answers that are on their way, so that a second yes does not go beyond the batch", () => {
    const story = asking(many(37));
    const first = frameFor(story).sight?.offer?.ready ?? [];
    const sent = new Set(first.slice(0, 3).map(({ id }) => id));
    const left = frameFor(story, { ui: { sent } }).sight?.offer;
    expect(left?.all).toHaveLength(34);
    expect(left?.ready.map(({ host }) => host)).toEqual(["web4"]);
    const none = frameFor(story, { ui: { sent: new Set(first.map(({ id }) => id)) } });
    expect(none.sight?.offer?.ready).toEqual([]);
    expect(textOf(none)).toContain("approve   none now: their batch has no room yet");
    expect(none.lines.at(-1)).toMatch(/^n no {2}⏎ one by one/);
  });

  test("opens a group card by card", () => {
    const story = asking(many(6));
    const key = frameFor(story).sight?.entry?.key ?? "";
    const open = frameFor(story, { ui: { opened: key } });
    expect(open.sight?.entries.map(({ cards }) => cards.map(({ host }) => host))).toEqual(
      fleet(6).map((host) => [host]),
    );
    expect(open.sight?.offer?.ready.map(({ host }) => host)).toEqual(["web1"]);
    expect(textOf(open)).toContain("one group, card by card");
    expect(open.lines.at(-1)).toContain("y yes  n no  Esc back");
  });

  test("shows all of a step that differ only in their evidence as a table, from which as many may be approved", () => {
    const drawn = frameFor(asking([7, 8, 9, 10, 11, 12]), { rows: 40, ui: { table: true } });
    expect(drawn.sight?.offer?.all).toHaveLength(6);
    expect(drawn.sight?.offer?.ready).toHaveLength(4);
    const text = textOf(drawn);
    expect(text).toContain("the same on all: path /var/log/tap.log, bytes 1.2 GiB, started Nov 3");
    expect(text).toMatch(/^yes {2}host {2}pid$/m);
    expect(text).toMatch(/^✓ {4}web4 {3}10$/m);
    expect(text).toMatch(/^ {5}web5 {3}11$/m);
    expect(drawn.lines.at(-1)).toContain("y approve these 4 of 6");
  });

  test("marks no host of a table of which a yes is for all, or for none", () => {
    const story = asking([7, 8, 9]);
    const all = frameFor(story, { rows: 40, ui: { table: true } });
    expect(textOf(all)).toContain("approve   these 3: web[1-3]");
    expect(textOf(all)).toMatch(/^host {2}pid\nweb1 {4}7\nweb2 {4}8\nweb3 {4}9$/m);
    story.state.plan.rollout.batches.splice(0, 9, 1);
    const sent = new Set(all.sight?.offer?.all.slice(0, 1).map(({ id }) => id));
    const none = textOf(frameFor(story, { rows: 40, ui: { table: true, sent } }));
    expect(none).toContain("approve   none now: their batch has no room yet");
    expect(none).toMatch(/^host {2}pid\nweb2 {4}8\nweb3 {4}9$/m);
  });

  test("puts cards in the order in which they were asked, those left for later last", () => {
    const story = new Story(diskRunbook(), fleet(3));
    for (const [host, pid] of [
      ["web3", 1],
      ["web1", 2],
      ["web2", 3],
    ] as const) {
      story.asks(host, [diskFinding(pid)]);
    }
    const first = frameFor(story).sight?.entry;
    const host = (ui: Parameters<typeof frameFor>[1]): string | undefined =>
      frameFor(story, ui).sight?.offer?.all[0]?.host;
    expect(host({})).toBe("web3");
    expect(host({ ui: { later: [first?.key ?? ""] } })).toBe("web1");
    expect(host({ ui: { sent: new Set(first?.cards.map(({ id }) => id)) } })).toBe("web1");
  });

  test("lets what a person does be said host by host", () => {
    const story = new Story(manualRunbook(), fleet(2));
    for (const host of fleet(2)) story.asks(host, [{ values: { message: "fan 2" }, key: "2" }]);
    const drawn = frameFor(story);
    expect(drawn.sight?.entries).toHaveLength(1);
    expect(textOf(drawn)).toContain("done      is said host by host: Enter opens the group");
    expect(textOf(drawn)).not.toContain("approve   ");
    expect(drawn.lines.at(-1)).toMatch(/^n no {2}⏎ one by one/);
  });

  test("tells hosts apart of which the policy wants different things, and says what to do where it wants a signature", () => {
    const story = asking([7, 7, 7]);
    story.state.plan.policies.push({ source: "policy.yml", signers: "/etc/signers", rules: [RULE] });
    const drawn = frameFor(story);
    expect(drawn.sight?.entries.map((entry) => entry.cards.map(({ host }) => host))).toEqual([
      ["web1", "web2"],
      ["web3"],
    ]);
    const key = drawn.sight?.entries[1]?.key ?? "";
    const signed = frameFor(story, { columns: 130, ui: { entry: key } });
    const digest = signed.sight?.offer?.all[0]?.digest.slice(0, 12);
    const command = `runbook approve r1 --digest ${digest} --sign`;
    expect(signed.sight?.offer?.bar?.why).toBe(`it needs 2 people, each with a signature: ${command}`);
    expect(textOf(signed)).toContain("decide    it needs 2 people");
    expect(textOf(signed)).toMatch(/◷ web3 {2}waiting for you +needs 2 signatures: release-log/);
    expect(signed.lines.at(-1)).not.toContain("y yes");
  });

  test("lets whoever started the run say no where the policy wants somebody else to say yes", () => {
    const story = asking([7]);
    const rule = { ...RULE, hosts: null, approvers: 1, notRequester: true };
    story.state.plan.policies.push({ source: "policy.yml", signers: null, rules: [rule] });
    const drawn = frameFor(story);
    expect(drawn.sight?.offer?.bar?.why).toContain("somebody other than ada, who started the run: runbook approve r1");
    expect(drawn.lines.at(-1)).toMatch(/^n no {2}s later/);
    expect(textOf(drawn)).toMatch(/◷ web1 {2}waiting for you +needs somebody other than ada: release-log/);
  });
});
