import { randomBytes } from "node:crypto";
import type { HostState, StepState } from "../engine/state.ts";
import type { Todo } from "../engine/todo.ts";
import { moment } from "../engine/words.ts";
import type { EventOf } from "../model/event.ts";
import type { LockHolder } from "../model/lock.ts";
import type { Output } from "../model/output.ts";
import { VERIFY_DEFAULTS } from "../model/fix.ts";
import { dialectOf, NOTHING } from "../script/dialect.ts";
import { lockAnswer, type Claim, type LockAnswer } from "../script/lock.ts";
import type { Ended } from "./ports.ts";
import type { Extras } from "./scripts.ts";
import { definitionOf, fleetFor, masked, sendScript, shortfall, type Work } from "./work.ts";

/** Which steps' locks this process has, or may have, on which hosts; and since when (ms since the epoch) it is known to have them. */
export type Locks = {
  readonly held: Map<string, Set<string>>;
  readonly since: Map<string, number>;
  /** Who we are, and the host's place in the run. */
  readonly claim: (host: string) => Omit<Claim, "since" | "need" | "within">;
};

/** Seconds that a step may take besides what its runbook allows for. */
const SLACK = 90;

/** Seconds that a claim may be under way, on top of the age of what was seen. */
const UNDER_WAY = 30;

/** ms that a lock may take to be given back; one that is not runs out. */
const RELEASE = 10_000;

/** Why the lock is asked for: to act on what was seen, which must still be so; or to go on with what has begun, or to look again. */
type Purpose = "act" | "go-on";

/** The claim of a step on its host, for as long as its fix, the proof and the rollback may take. From here on it is to be released. */
export function claimFor(host: HostState, step: StepState, work: Work, purpose: Purpose): Claim {
  const { detect, fix, verify, rollback } = definitionOf(step, work);
  const rule = verify === undefined || verify === false ? VERIFY_DEFAULTS : verify;
  const proof = rule.within + (rule.stable_for ?? 0) + 2 * detect.timeout;
  const need = Math.ceil(
    (fix?.timeout ?? 0) + proof + (rollback?.timeout ?? 0) + 2 * (rollback?.unless_reconnect ?? 0) + SLACK,
  );
  const { held, claim } = work.locks;
  held.set(host.host, new Set(held.get(host.host)).add(step.plan.id));
  const now = work.clock.now();
  const within = purpose === "act" ? lookBack(host, step, work, now) : null;
  return { ...claim(host.host), since: Math.floor(now / 1000), need, within };
}

/** Seconds back to the look whose findings are to be fixed. One under the lock is exactly as old as it is. */
function lookBack(host: HostState, { seenFrom }: StepState, { locks }: Work, now: number): number {
  const since = locks.since.get(host.host);
  const age = Math.max(0, now - seenFrom) / 1000;
  return since !== undefined && seenFrom >= since ? age : age + UNDER_WAY;
}

/** Notes that the lock of a host is ours: what is seen from now on, nobody else changes. */
export function noteHeld(host: string, { locks, clock }: Work): void {
  if (!locks.since.has(host)) locks.since.set(host, clock.now());
}

/** How a script ended that is begun only under the host's lock, and what the host said to that. */
export type UnderLock = { readonly ended: Ended<Output>; readonly lock: LockAnswer };

/** Sends a script of a step that is begun only under the host's lock. `as` null: in the name of the runbook, and always to the host. */
export async function sendLocked(
  host: HostState,
  step: StepState,
  body: string,
  work: Work,
  { as = step, purpose, ...extras }: Extras & { readonly as?: StepState | null; readonly purpose: Purpose },
): Promise<UnderLock> {
  const mark = `rb-${randomBytes(12).toString("hex")}`;
  const script = work.script(host, as, body, extras);
  const text = dialectOf(script.shell).underLock(claimFor(host, step, work, purpose), script.text, mark);
  const ended = await sendScript(host, as, { ...script, text }, work);
  const none: LockAnswer = { kind: "held", over: null };
  if (!("stdout" in ended) || !ended.stdout.head.startsWith(`\n${mark} `)) {
    if (ended.kind === "exited") noteHeld(host.host, work);
    return { ended: masked(ended, work), lock: none };
  }
  const { head } = ended.stdout;
  const line = head.slice(1).split("\n", 1).join("");
  const rest = { ...ended, stdout: { ...ended.stdout, head: head.slice(line.length + 2) } };
  const answer = lockAnswer(line.split(" ").slice(1)) ?? none;
  if (answer.kind === "held") noteHeld(host.host, work);
  return { ended: masked(rest, work), lock: answer };
}

/** Takes the lock of a step's host, and does nothing else. The last event is `lock-taken` where it is ours. */
export async function lock(host: HostState, step: StepState, work: Work, purpose: Purpose): Promise<OfLock[]> {
  const at = { host: host.host, step: step.plan.id };
  const as = definitionOf(step, work).on === "controller" ? null : step;
  const { ended, lock: answer } = await sendLocked(host, step, NOTHING, work, { as, purpose });
  if (answer.kind !== "held") return lockedOut(at, answer, work);
  if (ended.kind === "exited" && ended.code === 0) return [{ type: "lock-taken", ...at, ...overOf(answer.over) }];
  const why = ended.kind === "exited" ? `its shell exited ${ended.code}` : shortfall(ended, "the question for it");
  return [{ type: "locked-out", ...at, holder: null, reason: `the host's lock could not be taken: ${why}` }];
}

/** What becomes of the lock of a step's host. */
export type OfLock = EventOf<"locked-out" | "lock-taken">;

/** What is told where a stale lock was passed over. */
export function takenOver(
  at: { readonly host: string; readonly step: string },
  over: LockHolder | null | undefined,
): EventOf<"lock-taken">[] {
  return over == null ? [] : [{ type: "lock-taken", ...at, over }];
}

function overOf(over: LockHolder | null): { readonly over?: LockHolder } {
  return over === null ? {} : { over };
}

/**
 * What is told where another has the lock, or had it since the look: nothing of the step's fix was begun. In the first case there is nothing to
 * give back; in the second the lock is kept while it is looked again.
 */
export function lockedOut(
  at: { readonly host: string; readonly step: string },
  answer: Exclude<LockAnswer, { readonly kind: "held" }>,
  work: Work,
): OfLock[] {
  const reason = refusalWords(answer);
  if (answer.kind === "past") {
    noteHeld(at.host, work);
    return [
      { type: "locked-out", ...at, holder: answer.holder, reason },
      { type: "lock-taken", ...at },
    ];
  }
  work.locks.held.get(at.host)?.delete(at.step);
  work.locks.since.delete(at.host);
  const holder = answer.kind === "locked" && answer.why !== "odd" ? answer.holder : null;
  return [{ type: "locked-out", ...at, holder, reason }];
}

/** Who keeps us out, since when, and what is known of them. */
export function refusalWords(answer: Exclude<LockAnswer, { readonly kind: "held" }>): string {
  if (answer.kind === "barred") return `the host's lock cannot be taken: nothing can be made at ${answer.path}`;
  const { run, by, since } = answer.holder;
  if (answer.kind === "past")
    return `${by} may have been fixing here while this was looked at (run ${run}): it is looked at again`;
  const who = `locked by ${by} since ${moment(since)} (run ${run}, as ${answer.owner} there)`;
  switch (answer.why) {
    case "live":
      return who;
    case "job":
      return `${who}: its time is up, and what it began still runs`;
    case "foreign":
      return `${who}: its time is up, and only root or ${answer.owner} can tell whether what it began still runs`;
    case "odd":
      return `locked by what is no lock of a run: something of ${answer.owner} among the host's locks`;
  }
}

const USES: ReadonlySet<Todo["kind"]> = new Set([
  "connect",
  "detect",
  "lock",
  "fix",
  "reattach",
  "verify",
  "disarm",
  "rollback",
]);

/** Whether the lock of a host is of no more use: what comes next is not done under it, and nothing of ours can still run there. */
export function isIdle(host: HostState, next: Todo): boolean {
  if (USES.has(next.kind)) return false;
  return !host.steps.some(({ fixes, rollback }) =>
    [rollback, ...fixes].some((each) => each?.end === "running" || each?.end === "lost"),
  );
}

/** Gives the host's lock back, as whoever took it: a tiny script on a session that is open as a rule. Also when we leave. */
export async function release(host: HostState, work: Work): Promise<void> {
  const steps = work.locks.held.get(host.host);
  work.locks.held.delete(host.host);
  work.locks.since.delete(host.host);
  const done = new Set<string>();
  for (const step of host.steps) {
    if (steps?.has(step.plan.id) !== true) continue;
    const as = definitionOf(step, work).on === "controller" ? null : step;
    const { fleet, machineId } = fleetFor(host, as, work);
    const script = work.script(host, as, NOTHING);
    if (done.has(`${script.become}`)) continue;
    done.add(`${script.become}`);
    const text = dialectOf(script.shell).dropLock(work.locks.claim(host.host));
    const soon = AbortSignal.timeout(RELEASE);
    await fleet.run(work.hostOf(host.host), machineId, { ...script, text }, soon, () => undefined);
  }
}
