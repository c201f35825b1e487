import { evolve } from "../../src/engine/evolve.ts";
import { waiting } from "../../src/engine/outcome.ts";
import { gate } from "../../src/engine/rollout.ts";
import type { RunState } from "../../src/engine/state.ts";
import { todo, type Intent } from "../../src/engine/todo.ts";
import type { Entry, Event, RunPlan } from "../../src/model/event.ts";
import { answersTo, luckOf, type Luck, type Temper } from "./answers.ts";

/** How one simulation goes: the same disposition gives the same run. */
export type Disposition = {
  readonly seed: number;
  readonly temper: Temper;
  /** Chance, at each move, that a person answers a card at once, and that an answer is yes. */
  readonly eager: number;
  readonly yes: number;
  /** Answers that people give before they leave. */
  readonly patience: number;
  /** Chance, at each move, that somebody stops the run. */
  readonly stopping: number;
};

/** A run that came to its end in a made-up world. */
export type Simulated = {
  readonly state: RunState;
  readonly entries: readonly Entry[];
  /** Every intent the engine gave, in order. */
  readonly intents: readonly Intent[];
};

/** More intents than this for one step of one host: the engine goes round in circles. */
const MOST_INTENTS = 300;

/**
 * Carries a run on until nothing can be done any more, the hosts interleaved by chance; `before` is the record to go on from.
 * Throws when there is no end to it.
 */
export function simulate(plan: RunPlan, disposition: Disposition, before: readonly Entry[] = []): Simulated {
  const luck = luckOf(disposition.seed);
  const run = recordOf(plan, luck, before);
  const underWay = new Map<string, Event[]>();
  const intents: Intent[] = [];
  const most = MOST_INTENTS * plan.hosts.length * plan.steps.length;
  let patience = disposition.patience;

  const answer = (): boolean => {
    const event = patience > 0 ? answerOf(run.state(), luck, luck() < disposition.yes) : null;
    if (event === null) return false;
    patience -= 1;
    run.add(event);
    return true;
  };

  /** The next event of what is under way on the host, or a new intent. */
  const move = (host: string): void => {
    const events = underWay.get(host);
    if (events === undefined) {
      const next = todo(run.state(), host, run.now());
      if (next.kind === "wait" || next.kind === "done") return;
      intents.push(next);
      underWay.set(host, answersTo(next, run.state(), disposition.temper, luck));
      return;
    }
    const event = events.shift();
    if (event === undefined || !stillHolds(run.state(), event)) underWay.delete(host);
    else run.add(event);
  };

  while (intents.length <= most) {
    if (luck() < disposition.stopping && run.state().stop === null) run.add({ type: "stop-requested", by: "ada" });
    if (luck() < disposition.eager) answer();
    const ready = plan.hosts.filter((host) => underWay.has(host) || canMove(run.state(), host, run.now()));
    const host = oneOf(ready, luck);
    if (host !== undefined) move(host);
    else if (!run.skipToNextTime() && !answer()) return { state: run.state(), entries: run.entries, intents };
  }
  throw new Error(`no end after ${most} intents; the last: ${JSON.stringify(intents.slice(-12))}`);
}

type Record = {
  readonly entries: Entry[];
  state(): RunState;
  now(): number;
  add(event: Event): void;
  /** Lets time pass until the first host that waits for it may go on; false when none does. */
  skipToNextTime(): boolean;
};

function recordOf(plan: RunPlan, luck: Luck, before: readonly Entry[]): Record {
  const entries: Entry[] = [];
  let state: RunState | null = null;
  let now = 1_000_000;
  const put = (entry: Entry): void => {
    state = evolve(state, entry);
    entries.push(entry);
    now = Math.max(now, entry.at);
  };
  const current = (): RunState => {
    if (state === null) throw new Error("the run has not started");
    return state;
  };
  const add = (event: Event): void => {
    now += passing(luck);
    put({ run: "r1", seq: entries.length + 1, at: now, event });
  };
  for (const entry of before) put(entry);
  if (state === null) add({ type: "run-started", format: 1, plan });
  return {
    entries,
    state: current,
    now: () => now,
    add,
    skipToNextTime: () => {
      const times = plan.hosts.flatMap((host) => {
        const next = todo(current(), host, now);
        return next.kind === "wait" && next.for === "time" ? [next.until] : [];
      });
      if (times.length === 0) return false;
      now = Math.min(...times);
      return true;
    },
  };
}

/** Mostly moments, sometimes none at all, now and then longer than evidence stays fresh. In ms. */
function passing(luck: Luck): number {
  const kind = luck();
  if (kind < 0.3) return 0;
  return kind < 0.9 ? Math.floor(luck() * 2000) : 100_000;
}

function canMove(state: RunState, host: string, now: number): boolean {
  const next = todo(state, host, now);
  return next.kind !== "wait" && next.kind !== "done";
}

/** What the loop over hosts checks again right before it records. */
function stillHolds(state: RunState, event: Event): boolean {
  if (event.type !== "admitted" && event.type !== "fix-started") return true;
  const host = state.hosts.get(event.host);
  if (host === undefined) return false;
  const passage = gate(state, host);
  return event.type === "admitted" ? passage.kind === "enter" && passage.batch === event.batch : passage.kind === "go";
}

/** A person's answer to one of the open cards; null when none is open. */
function answerOf(state: RunState, luck: Luck, yes: boolean): Event | null {
  const open = [...state.hosts.values()].flatMap((host) =>
    host.steps
      .filter(waiting)
      .map((step) => ({ host: host.host, step: step.plan.id, digest: step.asked?.digest ?? "" })),
  );
  const card = oneOf(open, luck);
  if (card === undefined) return null;
  return yes ? { type: "approved", ...card, by: "ada" } : { type: "denied", ...card, by: "ada", reason: "not now" };
}

function oneOf<T>(values: readonly T[], luck: Luck): T | undefined {
  return values[Math.floor(luck() * values.length)];
}
