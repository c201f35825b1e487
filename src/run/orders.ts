import type { RunState } from "../engine/state.ts";
import type { EventOf } from "../model/event.ts";
import type { Desk } from "./ports.ts";
import type { LiveRun } from "./run.ts";

/** What it takes to obey what is ordered of a live run. */
export type OrderParts = {
  readonly run: string;
  readonly desk: Pick<Desk, "orders">;
  readonly live: Pick<LiveRun, "wish" | "stop" | "recorded">;
  readonly state: () => RunState;
};

/** Looks once at what is ordered of a live run, and puts on its record what it does not know yet. */
export async function obey({ run, desk, live, state }: OrderParts): Promise<void> {
  const { freeze, stop } = await desk.orders.of(run);
  const { frozen } = state();
  if (freeze !== null && freeze.liftedBy === null) {
    const { by, since, reason } = freeze;
    if (frozen?.since !== since) live.wish({ kind: "freeze", freeze: { by, since, reason } });
  } else if (frozen !== null) {
    live.wish({ kind: "unfreeze", by: freeze?.liftedBy ?? "somebody" });
  }
  if (stop === null) return;
  live.stop(stop.by, stop.kill);
  // Whoever asked is told that it is so once nothing can take it back.
  await live.recorded();
  await desk.orders.stopped(run);
}

/** What holds before a run does anything: the freeze in force, as an event. What was asked of a process before this one is void. */
export async function standingOrders(run: string, { orders }: Pick<Desk, "orders">): Promise<EventOf<"frozen"> | null> {
  await orders.stopped(run);
  const frozen = await orders.frozen();
  return frozen === null ? null : { type: "frozen", ...frozen };
}
