import type { InputValues } from "../engine/values.ts";
import { acceptRefusal } from "../engine/accept.ts";
import { randomBytes } from "node:crypto";
import { armed, runOutcome } from "../engine/outcome.ts";
import type { RunState, StepState } from "../engine/state.ts";
import type { EventOf } from "../model/event.ts";
import { FaultError, type Fault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { mask, Secret } from "../model/secret.ts";
import { jobName } from "../script/job.ts";
import { looksAhead } from "./ahead.ts";
import { farewell } from "./farewell.ts";
import { Fleet } from "./fleet.ts";
import { openLetters } from "./letters.ts";
import { openMailbox } from "./mailbox.ts";
import { standingOrders } from "./orders.ts";
import type { Approver, Archive, Clock, Connector, Desk, Journal, Verifier, Watcher } from "./ports.ts";
import { voidUnproven } from "./proof.ts";
import { startRecord, type Recorder } from "./recorder.ts";
import { readAgain, takeLease } from "./resume.ts";
import { drive, type LiveRun } from "./run.ts";
import { scribe } from "./scripts.ts";
import { ownTurns, type Turns } from "./turns.ts";
import type { Work } from "./work.ts";

/** Everything a run is made of. */
export type RunParts = {
  readonly run: string;
  /** Begins a new run with its plan, or goes on with one that is on record. */
  readonly first: EventOf<"run-started"> | EventOf<"run-resumed">;
  readonly loaded: LoadedRunbook;
  readonly hosts: readonly Host[];
  /** At most so many hosts at work at once, whatever the plan says: what this process can do. */
  readonly parallel?: number;
  /** Places that the run has together with others; absent: its own. */
  readonly turns?: Turns;
  readonly values: InputValues;
  readonly secrets: readonly Secret[];
  /** `--become`: for runbooks and hosts that do not say. */
  readonly become: boolean;
  /** Whether what writes goes on on its host without us (`--no-jobs`: it does not). */
  readonly jobs: boolean;
  readonly connector: Connector;
  readonly controller: Connector;
  readonly journal: Journal;
  readonly archive: Pick<Archive, "read">;
  /** Of the journal above: its leases are what the journal goes by. */
  readonly desk: Desk;
  readonly verifier: Verifier;
  readonly watchers: readonly Watcher[];
  readonly approver: Approver | null;
  readonly clock: Clock;
  /** Fires when the user leaves at once. */
  readonly leaving: AbortSignal;
  /** Given the live run as soon as it may be stopped. */
  readonly live: (run: LiveRun) => void;
  readonly exitOf: (state: RunState) => number;
};

/**
 * Runs a plan from its first event to its last, or goes on with a run, and answers with the final state. Rejects with a fault when the
 * journal fails, when somebody alive has the run, and when nothing is left to do in it.
 */
export async function start(parts: RunParts): Promise<RunState> {
  const { run, first } = parts;
  const self = first.type === "run-started" ? first.plan : first;
  await using _lease = await takeLease(run, { writer: self.writer, by: self.by }, parts);
  const before = first.type === "run-started" ? null : await goOn(parts, first);
  const orders = await standingOrders(run, parts.desk);
  await using fleet = new Fleet(parts.connector);
  await using controller = new Fleet(parts.controller);
  const stopping = new AbortController();
  const killing = new AbortController();
  const onStop: Watcher = {
    entry: ({ event }) => {
      if (event.type !== "stop-requested") return;
      // First: what stops for an order to stop must see that it is one to end it.
      if (event.kill === true) killing.abort();
      stopping.abort();
    },
  };
  const recorder = await startRecord(run, first, { ...parts, watchers: [...parts.watchers, onStop] }, before);
  const work = workOf(parts, fleet, controller, recorder, { stopping: stopping.signal, killing: killing.signal });
  if (orders !== null) await recorder.record(orders);

  const most = Math.min(recorder.state.plan.parallel, parts.parallel ?? Infinity);
  const live = drive(
    recorder,
    work,
    (host) => farewell(host, recorder, work),
    parts.turns ?? ownTurns(most, parts.clock),
  );
  parts.live(live);
  const over = new AbortController();
  parts.approver?.listen((wish) => live.wish(wish), over.signal);
  const mailbox = openMailbox({ ...parts, live, state: () => recorder.state }, over.signal);
  try {
    const [state] = await Promise.all([live.done.finally(() => over.abort()), mailbox]);
    await recorder.record({ type: "run-ended", exit: parts.exitOf(state), outcome: runOutcome(state) });
  } catch (error) {
    if (error instanceof FaultError) throw new FaultError(...error.faults, ...begun(recorder.state));
    throw error;
  } finally {
    over.abort();
  }
  return recorder.state;
}

/**
 * A run as it is left, judged by the policies in force now: those on record say what was. What people decided meanwhile counts before anything
 * is done, beside what is still proven of what they decided before.
 */
async function goOn(parts: RunParts, { policies, accepted }: EventOf<"run-resumed">): Promise<RunState> {
  const { run, archive, clock } = parts;
  const left = await readAgain(run, archive, clock.now());
  // Somebody else may have gone on with the run since this was asked before.
  const refusal = accepted === undefined ? meanwhile(left, parts) : acceptRefusal(left, accepted);
  if (refusal !== null) throw new FaultError(refusal);
  const { plan } = left;
  const proven = await voidUnproven(parts, { ...left, plan: { ...plan, policies: policies ?? plan.policies } });
  return openLetters(parts, proven);
}

/** Whether somebody has let the run go on with another runbook since ours was read. */
function meanwhile({ run, plan }: RunState, { loaded }: RunParts): Fault | null {
  if (plan.runbook.digest === loaded.digest) return null;
  const message = `somebody else has meanwhile accepted another runbook in run ${run}`;
  return { kind: "usage", message, hint: `\`runbook resume ${run}\` once more says what has changed` };
}

/** What a run that cannot be recorded any more leaves behind: fixes that began and did not get to a recorded end. */
function begun(state: RunState): Fault[] {
  const steps = [...state.hosts.values()].flatMap((host) =>
    host.steps
      .filter((step) => step.fixes.length > 0 && step.end === null)
      .map((step) => `${host.host} (${step.plan.id}) ${fixWords(step)}`),
  );
  if (steps.length === 0) return [];
  const message = `the run stopped here; fixes had begun, and how they ended is not on record: ${steps.join("; ")}`;
  const hint = `look at these hosts first; \`runbook resume ${state.run}\` does not begin their fixes again`;
  return [{ kind: "journal", message, hint }];
}

/** What came of a step's fix, as far as it was seen. */
function fixWords(step: StepState): string {
  const { fixes, rollback } = step;
  const last = fixes.at(-1);
  if (armed(step)) return "is undone by its host, unless it was told not to";
  if (rollback !== null) return rollback.end === "done" ? "was rolled back" : "has a rollback whose end is not known";
  switch (last?.end) {
    case "done":
      return "ended well, and was not verified";
    case "failed":
    case "timed-out":
    case "refused":
      return `failed: ${last.reason}`;
    case "over":
      return last.reason;
    case "running":
    case "lost":
    case undefined:
      return "may still be at work: its end is not known";
  }
}

function workOf(
  parts: RunParts,
  fleet: Fleet,
  controller: Fleet,
  recorder: Recorder,
  orders: Pick<Work, "stopping" | "killing">,
): Work {
  const { run, desk, first } = parts;
  const { by, machine = "?" } = first.type === "run-started" ? first.plan : first;
  const hosts = new Map(parts.hosts.map((host) => [host.name, host]));
  const hidden = (text: string): string => mask(text, parts.secrets);
  return {
    run,
    loaded: parts.loaded,
    fleet,
    controller,
    clock: parts.clock,
    secrets: parts.secrets,
    leaving: parts.leaving,
    ...orders,
    killedBy: () => recorder.state.killedBy ?? "somebody",
    job: (host, step, ordinal) => {
      // There are none on Windows: what writes there runs in a session of ours.
      const away = parts.loaded.runbook.steps.find(({ id }) => id === step.plan.id)?.on === "controller";
      if (!parts.jobs || (!away && hosts.get(host)?.windows !== undefined)) return null;
      const secret = [...(parts.values.get(host)?.values() ?? [])].some((value) => value instanceof Secret);
      const place = recorder.state.plan.hosts.indexOf(host) + 1;
      return { secret, name: jobName(run, place, `${step.plan.id}.${ordinal}.${randomBytes(6).toString("hex")}`) };
    },
    locks: {
      held: new Map(),
      since: new Map(),
      claim: (host) => ({ run, place: recorder.state.plan.hosts.indexOf(host) + 1, by: `${by}@${machine}` }),
    },
    claim: (place) => desk.claim({ run, ...place }, { over: recorder.state.plan.attended }),
    ahead: looksAhead(parts.clock),
    seq: () => recorder.state.seq,
    script: scribe(run, parts.loaded, recorder.state.plan.hosts, hosts, parts.values, parts.become),
    input: (host, name) => parts.values.get(host)?.get(name),
    hostOf: (name) => {
      const host = hosts.get(name);
      if (host === undefined) throw new Error(`no host ${name} in this run`);
      return host;
    },
    maskFault: (fault) => ({ ...fault, message: hidden(fault.message) }),
    output: (host, step, stream, text) => recorder.output(host, step, stream, text),
  };
}
