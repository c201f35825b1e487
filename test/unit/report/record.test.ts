import { expect, test } from "vitest";
import { Event, type Entry } from "../../../src/model/event.ts";
import { NO_OUTPUT } from "../../../src/model/output.ts";
import { jsonReport } from "../../../src/report/json.ts";
import { sentenceOf } from "../../../src/view/sentence.ts";
import { diskFinding, diskRunbook, loadedFrom, Story } from "../../kit/story.ts";
import { plain } from "../../../src/model/secret.ts";

const at = { host: "xen1", step: "release-log" };
const ended = { ...at, stdout: NO_OUTPUT, stderr: { ...NO_OUTPUT, head: plain("one\nno such process\n") }, ms: 2100 };
const STATE = new Story(diskRunbook(), ["xen1"]).state;
const SENTENCES: readonly (readonly [Event, string])[] = [
  [{ type: "reached", host: "xen1", machineId: "m", bootId: "b", ms: 120 }, "xen1: logged in (0.1 s)"],
  [
    { type: "unreachable", host: "xen1", fault: { kind: "auth", message: "no key fits" } },
    "xen1: could not be reached: auth: no key fits",
  ],
  [{ type: "concerned", host: "xen1", step: null }, "xen1: the runbook applies"],
  [{ type: "not-concerned", ...at, reason: "no xe" }, "xen1, release-log: the step does not apply: no xe"],
  [{ type: "facts-read", host: "xen1", facts: { os: "debian" } }, "xen1: facts: os=debian"],
  [{ type: "undetermined", ...at, reason: "exit 2" }, "xen1, release-log: cannot be told: exit 2"],
  [{ type: "detected", ...at, findings: [], ms: 200 }, "xen1, release-log: nothing found (0.2 s)"],
  [
    { type: "detected", ...at, findings: [diskFinding(1)], ms: 200 },
    "xen1, release-log: found 1 finding: pid 1, started Nov 3, path /var/log/tap.log, bytes 1.2 GiB (0.2 s)",
  ],
  [{ type: "previewed", ...at, output: NO_OUTPUT, failed: null }, "xen1, release-log: the change was previewed"],
  [{ type: "asked", ...at, digest: "d1" }, "xen1, release-log: an approval is needed (card d1)"],
  [
    { type: "asked-elsewhere", ...at, digest: "d1", inRun: "r0" },
    "xen1, release-log: run r0 has asked for exactly this (card d1)",
  ],
  [
    { type: "endorsed", ...at, digest: "ab".repeat(16), by: "bob", machine: "desk" },
    "xen1, release-log: approved by bob on desk, and needs somebody else too (card abababababab)",
  ],
  [
    {
      type: "approved",
      ...at,
      digest: "d1",
      by: "bob",
      reason: "seen on the phone",
      signature: { principal: "bob@example.org", key: "SHA256:b", text: "…" },
    },
    "xen1, release-log: approved by bob, signed by bob@example.org (SHA256:b): seen on the phone (card d1)",
  ],
  [
    { type: "waived", ...at, keys: ["1", "2"], until: Date.UTC(2026, 11, 1), by: "bob", reason: "moves" },
    "xen1, release-log: 2 findings waived by bob until 2026-12-01 00:00:00 UTC: moves",
  ],
  [{ type: "approved", ...at, digest: "d1", by: "ada" }, "xen1, release-log: approved by ada (card d1)"],
  [{ type: "denied", ...at, digest: "d1", by: "ada", reason: "not now" }, "xen1, release-log: denied by ada: not now"],
  [{ type: "approval-voided", ...at, reason: "changed" }, "xen1, release-log: the approval no longer counts: changed"],
  [{ type: "deferred", ...at, reason: "guest runs" }, "xen1, release-log: deferred by the guard: guest runs"],
  [{ type: "fix-started", ...at, key: null }, "xen1, release-log: the fix started"],
  [
    { type: "fix-finished", ...ended, key: null, exit: 3 },
    "xen1, release-log: the fix exited 3: no such process (2.1 s)",
  ],
  [
    { type: "fix-finished", ...ended, key: null, exit: null },
    "xen1, release-log: the fix was ended after 2 s: no such process",
  ],
  [{ type: "fix-lost", ...at, key: null, reason: "gone" }, "xen1, release-log: how the fix ended is not known: gone"],
  [{ type: "fix-refused", ...at, key: null, reason: "no sudo" }, "xen1, release-log: nothing was begun: no sudo"],
  [{ type: "fix-started", ...at, key: null, kernel: "6.1.0-9" }, "xen1, release-log: told to reboot (kernel 6.1.0-9)"],
  [
    { type: "rebooted", ...at, bootId: "b2", kernelBefore: "6.1.0-9", kernel: "6.1.0-13", ms: 41_000 },
    "xen1, release-log: rebooted, and back as itself with another boot id: kernel 6.1.0-9 → 6.1.0-13 (41 s)",
  ],
  [
    { type: "reboot-failed", ...at, how: "stayed", reason: "it did not go down", ms: 9 },
    "xen1, release-log: the reboot did not come to its end: it did not go down",
  ],
  [
    { type: "fix-started", ...at, key: null, job: "j", timer: "t" },
    "xen1, release-log: the fix started, with a timer on its host that undoes it",
  ],
  [{ type: "disarmed", ...at }, "xen1, release-log: a new login worked: the host does not undo it any more"],
  [
    { type: "timer-lost", ...at, reason: "no route" },
    "xen1, release-log: whether the host has undone it is not known: no route",
  ],
  [
    { type: "rollback-started", ...at, by: "host" },
    "xen1, release-log: the host rolls it back by itself, since nobody logged in again",
  ],
  [
    { type: "locked-out", ...at, holder: null, reason: "locked by bob@bastion" },
    "xen1, release-log: not begun: locked by bob@bastion",
  ],
  [
    { type: "lock-taken", ...at, over: { run: "r9", by: "bob@bastion", since: 0 } },
    "xen1, release-log: the host's lock is taken; the one that bob@bastion left since 1970-01-01 00:00:00 UTC (run r9) was stale",
  ],
  [{ type: "verified", ...at, looks: 2, ms: 900 }, "xen1, release-log: verified after 2 looks (0.9 s)"],
  [
    { type: "verify-failed", ...at, reason: "it is still there", looks: 1, ms: 900 },
    "xen1, release-log: not verified after 1 look: it is still there (0.9 s)",
  ],
  [{ type: "rollback-started", ...at }, "xen1, release-log: the rollback started"],
  [
    { type: "rollback-finished", ...ended, exit: 0 },
    "xen1, release-log: the rollback exited 0: no such process (2.1 s)",
  ],
  [{ type: "rollback-lost", ...at, reason: "gone" }, "xen1, release-log: how the rollback ended is not known: gone"],
  [{ type: "rollback-refused", ...at, reason: "no sudo" }, "xen1, release-log: nothing was begun: no sudo"],
  [{ type: "step-ended", ...at, outcome: "found", reason: "dry run" }, "xen1, release-log: found: dry run"],
  [{ type: "admitted", host: "xen1", batch: 2 }, "xen1: its fixes may start, in batch 2"],
  [{ type: "host-skipped", host: "xen1", by: "ada", reason: "" }, "xen1: skipped by ada"],
  [{ type: "paused", by: "ada" }, "run: paused by ada: no fix starts until it goes on"],
  [{ type: "continued", by: "ada" }, "run: continued by ada"],
  [
    { type: "frozen", by: "ada", since: 0, reason: "the end of the year" },
    "run: frozen by ada since 1970-01-01 00:00:00 UTC: the end of the year; no fix starts anywhere",
  ],
  [{ type: "unfrozen", by: "ben" }, "run: unfrozen by ben"],
  [{ type: "run-resumed", by: "ada", machine: "desk", attended: false }, "run: resumed by ada on desk"],
  [{ type: "stop-requested", by: "ada" }, "run: stopped by ada: no new fix starts"],
  [{ type: "run-ended", exit: 2, outcome: "found" }, "run: ended: found, exit code 2"],
];

test.each(SENTENCES)("%j", (event, sentence) => {
  expect(sentenceOf(entryOf(event), STATE)).toBe(sentence);
});

test("every type of event has its sentence here", () => {
  const types = Event.options.map((option) => option.shape.type.value);
  expect(new Set(["run-started", ...SENTENCES.map(([event]) => event.type)])).toEqual(new Set(types));
});

test("the first sentence says what runs where and for whom", () => {
  const [first] = new Story(diskRunbook(), ["a", "b"]).entries;
  expect(first && sentenceOf(first, STATE)).toBe(
    "run: run of disk-full (runbooks/story.yml, abababababab) on 2 hosts of hosts.yml, by ada",
  );
});

test("findings are told as people read them, without their private columns", () => {
  const findings = { user: { type: "string", private: true }, size: "bytes", file: "string" };
  const detect = { run: "du", findings, key: ["user", "file"] };
  const story = new Story(
    loadedFrom({ name: "homes", title: "H", steps: [{ id: "big", detect, fix: { risk: "low", run: "x" } }] }),
    ["a"],
  );
  const place = { host: "a", step: "big" };
  const found = { values: { user: "grace", size: 2048, file: "x y" }, key: '["grace","x y"]' };
  const entries = [
    ...story.tell({ type: "detected", ...place, findings: [found], ms: 100 }),
    ...story.tell({ type: "approved", ...place, digest: "d", by: "ada" }).slice(1),
    ...story.tell({ type: "fix-started", ...place, key: found.key }),
  ];
  expect(entries.map((entry) => sentenceOf(entry, story.state))).toEqual([
    "a, big: found 1 finding: user •••, file x y, size 2.0 KiB (0.1 s)",
    "a, big: the fix started for user •••, file x y, size 2.0 KiB",
  ]);
});

test("a sentence is one line, whatever the host said", () => {
  const said = sentenceOf(entryOf({ type: "deferred", ...at, reason: "a\nb\u001b[0m" }), STATE);
  expect(said).toBe("xen1, release-log: deferred by the guard: a\\nb\\x1b[0m");
});

test("JSON has one object a line with run, seq and time, and the event as it is", () => {
  const lines: string[] = [];
  const report = jsonReport({ out: (line) => lines.push(line) });
  report.entry(entryOf({ type: "deferred", ...at, reason: "a\nb" }), STATE);
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    run: "r1",
    seq: 7,
    at: "2026-11-03T14:05:00.000Z",
    type: "deferred",
    ...at,
    reason: "a\nb",
  });
  expect(lines).toHaveLength(1);
});

test("JSON gives every value back and holds nothing that a terminal obeys", () => {
  const reason = "\u001b[31m\u009b2J\u007f\u202e\u2028\u{e0041}\udc80 é 漢";
  const lines: string[] = [];
  jsonReport({ out: (line) => lines.push(line) }).entry(entryOf({ type: "deferred", ...at, reason }), STATE);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ reason });
  expect(lines[0]).not.toMatch(/[\u0000-\u001f\u007f-\u009f\p{Cf}\p{Zl}\p{Cs}]/u);
  expect(lines[0]).toContain("é 漢");
});

function entryOf(event: Event): Entry {
  return { run: "r1", seq: 7, at: Date.UTC(2026, 10, 3, 14, 5, 0), event };
}
