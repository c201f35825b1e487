import type { HostState, StepState } from "../engine/state.ts";
import { duration } from "../view/words.ts";
import type { Event } from "../model/event.ts";
import { isFault } from "../model/fault.ts";
import { fleetFor, type Work } from "./work.ts";
import { reached } from "./reached.ts";

/** A host that was told to reboot. Times are ms since the epoch. */
export type Awaited = {
  /** Its boot id then. */
  readonly before: string;
  readonly startedAt: number;
  readonly until: number;
  /** Why it may not have taken the order; empty: it took it, as far as is known. */
  readonly said: string;
  /** The connection was lost while the order was given. */
  readonly lost: boolean;
  /** The one who gave the order waits; else somebody who comes later, and has seen nothing so far. */
  readonly watched: boolean;
};

/** What became of the host. `left`: nobody waited for it any longer. */
export type Boot =
  | { readonly kind: "booted"; readonly bootId: string; readonly kernel: string }
  | { readonly kind: "stayed" | "away" | "same" | "stranger"; readonly reason: string }
  | { readonly kind: "left" };

/** ms between two tries to log in, doubling; and after one that was refused, as of users while a host comes up, since some hosts count these. */
const PAUSE = { first: 250, most: 5_000, refused: 15_000 };

/**
 * Waits until the host has another boot id and tells its kernel, or the time is up. A login that is still there, or comes back with the same boot id, is
 * no end: services go one after the other while a host goes down. Another host key, or another machine, is one.
 */
export async function* awaitBoot(
  host: HostState,
  step: StepState,
  wait: Awaited,
  kernelNow: () => Promise<{ readonly kernel: string } | { readonly unknown: string }>,
  work: Work,
): AsyncGenerator<Event, Boot> {
  const { fleet, machineId } = fleetFor(host, step, work);
  let { lost } = wait;
  for (let pause = PAUSE.first, first = true; ; pause = Math.min(PAUSE.most, 2 * pause), first = false) {
    const began = work.clock.now();
    const known = fleet.has(host.host);
    if (!known && (wait.watched || !first)) lost = true;
    const made = await fleet.connect(work.hostOf(host.host), machineId, work.leaving);
    if (work.leaving.aborted) return { kind: "left" };
    if (isFault(made) && made.kind === "host-key") {
      const { message, hint } = work.maskFault(made);
      return { kind: "stranger", reason: hint === undefined ? message : `${message}; ${hint}` };
    }
    let why = isFault(made) ? work.maskFault(made).message : "";
    if (!isFault(made)) {
      if (!known) yield reached(host.host, made, work.clock.now() - began);
      const { bootId } = made.identity;
      if (bootId !== null && bootId !== wait.before) {
        const told = await kernelNow();
        if ("kernel" in told) return { kind: "booted", bootId, kernel: told.kernel };
        why = told.unknown;
      }
    }
    const left = wait.until - work.clock.now();
    if (left <= 0) {
      // A login may seem to be there for a while though its host has gone without a word.
      const there = why === "" ? await kernelNow() : { unknown: why };
      if (work.leaving.aborted) return { kind: "left" };
      const now = work.clock.now();
      return "unknown" in there ? notBack(wait, there.unknown, now) : unchanged(wait, lost, now);
    }
    const refused = isFault(made) && made.kind === "auth";
    await work.clock.sleep(Math.min(refused ? PAUSE.refused : pause, left), work.leaving).catch(() => undefined);
  }
}

/** How long the host was waited for; whoever comes later tells how long ago the order was. */
function timeOf({ startedAt, until }: Awaited, now: number): string {
  return duration(Math.max(until - startedAt, Math.floor((now - startedAt) / 60_000) * 60_000) / 1000);
}

function notBack(wait: Awaited, why: string, now: number): Boot {
  const time = timeOf(wait, now);
  const reason = `it did not come back within ${time} (${why}); look at its console: it is looked for again when the run is resumed`;
  return { kind: "away", reason };
}

function unchanged(wait: Awaited, lost: boolean, now: number): Boot {
  const time = timeOf(wait, now);
  if (lost) {
    const reason = `it came back the same: the connection was lost, but after ${time} the boot id is the one of before; see in its log what was restarted instead`;
    return { kind: "same", reason };
  }
  const seen = wait.watched
    ? `it did not go down within ${time}`
    : `it did not go down: ${time} after the order the boot id is the one of before`;
  const said = wait.said === "" ? "" : `, since ${wait.said}`;
  return { kind: "stayed", reason: `${seen}${said}; see what holds it up before it is told again` };
}
