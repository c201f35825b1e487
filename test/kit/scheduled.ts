import { NO_OUTPUT } from "../../src/model/output.ts";
import type { Event } from "../../src/model/event.ts";
import type { Entry } from "../../src/model/event.ts";
import type { Finding, Outcome } from "../../src/model/finding.ts";
import type { LoadedRunbook } from "../../src/model/runbook.ts";
import { diskFinding, diskRunbook, Story } from "./story.ts";

/** What a host of a scheduled run comes to. */
export type Fate =
  | "clear"
  | "waits"
  | "asked-elsewhere"
  | "fixed"
  | "away"
  /** It has asked, and its schedule has taken the question back. */
  | "taken-back"
  /** Its fix was left running. */
  | "left"
  /** One finding was fixed, and another is there as its run makes room. */
  | "half"
  | { readonly outcome: Outcome; readonly reason?: string };

/** A run of the schedule `nightly`, told by synthetic events: what becomes of each host, by name. */
export function scheduledRun(
  run: string,
  fates: Readonly<Record<string, Fate>>,
  options: {
    readonly loaded?: LoadedRunbook;
    readonly finding?: Finding | ((host: string) => Finding);
    /** It goes on. */
    readonly open?: boolean;
    readonly exit?: number;
    readonly plan?: ConstructorParameters<typeof Story>[2];
  } = {},
): readonly Entry[] {
  const { loaded = diskRunbook(), finding = diskFinding(4242), open = false, exit = 0 } = options;
  const schedule = { name: "nightly", fire: Date.UTC(2026, 10, 3, 14), why: [] };
  const attended = false;
  const story = new Story(loaded, Object.keys(fates), { plan: { schedule, attended, ...options.plan?.plan } });
  for (const [host, fate] of Object.entries(fates))
    tellFate(story, host, fate, typeof finding === "function" ? finding(host) : finding);
  if (!open) story.tell({ type: "run-ended", exit, outcome: "clear" });
  return story.entries.map((entry) => ({ ...entry, run }));
}

function tellFate(story: Story, host: string, fate: Fate, finding: Finding): void {
  const at = { host, step: story.firstStep };
  if (fate === "away") {
    const fault = { kind: "unreachable", message: "connection refused", where: host } as const;
    story.tell({ type: "unreachable", host, fault });
    return;
  }
  if (fate === "waits") return void story.asks(host, [finding]);
  if (fate === "taken-back") {
    story.asks(host, [finding]);
    const digest = story.state.hosts.get(host)?.steps[0]?.asked?.digest ?? "";
    const reason = "gone by itself, found clear in run r9";
    story.tell({ type: "denied", ...at, digest, by: "schedule nightly", reason });
    story.tell(endedAs("found", at, `denied by schedule nightly: ${reason}`));
    return;
  }
  const found =
    fate === "clear" || (typeof fate === "object" && ["clear", "unknown"].includes(fate.outcome)) ? [] : [finding];
  story.tell(
    { type: "reached", host, machineId: `m-${host}`, bootId: "b", ms: 1 },
    { type: "detected", ...at, findings: found, ms: 1 },
  );
  if (fate === "asked-elsewhere") {
    story.tell(
      { type: "asked-elsewhere", ...at, digest: "d", inRun: "r1" },
      endedAs("waiting", at, "asked in run r1", true),
    );
    return;
  }
  if (fate === "clear") return void story.tell(endedAs("clear", at));
  if (fate === "fixed") return tellFixed(story, at);
  if (fate === "half") {
    story.tell(
      { type: "approved", ...at, digest: "d", by: "schedule nightly (approve: low)", auto: true },
      { type: "fix-started", ...at, key: null },
      { type: "fix-finished", ...at, key: null, exit: 0, stdout: NO_OUTPUT, stderr: NO_OUTPUT, ms: 1 },
      { type: "verified", ...at, looks: 1, ms: 1 },
      { type: "detected", ...at, findings: [diskFinding(5)], ms: 1 },
      endedAs("found", at, "stopped by SIGTERM", true),
    );
    return;
  }
  if (fate === "left") {
    const reason = "how the fix ended is not known: interrupted, and left running";
    story.tell(
      { type: "approved", ...at, digest: "d", by: "schedule nightly (approve: low)", auto: true },
      { type: "fix-started", ...at, key: null, job: "job" },
      { type: "fix-lost", ...at, key: null, reason },
      endedAs("in-doubt", at, reason, true),
    );
    return;
  }
  story.tell(endedAs(fate.outcome, at, fate.reason));
}

function tellFixed(story: Story, at: { host: string; step: string }): void {
  story.tell(
    { type: "approved", ...at, digest: "d", by: "--approve medium", auto: true },
    { type: "fix-started", ...at, key: null },
    { type: "fix-finished", ...at, key: null, exit: 0, stdout: NO_OUTPUT, stderr: NO_OUTPUT, ms: 1 },
    { type: "verified", ...at, looks: 1, ms: 1 },
    endedAs("fixed", at),
  );
}

function endedAs(outcome: Outcome, at: { host: string; step: string }, reason = "", open = false): Event {
  return { type: "step-ended", ...at, outcome, reason, ...(open ? { open } : {}) };
}
