import type { HostState, RunState } from "../../src/engine/state.ts";
import type { Intent } from "../../src/engine/todo.ts";
import { fixing as underWay } from "../../src/engine/outcome.ts";
import type { Event, EventOf } from "../../src/model/event.ts";
import type { Finding } from "../../src/model/finding.ts";
import { NO_OUTPUT } from "../../src/model/output.ts";

/** How the world of a simulation is disposed: probabilities from 0 to 1. */
export type Temper = {
  /** A host, look or fact that cannot be told. */
  readonly unknown: number;
  /** A look that finds nothing. */
  readonly clear: number;
  /** A look that finds something else than the one before. */
  readonly restless: number;
  /** A fix, verification or rollback that goes wrong. */
  readonly failing: number;
  /** Of those that go wrong: how many leave their end unknown. */
  readonly lost: number;
  readonly deferring: number;
  /** A host whose lock another has. */
  readonly locked: number;
  /** What another run has asked for already. */
  readonly elsewhere: number;
  /** How many different findings there can be. */
  readonly variety: number;
};

/** Numbers from 0 to 1 (exclusive), as if by chance. */
export type Luck = () => number;

/** The same numbers for the same seed (mulberry32). */
export function luckOf(seed: number): Luck {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a made-up world answers to an intent: every sequence of events that a real one could. */
export function answersTo(intent: Intent, state: RunState, temper: Temper, luck: Luck): Event[] {
  const host = state.hosts.get(intent.host);
  if (host === undefined) throw new Error(`no host ${intent.host}`);
  const chance = (likely: number) => luck() < likely;
  const undetermined = (step: string | null): Event => ({ type: "undetermined", host: intent.host, step, reason: "?" });

  switch (intent.kind) {
    case "connect":
      return chance(temper.unknown)
        ? [{ type: "unreachable", host: intent.host, fault: { kind: "unreachable", message: "no route" } }]
        : [reached(intent.host, chance(0.3) ? "shared" : intent.host, state, chance(0.95))];
    case "applies":
      if (chance(temper.unknown)) return [undetermined(intent.step)];
      return chance(0.1)
        ? [{ type: "not-concerned", host: intent.host, step: intent.step, reason: "no such thing" }]
        : [{ type: "concerned", host: intent.host, step: intent.step }];
    case "read-facts":
      if (chance(temper.unknown)) return [noFacts(host)];
      return [{ type: "facts-read", host: intent.host, facts: { os: "debian" } }];
    case "detect": {
      const underWay = host.steps.some((step) => step.plan.id === intent.step && step.fixes.length > 0);
      if (chance(temper.unknown)) {
        return [underWay ? { type: "deferred", ...at(intent), reason: "?" } : undetermined(intent.step)];
      }
      return [detected(intent, findingsOf(host, intent.step, temper, luck))];
    }
    case "preview": {
      const step = host.steps.find(({ plan }) => plan.id === intent.step);
      const keys = (step?.findings ?? []).map(({ key }) => key);
      return [{ type: "previewed", ...at(intent), output: NO_OUTPUT, failed: chance(0.2) ? "exit 1" : null, keys }];
    }
    case "ask":
      if (chance(temper.elsewhere))
        return [{ type: "asked-elsewhere", ...at(intent), digest: intent.digest, inRun: "r0" }];
      return [{ type: "asked", ...at(intent), digest: intent.digest }];
    case "approve":
      return [{ type: "approved", ...at(intent), digest: intent.digest, by: intent.by, auto: true }];
    case "void":
      return [{ type: "approval-voided", ...at(intent), reason: intent.reason }];
    case "admit":
      return [{ type: "admitted", host: intent.host, batch: intent.batch }];
    case "fix":
      return fixing(intent, host, state, temper, luck);
    case "lock":
      return [chance(temper.locked) ? lockedOut(intent) : { type: "lock-taken", ...at(intent) }];
    case "reattach":
      return isReboot(intent, host) ? rebooting(intent, host, temper, luck) : found(intent, host, temper, luck);
    case "follow":
      return followed(intent, state, temper, luck);
    case "disarm":
      if (!chance(temper.failing)) return [{ type: "disarmed", ...at(intent) }];
      return ofTimer(intent, temper, luck);
    case "verify":
      return verifying(intent, host, temper, luck);
    case "rollback":
      return [{ type: "rollback-started", ...at(intent), ...jobOf(luck) }, rolledBack(intent, temper, luck)];
    case "settle":
      return [
        {
          type: "step-ended",
          ...at(intent),
          outcome: intent.outcome,
          reason: intent.reason,
          ...(intent.open === true ? { open: true } : {}),
        },
      ];
  }
}

/** The names of one machine are in one boot; now and then a host has no boot id, and is like no other. */
function reached(host: string, machineId: string, { hosts }: RunState, hasBoot: boolean): Event {
  if (!hasBoot) return { type: "reached", host, machineId: host, bootId: null, ms: 1 };
  const twin = [...hosts.values()].find(
    ({ identity }) => identity?.machineId === machineId && identity.bootId !== null,
  );
  return { type: "reached", host, machineId, bootId: twin?.identity?.bootId ?? "b0", ms: 1 };
}

/** Without its facts nothing is told of a host, or a fix that is to be proved with them is not. */
function noFacts({ host, steps }: HostState): Event {
  const step = steps.find(underWay);
  if (step === undefined) return { type: "undetermined", host, step: null, reason: "?" };
  return { type: "verify-failed", host, step: step.plan.id, reason: "no facts", looks: 3, ms: 1 };
}

function isReboot(intent: OnStep, host: HostState): boolean {
  return host.steps.find((one) => one.plan.id === intent.step)?.plan.fix?.kind === "reboot";
}

/** What becomes of a host that was told to reboot: it comes back in another boot, or it does not, as far as is known. */
function rebooting(intent: OnStep, host: HostState, temper: Temper, luck: Luck): Event[] {
  const place = at(intent);
  const failed = (how: EventOf<"reboot-failed">["how"]): Event => ({
    type: "reboot-failed",
    ...place,
    how,
    reason: how,
    ms: 1,
  });
  const machineId = host.identity?.machineId ?? null;
  const bootId = `b${luck()}`;
  const back: Event = { type: "reached", host: host.host, machineId, bootId, ms: 1 };
  if (luck() >= temper.failing) {
    return [back, { type: "rebooted", ...place, bootId, kernelBefore: "6.1", kernel: "6.2", ms: 1 }];
  }
  const fixed = { ...place, key: null };
  if (luck() < temper.lost) {
    return luck() < 0.3 ? [{ type: "fix-lost", ...fixed, reason: "nobody waited" }] : [failed("away")];
  }
  const kind = luck();
  if (kind < 0.2) return [{ type: "fix-refused", ...fixed, reason: "no shell" }];
  if (kind < 0.4) return [back, failed("kernel")];
  return [failed(kind < 0.6 ? "stayed" : kind < 0.8 ? "same" : "stranger")];
}

type OnStep = { readonly host: string; readonly step: string };

function at({ host, step }: OnStep): OnStep {
  return { host, step };
}

function detected(intent: OnStep, findings: Finding[]): Event {
  return { type: "detected", ...at(intent), findings, ms: 1 };
}

function findingsOf(host: HostState, id: string, temper: Temper, luck: Luck): Finding[] {
  const step = host.steps.find((one) => one.plan.id === id);
  const all = [...(step?.findings ?? []), ...(step?.early ?? []).map(({ finding }) => finding)];
  const before = [...new Map(all.map((finding) => [finding.key, finding])).values()];
  if (luck() < temper.clear) return [];
  if (before.length > 0 && luck() >= temper.restless) return [...before];
  const keys = new Set([luck(), luck()].map((number) => `k${Math.floor(number * temper.variety)}`));
  return [...keys].map((key) => ({ values: { message: key }, key }));
}

/** What a host may tell of a job that another process began. */
function found(intent: OnStep, host: HostState, temper: Temper, luck: Luck): Event[] {
  const step = host.steps.find((one) => one.plan.id === intent.step);
  if (step?.rollback?.adrift === true) return [rolledBack(intent, temper, luck)];
  const fix = step?.fixes.find((one) => one.adrift);
  if (fix === undefined && step?.fixes.at(-1)?.timer?.end === "armed") return ofTimer(intent, temper, luck);
  if (fix === undefined) throw new Error(`nothing is adrift on ${intent.host}`);
  const end = fixEnd({ ...intent, key: fix.key }, temper, luck);
  return [end.type === "fix-lost" && luck() < 0.5 ? { ...end, over: true } : end];
}

/** What a host may tell of a timer that was not disarmed. */
function ofTimer(intent: OnStep, temper: Temper, luck: Luck): Event[] {
  const lost = { type: "timer-lost", ...at(intent), reason: "?" } as const;
  if (luck() < temper.lost) return [luck() < 0.5 ? { ...lost, over: true } : lost];
  const end = rolledBack(intent, temper, luck);
  // What has begun there was not refused.
  const begun = { type: "rollback-started", ...at(intent), job: "timer", by: "host" } as const;
  return end.type === "rollback-refused" ? [begun] : [begun, end];
}

/** Some of what writes goes on on its host without us. */
function jobOf(luck: Luck): { readonly job?: string } {
  return luck() < 0.5 ? { job: `job-${luck()}` } : {};
}

function fixing(
  intent: Extract<Intent, { kind: "fix" }>,
  host: HostState,
  state: RunState,
  temper: Temper,
  luck: Luck,
): Event[] {
  const step = host.steps.find((one) => one.plan.id === intent.step);
  if (step?.plan.fix?.guard === true && luck() < temper.deferring) {
    return [{ type: "deferred", ...at(intent), reason: "not now" }];
  }
  const locked = luck() < temper.locked;
  // Under a guard the lock is taken before the fix is announced.
  if (locked && (step?.plan.fix?.guard === true || isReboot(intent, host))) return [lockedOut(intent)];
  const armed = step?.plan.fix?.unlessReconnect !== undefined;
  const names = armed ? { job: `job-${luck()}`, timer: "timer" } : jobOf(luck);
  const keys = intent.key === null ? { keys: (step?.target ?? []).map(({ key }) => key) } : {};
  const started: Event = { type: "fix-started", ...at(intent), key: intent.key, ...keys, ...names };
  if (locked) return [started, lockedOut(intent)];
  if (isReboot(intent, host)) return [{ ...started, kernel: "6.1" }, ...rebooting(intent, host, temper, luck)];
  const end = fixEnd(intent, temper, luck);
  const left = end.type === "fix-lost" && names.job !== undefined && !armed && luck() < 0.9;
  return [started, left ? { ...end, until: state.at + luck() * 100_000 } : end];
}

/** What a host may tell of a fix that was left running: nothing new, or how it ended. It was not refused. */
function followed(intent: OnStep, { hosts }: RunState, temper: Temper, luck: Luck): Event[] {
  const step = hosts.get(intent.host)?.steps.find((one) => one.plan.id === intent.step);
  const fix = step?.fixes.findLast((one) => one.followed !== null);
  if (fix?.followed == null) throw new Error(`nothing is followed on ${intent.host}`);
  const end = fixEnd({ ...intent, key: fix.key }, temper, luck);
  return end.type === "fix-refused" || luck() < 0.4 ? [] : [end];
}

function lockedOut(intent: OnStep): Event {
  return {
    type: "locked-out",
    ...at(intent),
    holder: { run: "r9", by: "ben@other", since: 1 },
    reason: "locked by ben",
  };
}

function fixEnd(intent: OnStep & { readonly key: string | null }, temper: Temper, luck: Luck): Event {
  const fixed = { ...at(intent), key: intent.key };
  const said = { stdout: NO_OUTPUT, stderr: NO_OUTPUT, ms: 1 };
  if (luck() >= temper.failing) return { type: "fix-finished", ...fixed, ...said, exit: 0 };
  if (luck() < temper.lost) return { type: "fix-lost", ...fixed, reason: "connection lost" };
  if (luck() < 0.2) return { type: "fix-refused", ...fixed, reason: "no shell" };
  if (luck() < 0.1) return { type: "fix-finished", ...fixed, ...said, exit: null, by: "ada" };
  return { type: "fix-finished", ...fixed, ...said, exit: luck() < 0.3 ? null : 1 };
}

/** A verified fix may leave other findings; they are told as a new look. */
function verifying(intent: OnStep, host: HostState, temper: Temper, luck: Luck): Event[] {
  if (luck() < temper.failing)
    return [{ type: "verify-failed", ...at(intent), reason: "still there", looks: 3, ms: 1 }];
  const verified: Event = { type: "verified", ...at(intent), looks: 1, ms: 1 };
  if (luck() >= temper.restless) return [verified];
  return [verified, detected(intent, findingsOf(host, intent.step, temper, luck))];
}

function rolledBack(intent: OnStep, temper: Temper, luck: Luck): Event {
  if (luck() >= temper.failing) {
    return { type: "rollback-finished", ...at(intent), exit: 0, stdout: NO_OUTPUT, stderr: NO_OUTPUT, ms: 1 };
  }
  if (luck() < temper.lost) return { type: "rollback-lost", ...at(intent), reason: "connection lost" };
  if (luck() < 0.2) return { type: "rollback-refused", ...at(intent), reason: "no shell" };
  return { type: "rollback-finished", ...at(intent), exit: 1, stdout: NO_OUTPUT, stderr: NO_OUTPUT, ms: 1 };
}
