import * as fc from "fast-check";
import type { Entry, Event } from "../../src/model/event.ts";
import type { PastFix } from "../../src/model/past.ts";
import type { Restraints } from "../../src/model/scheduled.ts";
import type { FixedHost } from "../../src/schedule/restraint.ts";

/** Simulations begin then: on a Thursday, 1000 s after midnight by UTC. */
const BEGIN = 1_000_000;

const window = fc
  .record({ from: fc.constantFrom(0, 16, 17, 20, 40), minutes: fc.constantFrom(1, 3, 30, 1000) })
  .map(({ from, minutes }) => ({ days: [4], from, to: from + minutes, zone: "UTC" }));
const blackout = fc.constantFrom("1969-12-31", "1970-01-01", "1970-01-02").map((day) => ({
  from: day,
  to: day,
  reason: null,
}));

/** What a schedule may restrain, around the time and the hosts of a simulation. */
export const anyRestraints: fc.Arbitrary<Restraints> = fc.record({
  where: fc.constant("schedules.yml:3"),
  zone: fc.constant("UTC"),
  windows: fc.oneof(fc.constant<Restraints["windows"]>([]), fc.array(window, { minLength: 1, maxLength: 2 })),
  blackouts: fc.oneof(
    { weight: 4, arbitrary: fc.constant<Restraints["blackouts"]>([]) },
    fc.array(blackout, { minLength: 1, maxLength: 2 }),
  ),
  until: fc.constantFrom(null, null, BEGIN + 20_000, BEGIN + 200_000),
  maxHosts: fc.constantFrom(0, 1, 2, 10, 10),
  stopAfter: fc.record({ fixes: fc.integer({ min: 1, max: 3 }), within: fc.constantFrom(30, 3600) }),
});

const name = fc.integer({ min: 1, max: 6 }).map((at) => `host${at}`);
const ago = fc.constantFrom(0, 1000, 10_000, 500_000, 4_000_000);

/** Hosts that other runs of the schedule fixed, today and before. */
export const anyFixed: fc.Arbitrary<FixedHost[]> = fc.array(
  fc.record({ host: name, run: fc.constant("r0"), at: ago.map((ms) => BEGIN - ms) }),
  { maxLength: 3 },
);

/** Earlier fixes of the steps that a simulation has. */
export const anyPast: fc.Arbitrary<PastFix[]> = fc.array(
  fc
    .record({
      host: name,
      step: fc.constantFrom("step-1", "step-2"),
      ago,
    })
    .map(({ ago: ms, ...place }) => ({ ...place, run: "r0", at: BEGIN - ms, outcome: "fixed" as const })),
  { maxLength: 6 },
);

type Began = Extract<Event, { type: "fix-started" }>;
type Place = { readonly host: string; readonly step: string | null };
type World = {
  readonly restraints: Restraints;
  readonly fixed: readonly FixedHost[];
  readonly past: readonly PastFix[];
};

/** Whether a schedule lets no fix start at a moment; told from the restraints, by clocks of its own. */
export function isShut({ windows, blackouts, until }: Restraints, now: number): boolean {
  const date = new Date(now);
  const minute = date.getUTCHours() * 60 + date.getUTCMinutes();
  const today = date.toISOString().slice(0, 10);
  const open =
    windows.length === 0 ||
    windows.some(({ days, from, to }) => days.includes(date.getUTCDay()) && from <= minute && minute < to);
  return !open || blackouts.some(({ from, to }) => from <= today && today <= to) || (until !== null && now >= until);
}

/** What a schedule promises of the fixes in its runs, told from the entries alone; of the first `known` that is told elsewhere. Throws where one is broken. */
export function keepsToSchedule(entries: readonly Entry[], { restraints, fixed, past }: World, known = 0): void {
  const { stopAfter, maxHosts } = restraints;
  const others = new Set(fixed.filter(({ at }) => at >= 0).map(({ host }) => host));
  const began: { readonly event: Began; readonly at: number }[] = [];
  const proved: { readonly event: Place; readonly at: number }[] = [];
  const auto = new Map<string, boolean>();
  for (const entry of entries) {
    const { event, at } = entry;
    if (event.type === "approved") auto.set(`${event.host} ${event.step}`, event.auto === true);
    if (event.type === "locked-out") {
      const last = began.findLastIndex((one) => one.event.host === event.host && one.event.step === event.step);
      const announced = began[last];
      if (announced !== undefined && announced.at <= at && !isOver(entries, announced.event, entry))
        began.splice(last, 1);
    }
    if (event.type === "verified") proved.push({ event, at });
    if (event.type !== "fix-started") continue;
    const place = `${event.host} ${event.step}`;
    if (entry.seq <= known) {
      began.push({ event, at });
      continue;
    }
    promise(!isShut(restraints, at), "no fix starts outside the hours, in a blackout, or after the deadline", entry);
    const hosts = new Set([event.host, ...began.map((one) => one.event.host)]);
    const more = [...hosts].filter((host) => !others.has(host)).length;
    promise(more <= Math.max(0, maxHosts - others.size), "no more hosts a day are fixed than the schedule says", entry);
    const since = at - stopAfter.within * 1000;
    const times = [...proved.map((one) => ({ ...one.event, at: one.at })), ...past].filter(
      (one) => samePlace(one, event) && one.at > since,
    );
    const often = times.length >= stopAfter.fixes;
    promise(!often || auto.get(place) !== true, "what keeps coming back is not fixed without a person", entry);
    began.push({ event, at });
  }
}

function promise(kept: boolean, text: string, entry: Entry): void {
  if (!kept) throw new Error(`broken: ${text}\n${JSON.stringify(entry)}`);
}

function samePlace(one: Place, other: Place): boolean {
  return one.host === other.host && one.step === other.step;
}

/** Whether a fix is known to have ended before an entry. */
function isOver(entries: readonly Entry[], fix: Began, before: Entry): boolean {
  const from = entries.findIndex(({ event }) => event === fix);
  const ends = new Set(["fix-finished", "fix-lost", "fix-refused", "rebooted", "reboot-failed"]);
  return entries
    .slice(from, entries.indexOf(before))
    .some(({ event }) => ends.has(event.type) && "step" in event && "host" in event && samePlace(event, fix));
}
