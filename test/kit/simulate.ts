import { ruleOn } from "../../src/engine/decision.ts";
import { evolve } from "../../src/engine/evolve.ts";
import { waiting } from "../../src/engine/outcome.ts";
import { stillHolds } from "../../src/engine/recheck.ts";
import type { RunState } from "../../src/engine/state.ts";
import { todo, type Intent } from "../../src/engine/todo.ts";
import type { Entry, Event } from "../../src/model/event.ts";
import type { RunPlan } from "../../src/model/plan.ts";
import type { Wish } from "../../src/run/ports.ts";
import { eventOf } from "../../src/run/wishes.ts";
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
  /** Chance, at each move, that somebody pauses it, freezes all, skips a host or waives a finding. */
  readonly meddling: number;
};

/** A run that came to its end in a made-up world. */
export type Simulated = {
  readonly state: RunState;
  readonly entries: readonly Entry[];
  /** Every intent the engine gave, in order. */
  readonly intents: readonly Intent[];
};

/** More intents than this for one step of one host: the engine goes round in circles. */
const MOST_INTENTS = 500;

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
    const event = patience > 0 ? answerOf(run.state(), run.now(), luck, luck() < disposition.yes) : null;
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
    if (event === undefined || !stillHolds(run.state(), event, run.now())) underWay.delete(host);
    else run.add(event);
  };

  while (intents.length <= most) {
    run.pass();
    if (luck() < disposition.stopping && run.state().stop === null) run.add({ type: "stop-requested", by: "ada" });
    if (luck() < disposition.meddling) meddle(run, luck);
    if (luck() < disposition.eager) answer();
    const ready = plan.hosts.filter((host) => underWay.has(host) || canMove(run.state(), host, run.now()));
    const host = oneOf(ready, luck);
    if (host !== undefined) move(host);
    else if (run.state().paused !== null) run.add({ type: "continued", by: "ada" });
    else if (run.state().frozen !== null && plan.attended) run.add({ type: "unfrozen", by: "ada" });
    else if (!run.skipToNextTime() && !answer()) return { state: run.state(), entries: run.entries, intents };
  }
  throw new Error(`no end after ${most} intents; the last: ${JSON.stringify(intents.slice(-12))}`);
}

type Record = {
  readonly entries: Entry[];
  state(): RunState;
  now(): number;
  add(event: Event): void;
  /** Lets some time pass. */
  pass(): void;
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
    put({ run: "r1", seq: entries.length + 1, at: now, event });
  };
  for (const entry of before) put(entry);
  if (state === null) add({ type: "run-started", format: 1, plan });
  return {
    entries,
    state: current,
    now: () => now,
    add,
    pass: () => {
      now += passing(luck);
    },
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

/** Somebody does something that the engine has not asked for. */
function meddle(run: Record, luck: Luck): void {
  const state = run.state();
  const host = oneOf([...state.hosts.values()], luck);
  const step = host === undefined ? undefined : oneOf(host.steps, luck);
  const key = oneOf(step?.findings ?? [], luck)?.key ?? "";
  const by = "ada";
  const wish = oneOf<Exclude<Wish, { kind: "detach" }>>(
    [
      { kind: state.paused === null ? "pause" : "continue", by },
      state.frozen === null
        ? { kind: "freeze", freeze: { by, since: run.now(), reason: "" } }
        : { kind: "unfreeze", by },
      { kind: "skip", host: host?.host ?? "", by, reason: "" },
      {
        kind: "waive",
        host: host?.host ?? "",
        step: step?.plan.id ?? "",
        keys: [key],
        until: run.now() + 500_000,
        by,
        reason: "known",
      },
    ],
    luck,
  );
  const ruled = wish === undefined ? { refused: "" } : eventOf(state, wish, run.now());
  if ("event" in ruled) run.add(ruled.event);
}

/** One of several people answers one of the open cards, signed; null when none is open, or when it would not count. */
function answerOf(state: RunState, now: number, luck: Luck, yes: boolean): Event | null {
  const open = [...state.hosts.values()].flatMap((host) =>
    host.steps
      .filter(waiting)
      .map((step) => ({ host: host.host, step: step.plan.id, digest: step.asked?.digest ?? "" })),
  );
  const card = oneOf(open, luck);
  if (card === undefined) return null;
  const by = oneOf(["ada", "ben", "cyd"], luck) ?? "";
  const signature = { principal: by, key: `SHA256:${by}`, text: "" };
  const ruled = ruleOn(state, { ...card, verdict: yes ? "approve" : "deny", by, signature, reason: "because" }, now);
  return "event" in ruled ? ruled.event : null;
}

function oneOf<T>(values: readonly T[], luck: Luck): T | undefined {
  return values[Math.floor(luck() * values.length)];
}
