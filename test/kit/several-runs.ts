import * as fc from "fast-check";
import type { Event } from "../../src/model/event.ts";
import type { Sighting } from "../../src/model/sighting.ts";
import type { Books, Promise } from "./promises.ts";

/** What a run has seen of a place: which keys were missing in one of its looks, and what the last one was like. */
type Seen = {
  readonly missed: Set<string>;
  readonly keys: readonly string[];
  readonly at: number;
  readonly anew: boolean;
};

const seen = new WeakMap<Books, Map<string, Seen>>();
const NOTHING: Seen = { missed: new Set(), keys: [], at: 0, anew: false };

/** Keeps what is seen, with every key of the plan that a look was without. */
export function noteSeen(books: Books, event: Event, at: number): void {
  const places = seen.get(books) ?? new Map<string, Seen>();
  seen.set(books, places);
  if (event.type === "run-resumed" && event.accepted !== undefined) {
    const { accepted } = event;
    const another = accepted.plan.runbook.digest !== books.plan.runbook.digest;
    for (const host of books.plan.hosts.filter((name) => another || accepted.moved.includes(name)))
      for (const { id } of books.plan.steps) places.set(`${host} ${id}`, { ...NOTHING, anew: true });
  }
  if (event.type !== "detected") return;
  const place = `${event.host} ${event.step}`;
  const before = places.get(place) ?? NOTHING;
  const keys = event.findings.map(({ key }) => key);
  const known = (books.plan.sightings ?? []).flatMap((look) => look.keys);
  const missed = new Set([...before.missed, ...known.filter((key) => !keys.includes(key))]);
  places.set(place, { ...before, missed, keys, at });
}

/** What too few runs in a row have found is neither asked about nor fixed; told from the plan and the events alone. */
export function checkSeveralRuns(event: Event, books: Books, promise: Promise): void {
  if (event.type !== "asked" && event.type !== "approved" && event.type !== "fix-started") return;
  const needed = books.plan.steps.find(({ id }) => id === event.step)?.confirm.runs;
  if (needed === undefined) return;
  const last = seen.get(books)?.get(`${event.host} ${event.step}`) ?? NOTHING;
  // A change that was accepted asks something else, or keeps what has begun as it was: then nothing is told here.
  if (last.anew) return;
  const enough = (key: string): boolean => runs(books, event, key, last, needed.apart) >= needed.times;
  promise(last.keys.some(enough), "what too few runs have found is not asked about, approved or fixed");
  if (event.type !== "fix-started" || event.key === null) return;
  promise(enough(event.key), "each fix is for what enough runs have found");
}

function runs(books: Books, at: { host: string; step: string }, key: string, last: Seen, apart: number): number {
  if (!last.keys.includes(key)) return 0;
  if (last.missed.has(key)) return 1;
  const looks = (books.plan.sightings ?? []).filter((look) => look.host === at.host && look.step === at.step);
  const stranger = looks.findIndex((look) => look.machine !== (books.machines.get(at.host) ?? null));
  const own = stranger === -1 ? looks : looks.slice(0, stranger);
  const gap = own.findIndex((look) => !look.keys.includes(key));
  const times = (gap === -1 ? own : own.slice(0, gap)).map((look) => look.at);
  // The most looks that can be chosen so that each is far enough from the next.
  const best = (from: number, rest: readonly number[]): number =>
    Math.max(0, ...rest.map((time, index) => (from - time < apart * 1000 ? 0 : 1 + best(time, rest.slice(index + 1)))));
  return 1 + best(last.at, times);
}

const KEYS = ["k0", "k1", "k2"];

/** Earlier looks at a place, newest first; mostly of the machine that a host of a simulation is, which may be one that others are, too. */
const looks = fc.array(
  fc.record({
    ago: fc.integer({ min: 1, max: 200_000 }),
    machine: fc.constantFrom("own", "own", "own", "own", "shared", "other"),
    keys: fc.constantFrom(KEYS, KEYS, ["k0", "k1"], ["k2"], []),
  }),
  { minLength: 1, maxLength: 4 },
);

/** What runs before a simulated one, which begins at 1000 s, found on up to six hosts at up to three steps. */
export const anySightings: fc.Arbitrary<Sighting[]> = fc.array(looks, { minLength: 18, maxLength: 18 }).map((places) =>
  places.flatMap((some, place) => {
    const host = `host${(place % 6) + 1}`;
    const step = `step-${Math.floor(place / 6) + 1}`;
    const sorted = some.toSorted((a, b) => a.ago - b.ago);
    return sorted.map(({ ago, machine, keys }, at) => {
      const own = machine === "own" ? host : machine;
      return { host, step, run: `r0-${at}`, at: 1_000_000 - ago, machine: own, keys: [...keys] };
    });
  }),
);
