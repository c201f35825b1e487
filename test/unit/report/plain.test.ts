import { expect, test } from "vitest";
import { cardOf } from "../../../src/view/card.ts";
import { cardLines } from "../../../src/view/card-lines.ts";
import { plainReport } from "../../../src/report/plain.ts";
import type { Event } from "../../../src/model/event.ts";
import { NO_OUTPUT } from "../../../src/model/output.ts";
import { DAWN, diskFinding, diskRunbook, loadedFrom, Story } from "../../kit/story.ts";
import { plain } from "../../../src/model/secret.ts";
import { teller } from "../../kit/teller.ts";

/** What a log shows of a story; nobody sits at a terminal. */
function logOf(story: Story, width = 100): string[] {
  const lines: string[] = [];
  const report = plainReport({ out: (line) => lines.push(line), colour: false, width, loaded: story.loaded });
  teller(report)(...story.entries.map((entry) => (entry.event.type === "run-started" ? unattended(entry) : entry)));
  return lines;
}

function unattended(entry: Story["entries"][number]): Story["entries"][number] {
  const { event } = entry;
  return event.type === "run-started"
    ? { ...entry, event: { ...event, plan: { ...event.plan, attended: false } } }
    : entry;
}

function fixOf(host: string, step: string, key: string): Event[] {
  const at = { host, step };
  return [
    { type: "fix-started", ...at, key },
    { type: "fix-finished", ...at, key, exit: 0, stdout: NO_OUTPUT, stderr: NO_OUTPUT, ms: 2100 },
  ];
}

test("a fix is told when it begins, when it ends and when it is proven, in aligned columns", () => {
  const story = new Story(diskRunbook("high"), ["xen1", "a-longer-name"]);
  story.asks("xen1", [diskFinding(41)]);
  const step = story.firstStep;
  const digest = story.state.hosts.get("xen1")?.steps[0]?.asked?.digest ?? "";
  story.tell(
    { type: "approved", host: "xen1", step, digest, by: "ada" },
    { type: "admitted", host: "xen1", batch: 1 },
    ...fixOf("xen1", step, diskFinding(41).key),
    { type: "verified", host: "xen1", step, looks: 2, ms: 800 },
    { type: "step-ended", host: "xen1", step, outcome: "fixed", reason: "" },
  );
  const lines = logOf(story).filter((line) => line.startsWith("xen1  "));
  expect(lines.slice(1)).toEqual([
    "xen1           release-log  approved     by ada",
    "xen1           release-log  fixing       Let the process go (approved by ada): pid 41, started Nov …",
    "xen1           release-log  fix done     in 2.1 s",
    "xen1           release-log  fixed        1 finding, verified after 2 looks (3.1 s)",
  ]);
});

test("an approval that waits without a terminal shows its whole card, and only the first of many that are alike", () => {
  const hosts = ["web1", "web2", "web3", "web4"];
  const story = new Story(diskRunbook(), hosts);
  story.asks("web1", [diskFinding(41)]);
  const card = cardLines(cardOf({ state: story.state, host: "web1", step: story.firstStep, loaded: story.loaded }), {
    width: 100,
    colour: false,
  });
  for (const host of hosts.slice(1)) story.asks(host, [diskFinding(41)]);
  const lines = logOf(story);
  expect(lines.join("\n")).toContain(card.join("\n"));
  expect(lines.filter((line) => line.startsWith("evidence"))).toHaveLength(2);
  const waiting = lines.filter((line) => line.includes("waiting") && line.includes("card"));
  expect(waiting.map((line) => line.includes(", like that of web1: 1 finding"))).toEqual([false, false, true, true]);
});

test("cards that differ show what differs, and name the card that shows their scripts", () => {
  const hosts = Array.from({ length: 8 }, (_, at) => `web${at + 1}`);
  const hostInputs = { web3: { mount: "/data" } };
  const story = new Story(diskRunbook(), hosts, { plan: { hostInputs } });
  for (const [at, host] of hosts.entries()) story.asks(host, [diskFinding(41 + at)]);
  const lines = logOf(story);
  expect(lines.filter((line) => line.startsWith("evidence"))).toHaveLength(8);
  expect(lines.filter((line) => line.includes('echo "$most"'))).toHaveLength(1);
  const same = (label: string) => lines.filter((line) => line === `${label}the same as on the card of web1`).length;
  expect(["script    ", "guard     ", "verify    ", "rollback  "].map(same)).toEqual([7, 7, 7, 7]);
  expect(lines.filter((line) => line.endsWith("$mount = /data"))).toHaveLength(1);
});

test("a card with other values is not like one that was shown", () => {
  const story = new Story(diskRunbook(), ["web1", "web2", "web3"], {
    plan: { hostInputs: { web3: { mount: "/data" } } },
  });
  for (const host of ["web1", "web2", "web3"]) story.asks(host, [diskFinding(41)]);
  const lines = logOf(story);
  expect(lines.filter((line) => line.includes("like that of"))).toEqual([]);
  expect(lines.filter((line) => line.endsWith("$mount = /data"))).toHaveLength(1);
});

test("cards whose sizes alone differ are alike", () => {
  const hosts = ["web1", "web2", "web3"];
  const story = new Story(diskRunbook(), hosts);
  for (const [at, host] of hosts.entries()) story.asks(host, [diskFinding(41, { bytes: at })]);
  expect(logOf(story).filter((line) => line.includes("like that of web1"))).toHaveLength(1);
});

test("a host on which it comes back again and again is never passed over as one like the others", () => {
  const hosts = ["web1", "web2", "web3", "web4", "web5", "web6"];
  const past = ["web3", "web5", "web6"].flatMap((host) =>
    [1, 2, 3].map((days) => ({
      host,
      step: "release-log",
      run: `r0${days}`,
      at: DAWN - days * 86_400_000,
      outcome: "fixed" as const,
    })),
  );
  const story = new Story(diskRunbook(), hosts, { plan: { past } });
  for (const host of hosts) story.asks(host, [diskFinding(41)]);
  const log = logOf(story, 140);
  expect(log.filter((line) => line.startsWith(" !! recurring"))).toHaveLength(2);
  const waiting = log.filter((line) => line.includes("waiting")).map((line) => / card \w+(.*?):/.exec(line)?.[1]);
  expect(waiting).toEqual([
    "",
    "",
    ", recurring",
    ", like that of web1",
    ", recurring",
    ", like that of web3, recurring",
  ]);
});

test("who decides what, and what becomes of the run, is a line each", () => {
  const story = new Story(diskRunbook(), ["web1", "web2"]);
  story.asks("web1", [diskFinding(41), diskFinding(42)]);
  const at = { host: "web1", step: story.firstStep };
  const digest = story.state.hosts.get("web1")?.steps[0]?.asked?.digest ?? "";
  const before = logOf(story, 120).length;
  story.tell(
    { type: "paused", by: "ada" },
    { type: "continued", by: "ada" },
    { type: "endorsed", ...at, digest, by: "bob" },
    { type: "approved", ...at, digest, by: "grace", reason: "seen on the phone" },
    { type: "waived", ...at, keys: [diskFinding(42).key], until: Date.UTC(2026, 11, 1), by: "ada", reason: "moves" },
    { type: "host-skipped", host: "web2", by: "ada", reason: "in repair" },
    { type: "run-resumed", by: "bob", machine: "desk", attended: false },
  );
  expect(logOf(story, 120).slice(before)).toEqual([
    "                   paused       by ada: no fix starts until the run is continued",
    "                   continued    by ada: fixes start again",
    "web1  release-log  approved     by bob, and needs somebody else too",
    "web1  release-log  approved     by bob, grace: seen on the phone",
    "web1  release-log  waived       1 finding until 2026-12-01 00:00:00 UTC by ada: moves",
    "web2               skipped      by ada: nothing new is begun here (in repair)",
    "                   resumed      by bob on desk",
  ]);
});

test("what the command line approves has no line of its own", () => {
  const story = new Story(diskRunbook(), ["web1"]);
  story.asks("web1", [diskFinding(41)]);
  const before = logOf(story).length;
  const at = { host: "web1", step: story.firstStep };
  story.tell({ type: "approved", ...at, digest: "d", by: "--approve medium", auto: true });
  expect(logOf(story)).toHaveLength(before);
});

test("somebody at a terminal is asked there, so the log has no card", () => {
  const story = new Story(diskRunbook(), ["web1"]);
  story.asks("web1", [diskFinding(41)]);
  const lines: string[] = [];
  const report = plainReport({ out: (line) => lines.push(line), colour: false, width: 100, loaded: story.loaded });
  teller(report)(...story.entries);
  expect(lines.at(-1)).toContain("waiting");
  expect(lines.join("\n")).not.toContain('echo "$most"');
});

test("a dry run shows what would be asked, run and shown", () => {
  const story = new Story(diskRunbook(), ["web1"], { dryRun: true });
  const at = { host: "web1", step: story.firstStep };
  story.tell(
    { type: "reached", host: "web1", machineId: null, bootId: null, ms: 5 },
    { type: "detected", ...at, findings: [diskFinding(41)], ms: 200 },
    { type: "previewed", ...at, output: { ...NO_OUTPUT, head: plain("41 tapdisk\n") }, failed: null },
    { type: "step-ended", ...at, outcome: "found", reason: "dry run" },
  );
  const log = logOf(story).join("\n");
  expect(log).toContain("dry run: nothing is changed on any host");
  for (const part of ["/var/log/tap.log", 'kill "$pid"', "41 tapdisk", "service thing start"])
    expect(log).toContain(part);
});

test("a dry run's cards are followed by one blank line, and a line says which card another one is like", () => {
  const hosts = ["web1", "web2", "web3"];
  const story = new Story(diskRunbook(), hosts, { dryRun: true });
  for (const host of hosts) {
    const at = { host, step: story.firstStep };
    story.tell(
      { type: "detected", ...at, findings: [diskFinding(41)], ms: 200 },
      { type: "step-ended", ...at, outcome: "found", reason: "dry run" },
    );
  }
  story.tell({ type: "run-ended", exit: 2, outcome: "found" });
  const log = logOf(story, 200);
  expect(log.join("\n")).not.toContain("\n\n\n");
  expect(log.filter((line) => line.includes("; dry run")).map((line) => line.split("; dry run")[1])).toEqual([
    "",
    "",
    "; card, like that of web1",
  ]);
});

test("a thousand findings of one host do not get two thousand lines, but each failure gets its own", () => {
  const story = new Story(diskRunbook(), ["web1"]);
  const findings = Array.from({ length: 1000 }, (_, at) => diskFinding(at));
  const at = { host: "web1", step: story.firstStep };
  story.asks("web1", findings);
  story.tell({ type: "approved", ...at, digest: "d", by: "ada" });
  story.tell(...findings.slice(0, 999).flatMap((finding) => fixOf("web1", at.step, finding.key)));
  const last = { ...at, key: diskFinding(999).key };
  story.tell(
    { type: "fix-started", ...last },
    { type: "fix-finished", ...last, exit: 3, stdout: NO_OUTPUT, stderr: NO_OUTPUT, ms: 10 },
  );
  const words = logOf(story).map((line) => line.slice("web1  release-log  ".length));
  expect(words.filter((line) => line.startsWith("fixing"))).toHaveLength(20);
  expect(words.filter((line) => line.startsWith("fix done")).slice(20)).toEqual(
    Array.from({ length: 9 }, (_, hundred) => `fix done     ${hundred + 1}00 of 1,000`),
  );
  expect(words.at(-1)).toBe("fix failed   the fix exited 3");
});

test("one cause on many hosts is told once, with their number at the end", () => {
  const hosts = Array.from({ length: 40 }, (_, at) => `web${String(at + 1).padStart(2, "0")}`);
  const story = new Story(diskRunbook(), hosts);
  for (const host of hosts) {
    const message = host === "web07" ? "wrong key" : `cannot reach ${host}: bastion jump1 refused`;
    story.tell({ type: "unreachable", host, fault: { kind: "unreachable", message, hint: "ssh jump1" } });
  }
  story.tell({ type: "run-ended", exit: 4, outcome: "unknown" });
  const [log = ""] = logOf(story, 160).join("\n").split("\n\n");
  expect(log.match(/bastion jump1 refused/g)).toHaveLength(1);
  expect(log).toContain("38 more hosts for the same reason as web01: web[02-06], web[08-40]");
  expect(log).toContain("wrong key");
});

test("nothing that a host printed reaches the log as it was", () => {
  const story = new Story(diskRunbook(), ["web1", "web2"], { dryRun: true });
  const evil = "\u001b[2J\u202e\nweb9  release-log  fixed";
  const at = { host: "web1", step: story.firstStep };
  story.tell(
    { type: "unreachable", host: "web2", fault: { kind: "unreachable", message: evil, hint: evil } },
    { type: "detected", ...at, findings: [diskFinding(41, { path: evil, started: evil })], ms: 1 },
    { type: "previewed", ...at, output: { ...NO_OUTPUT, head: plain(evil) }, failed: evil },
    { type: "step-ended", ...at, outcome: "found", reason: evil },
    { type: "run-ended", exit: 2, outcome: "found" },
  );
  for (const line of logOf(story)) {
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(line).not.toMatch(/^web9/);
  }
});

test("with colours a line has the same words", () => {
  const story = new Story(diskRunbook(), ["web1"]);
  story.asks("web1", [diskFinding(41)]);
  const coloured: string[] = [];
  const report = plainReport({ out: (line) => coloured.push(line), colour: true, width: 100, loaded: story.loaded });
  teller(report)(...story.entries.map(unattended));
  expect(coloured.join("\n")).toContain("\u001b[");
  expect(coloured.map((line) => line.replaceAll(/\u001b\[[\d;]*m/g, "").trimEnd())).toEqual(logOf(story));
});

test("the record alone draws the same lines as the run did, but for the cards", () => {
  const story = new Story(diskRunbook(), ["web1"]);
  story.asks("web1", [diskFinding(41), diskFinding(42)]);
  story.tell({ type: "run-ended", exit: 3, outcome: "waiting" });
  const live: string[] = [];
  const later: string[] = [];
  const room = { colour: false, width: 100 };
  const watchers = [
    plainReport({ ...room, out: (line) => live.push(line), loaded: story.loaded }),
    plainReport({ ...room, out: (line) => later.push(line) }),
  ];
  for (const watcher of watchers) teller(watcher)(...story.entries);
  expect(later).toEqual(live);
  expect(later.join("\n")).toContain("2 findings: pid 41, started Nov 3, path /var");
});

test("a private column is not in the log", () => {
  const findings = { user: { type: "string", private: true }, size: "bytes" };
  const steps = [{ id: "big-home", detect: { run: "du", findings, key: ["user"] } }];
  const story = new Story(loadedFrom({ name: "homes", title: "Homes", steps }), ["web1"]);
  const at = { host: "web1", step: "big-home" };
  story.tell(
    { type: "detected", ...at, findings: [{ values: { user: "grace", size: 2048 }, key: '["grace"]' }], ms: 1 },
    { type: "step-ended", ...at, outcome: "found", reason: "there is no fix for it" },
  );
  expect(logOf(story).at(-1)).toBe(
    "web1  big-home  found        1 finding: user •••, size 2.0 KiB; there is no fix for it",
  );
});
