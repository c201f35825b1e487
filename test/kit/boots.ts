import type { Event } from "../../src/model/event.ts";
import type { Books, Promise } from "./promises.ts";

/** What is known of boots, from the events alone. */
export type Boots = {
  /** Host → the boot that was seen last. */
  readonly boot: Map<string, string | null>;
  /** Hosts whose facts are known; and of these, those that were booted since. */
  readonly known: Set<string>;
  readonly stale: Set<string>;
  /** Host and step that were looked at since the last boot. */
  readonly seen: Set<string>;
  /** Host and step → the boot in which its host was told to reboot. */
  readonly told: Map<string, string>;
};

/** Nothing is known yet. */
export function noBoots(): Boots {
  return { boot: new Map(), known: new Set(), stale: new Set(), seen: new Set(), told: new Map() };
}

/** What must hold of a reboot, and of what comes after any boot. */
export function checkBoots(event: Event, books: Books, promise: Promise): void {
  const { boot, stale, seen, told } = books.boots;
  if (event.type === "fix-started") {
    const place = `${event.host} ${event.step}`;
    const reboots = books.plan.steps.find(({ id }) => id === event.step)?.fix?.kind === "reboot";
    promise(!reboots || (boot.get(event.host) ?? null) !== null, "a host without a boot id is not rebooted");
    promise(!reboots || event.key === null, "a host is rebooted whole");
    promise(seen.has(place), "what was seen before a boot starts no fix");
    promise(!stale.has(event.host), "no fix is given facts of another boot");
  }
  if (event.type === "rebooted") {
    const before = told.get(`${event.host} ${event.step}`);
    promise(before !== undefined && before !== event.bootId, "a reboot is proven by another boot id");
  }
  if (event.type === "verified")
    promise(!stale.has(event.host), "a fix is proved with facts of the boot it is proved in");
}

/** Keeps an event that tells of a boot, of facts or of a look. */
export function keepBoots(event: Event, books: Books): void {
  const { boots } = books;
  if (event.type === "reached" || event.type === "rebooted") noteBoot(event, books);
  if (event.type === "facts-read") {
    boots.known.add(event.host);
    boots.stale.delete(event.host);
  }
  if (event.type === "detected") boots.seen.add(`${event.host} ${event.step}`);
  if (event.type === "fix-started") boots.told.set(`${event.host} ${event.step}`, boots.boot.get(event.host) ?? "");
}

/** Another boot of a host is one for every name of its machine that was in the same boot. */
function noteBoot({ host, bootId }: { host: string; bootId: string | null }, books: Books): void {
  const { boot, known, stale, seen } = books.boots;
  const before = boot.get(host);
  const machine = books.machines.get(host);
  boot.set(host, bootId);
  if (before === undefined || before === bootId) return;
  for (const name of books.plan.hosts) {
    const twin = before !== null && books.machines.get(name) === machine && boot.get(name) === before;
    if (name !== host && !twin) continue;
    boot.set(name, bootId);
    if (known.has(name) && books.plan.facts.length > 0) stale.add(name);
    for (const { id } of books.plan.steps) seen.delete(`${name} ${id}`);
  }
}
