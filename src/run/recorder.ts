import { evolve } from "../engine/evolve.ts";
import type { RunState } from "../engine/state.ts";
import type { Entry, Event } from "../model/event.ts";
import type { Clock, Journal, Watcher } from "./ports.ts";

/**
 * The one writer of a run. The state moves on as soon as an event has its number, so that no two decisions are made on the same ground;
 * but nobody is told, and nothing is done because of it, before it is durable. What is lost with the journal's tail was never acted on.
 */
export class Recorder {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #watchers: readonly Watcher[];
  readonly #run: string;
  #state: RunState | null = null;

  constructor(
    run: string,
    journal: Journal,
    clock: Clock,
    watchers: readonly Watcher[],
    state: RunState | null = null,
  ) {
    this.#run = run;
    this.#journal = journal;
    this.#clock = clock;
    this.#watchers = watchers;
    this.#state = state;
  }

  /** The state after every event recorded so far; reading it before the first is a bug. */
  get state(): RunState {
    if (this.#state === null) throw new Error("the run has not started");
    return this.#state;
  }

  /** Gives the event its place, makes it durable, then tells the watchers. Rejects when the journal cannot be written. */
  async record(event: Event): Promise<void> {
    const entry: Entry = { run: this.#run, seq: (this.#state?.seq ?? 0) + 1, at: this.#clock.now(), event };
    this.#state = evolve(this.#state, entry);
    await this.#journal.append([entry]);
    for (const watcher of this.#watchers) watcher.entry(entry);
  }

  /** Live output of a script, for those who show it; not on record. */
  output(host: string, step: string | null, stream: "stdout" | "stderr", text: string): void {
    for (const watcher of this.#watchers) watcher.output?.(host, step, stream, text);
  }
}
