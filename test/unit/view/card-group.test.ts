import { expect, test } from "vitest";
import type { PastFix } from "../../../src/model/past.ts";
import { groupCardOf, type Card } from "../../../src/view/card.ts";
import { cardKind } from "../../../src/view/card-kind.ts";
import { cardLines } from "../../../src/view/card-lines.ts";
import { widthOf } from "../../../src/view/width.ts";
import { DAWN, diskFinding, diskRunbook, Story } from "../../kit/story.ts";

const STEP = "release-log";
const GIB = 1024 ** 3;

function fleet(size: number): string[] {
  return Array.from({ length: size }, (_, at) => `web${String(at + 1).padStart(2, "0")}`);
}

function cardFrom(story: Story, hosts: readonly string[], now?: number): Card {
  const clock = now === undefined ? {} : { now };
  return groupCardOf({ state: story.state, hosts, step: STEP, loaded: story.loaded, ...clock });
}

function kindOf(story: Story, name: string): string {
  const { state, loaded } = story;
  const host = state.hosts.get(name);
  const step = host?.steps[0];
  if (host === undefined || step === undefined) throw new Error(`no ${name}`);
  return cardKind(state, host, step, loaded);
}

test("many hosts on which the same was found have one card, with each host's digest", () => {
  const hosts = fleet(37);
  const groups = { prod: hosts, blue: hosts.slice(0, 12) };
  const past = hosts
    .slice(0, 3)
    .flatMap((host) =>
      [1, 2, 3].map((ago): PastFix => ({ host, step: STEP, run: "r0", at: DAWN - ago * 3_600_000, outcome: "fixed" })),
    );
  const story = new Story(diskRunbook(), hosts, { plan: { groups, past } });
  for (const [at, host] of hosts.entries()) story.asks(host, [diskFinding(41, { bytes: GIB * (1 + at) })]);
  const card = cardFrom(story, hosts, DAWN + 60_000);
  const digests = hosts.map((host) => story.state.hosts.get(host)?.steps[0]?.asked?.digest);
  expect(card.members.map(({ digest }) => digest)).toEqual(digests);
  const lines = cardLines(card, { width: 100, colour: false, now: DAWN + 120_000 });
  expect(lines.slice(0, 9)).toEqual([
    "web[01-37] (37 hosts): A process holds a deleted log",
    " !! recurring: look for the cause. Fixed on 3 of these hosts (web[01-03]) up to 3 times in 7 days,",
    "    the last time 1 h 1 min ago",
    "groups    blue (12 of them), prod",
    "step      release-log of disk-full, critical",
    "fix       Let the process go",
    "risk      medium",
    "evidence  1 finding on each host, seen 1 min 57 s ago to 9 s ago",
    "  │ pid  started  path                            bytes",
  ]);
  expect(lines[9]).toBe("  │  41  Nov 3    /var/log/tap.log  1.0 GiB to 37.0 GiB");
  expect(lines.join("\n")).toContain("if approved now, 1 of these 37 begins in batch 1, the others in later ones");
  const table = lines.slice(lines.findIndex((line) => line.startsWith("cards")));
  expect(table.slice(1, 4)).toEqual([
    "  │ host   card          seen            fixed in 7 days",
    `  │ web01  ${digests[0]?.slice(0, 12)}  1 min 57 s ago                3`,
    `  │ web02  ${digests[1]?.slice(0, 12)}  1 min 54 s ago                3`,
  ]);
  expect(table.at(-1)).toBe("  … 17 more");
  for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(100);
});

test("cards are of one kind when nothing differs but sizes and the host's own name", () => {
  const hosts = ["web1", "web2", "web3", "web4", "web5"];
  const story = new Story(diskRunbook(), hosts, { plan: { hostInputs: { web5: { most: "7" } } } });
  story.asks("web1", [diskFinding(1, { bytes: 1, path: "web1" }), diskFinding(2)]);
  story.asks("web2", [diskFinding(2), diskFinding(1, { bytes: 2, path: "web2" })]);
  story.asks("web3", [diskFinding(1, { path: "web1" }), diskFinding(2)]);
  story.asks("web4", [diskFinding(1, { path: "web4" })]);
  story.asks("web5", [diskFinding(1, { path: "web5" }), diskFinding(2)]);
  const [first, ...others] = hosts.map((host) => kindOf(story, host));
  expect(others.map((kind) => kind === first)).toEqual([true, false, false, false]);
  const [row] = cardFrom(story, ["web1", "web2"]).evidence.rows;
  expect(row).toEqual(["1", "Nov 3", "(the host)", "1 B to 2 B"]);
});

test("hosts on which something else was found get no card together", () => {
  const story = new Story(diskRunbook(), ["web1", "web2"]);
  story.asks("web1", [diskFinding(1)]);
  story.asks("web2", [diskFinding(2)]);
  expect(() => cardFrom(story, ["web1", "web2"])).toThrow(/differs between these hosts/);
});

test("what holds for some of the hosts is told with their names", () => {
  const story = new Story(diskRunbook(), ["web1", "web2", "web3"]);
  for (const host of ["web1", "web2", "web3"]) story.asks(host, [diskFinding(1)]);
  story.tell({ type: "approved", host: "web2", step: STEP, digest: "d", by: "ada" });
  story.tell({ type: "approval-voided", host: "web2", step: STEP, reason: "the approval has expired" });
  story.asksAgain("web2");
  expect(cardFrom(story, ["web1", "web2", "web3"]).against).toEqual([
    {
      weight: "warning",
      text: "approved before on 1 of these hosts (web2), which no longer counts: the approval has expired",
    },
  ]);
});

test("hosts that are one machine are told of once for each machine, and of many machines the first", () => {
  const hosts = fleet(10);
  const story = new Story(diskRunbook(), hosts);
  for (const [at, host] of hosts.entries()) {
    story.asks(host, [diskFinding(1)]);
    story.tell({ type: "reached", host, machineId: `m-${Math.floor(at / 2)}`, bootId: "b", ms: 1 });
  }
  const notes = (some: readonly string[]): readonly string[] =>
    cardFrom(story, some).against.flatMap(({ text }) => (text.includes("machine") ? [text] : []));
  const one = "web01, web02 are one machine: what is done on one is done on all";
  expect(notes(hosts.slice(0, 2))).toEqual([one]);
  expect(notes(hosts)).toEqual([
    `${one}; ${one.replace("01", "03").replace("02", "04")}; ${one.replace("01", "05").replace("02", "06")}; so for 2 more machines`,
  ]);
});
