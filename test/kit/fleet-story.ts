import type { Entry, Event } from "../../src/model/event.ts";
import { Outcome } from "../../src/model/finding.ts";
import { NO_OUTPUT, type Output } from "../../src/model/output.ts";
import { plain } from "../../src/model/secret.ts";
import { diskFinding, diskRunbook, Story } from "./story.ts";

const PREVIEW = "--- a\n+++ b\n@@ -1,2 +1,2 @@\n same\n-old\n+new\n";

/** A run over a fleet in which everything happens that can: fixed, rolled back, denied, waiting, unknown, clear. */
export function fleetStory(hosts: number): Entry[] {
  const names = Array.from({ length: hosts }, (_, at) => `web${String(at + 1).padStart(4, "0")}.example.com`);
  const story = new Story(diskRunbook(), names);
  for (const [at, host] of names.entries()) tellHost(story, host, at);
  story.tell({ type: "run-ended", exit: 1, outcome: "rolled-back" });
  return withSource(story);
}

/** A run in which every outcome has its host. */
export function everyOutcome(): Entry[] {
  const names = Outcome.options.map((outcome) => `host-${outcome}`);
  const story = new Story(diskRunbook(), names);
  for (const [at, outcome] of Outcome.options.entries()) {
    const host = names[at] ?? "";
    story.tell({ type: "step-ended", host, step: story.firstStep, outcome, reason: "so it is" });
  }
  story.tell({ type: "run-ended", exit: 1, outcome: "failed" });
  return story.entries;
}

/** The story's runbook stands in its record, as a run of today writes it. */
function withSource({ entries, loaded }: Story): Entry[] {
  const [first, ...rest] = entries;
  if (first?.event.type !== "run-started") throw new Error("a story begins with run-started");
  const source = { text: loaded.text, functions: "say() { echo hello from the functions; }\n", files: ["tool.sh"] };
  return [{ ...first, event: { ...first.event, plan: { ...first.event.plan, source } } }, ...rest];
}

function tellHost(story: Story, host: string, at: number): void {
  const where = { host, step: story.firstStep };
  if (at % 11 === 5) {
    const fault = { kind: "unreachable", message: "no route to host", hint: "is it up?" } as const;
    story.tell({ type: "unreachable", host, fault });
  } else if (at % 4 === 0) tellFinding(story, where, at);
  else {
    story.tell(
      { type: "reached", host, machineId: `m-${host}`, bootId: "b", ms: 100 },
      { type: "detected", ...where, findings: [], ms: 200 },
      { type: "step-ended", ...where, outcome: "clear", reason: "" },
    );
  }
}

function tellFinding(story: Story, at: { host: string; step: string }, nth: number): void {
  const finding = diskFinding(100 + nth);
  // Made up, since the engine is not asked here: to work it out for each of a thousand hosts takes minutes.
  const digest = String(nth).padStart(32, "c0ffee");
  story.tell(
    { type: "reached", host: at.host, machineId: `m-${at.host}`, bootId: "b", ms: 120 },
    { type: "detected", ...at, findings: [finding, diskFinding(5000 + nth, { path: "/var/log/other.log" })], ms: 200 },
    { type: "previewed", ...at, output: says(PREVIEW), failed: null },
    { type: "asked", ...at, digest },
  );
  if (nth % 8 !== 0) return;
  const signature = { principal: "grace@example.com", key: "SHA256:abcdef", text: "armour" };
  const yes = { type: "approved", ...at, digest, by: "grace", machine: "desk7", signature } as const;
  const exit = nth % 24 === 8 ? 3 : 0;
  story.tell(
    { ...yes, reason: "seen it" },
    { type: "admitted", host: at.host, batch: nth === 0 ? 1 : 2 },
    { type: "fix-started", ...at, key: finding.key },
    { type: "fix-finished", ...at, key: finding.key, exit, stdout: says("released it\n"), stderr: says(""), ms: 2300 },
    ...(exit === 0 ? proven(at) : undone(at)),
  );
}

function proven(at: { host: string; step: string }): Event[] {
  return [
    { type: "verified", ...at, looks: 2, ms: 900 },
    { type: "step-ended", ...at, outcome: "fixed", reason: "" },
  ];
}

function undone(at: { host: string; step: string }): Event[] {
  return [
    { type: "rollback-started", ...at },
    { type: "rollback-finished", ...at, exit: 0, stdout: says("put back\n"), stderr: NO_OUTPUT, ms: 500 },
    { type: "step-ended", ...at, outcome: "rolled-back", reason: "the fix exited 3" },
  ];
}

function says(text: string): Output {
  return { ...NO_OUTPUT, head: plain(text) };
}
