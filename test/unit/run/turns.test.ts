import { describe, expect, it } from "vitest";
import type { Clock } from "../../../src/run/ports.ts";
import { systemClock } from "../../../src/run/clock.ts";
import { ASIDE, ownTurns, sharedTurns, type Place } from "../../../src/run/turns.ts";

/** All that can happen without time passing has happened. */
async function calm(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}

/** A stand-in for a clock: whoever sleeps is woken when it rings. */
function alarmClock(): Clock & { readonly ring: () => Promise<void> } {
  const sleepers = new Set<() => void>();
  return {
    now: () => 0,
    sleep: (_, signal) =>
      new Promise((wake, reject) => {
        sleepers.add(wake);
        signal?.addEventListener("abort", () => {
          sleepers.delete(wake);
          reject(new Error("aborted"));
        });
      }),
    async ring() {
      await calm();
      for (const wake of sleepers) wake();
      sleepers.clear();
      await calm();
    },
  };
}

/** Hosts that wait for an answer from afar, and then work; `work` has those that are at work. */
function fleet() {
  const answers = new Map<string, () => void>();
  const ends = new Map<string, () => void>();
  const asked: string[] = [];
  const work = new Set<string>();
  const turn =
    (host: string) =>
    async (place: Place): Promise<void> => {
      asked.push(host);
      await place.waitFor(new Promise<void>((answer) => answers.set(host, answer)));
      await place.take();
      work.add(host);
      await new Promise<void>((end) => ends.set(host, end));
      work.delete(host);
    };
  return { turn, asked, working: () => [...work], answers, ends };
}

describe("a host that does not answer", () => {
  it("takes no other's place once a second has passed, and has one again before it goes on", async () => {
    const clock = alarmClock();
    const turns = ownTurns(1, clock);
    const { turn, asked, working, answers, ends } = fleet();
    const all = ["dead", "well"].map((host) => turns.add(host, turn(host)));
    await calm();
    expect(asked).toEqual(["dead"]);
    await clock.ring();
    expect(asked).toEqual(["dead", "well"]);
    answers.get("well")?.();
    await calm();
    expect(working()).toEqual(["well"]);
    answers.get("dead")?.();
    await calm();
    expect(working()).toEqual(["well"]);
    ends.get("well")?.();
    await calm();
    expect(working()).toEqual(["dead"]);
    ends.get("dead")?.();
    await Promise.all(all);
  });

  it("keeps its place where the answer comes at once, and then goes before those that have had none", async () => {
    const clock = alarmClock();
    const turns = ownTurns(1, clock);
    const { turn, asked, working, answers, ends } = fleet();
    const all = ["slow", "first", "last"].map((host) => turns.add(host, turn(host)));
    await clock.ring();
    answers.get("first")?.();
    answers.get("slow")?.();
    await clock.ring();
    expect([asked, working()]).toEqual([["slow", "first"], ["first"]]);
    ends.get("first")?.();
    await calm();
    expect([asked, working()]).toEqual([["slow", "first"], ["slow"]]);
    ends.get("slow")?.();
    await calm();
    answers.get("last")?.();
    await calm();
    ends.get("last")?.();
    await Promise.all(all);
  });

  it("is one of so many at most, since each has a socket open", async () => {
    const clock = alarmClock();
    const turns = ownTurns(2, clock);
    const { turn, asked } = fleet();
    const hosts = Array.from({ length: 20 }, (_, at) => `h${at}`);
    for (const host of hosts) void turns.add(host, turn(host));
    for (let second = 0; second < 20; second += 1) await clock.ring();
    expect(asked).toEqual(hosts.slice(0, 2 + 2 * ASIDE));
  });

  it("gives its place up where several runs share it, too, for all of them", async () => {
    const clock = alarmClock();
    const turns = sharedTurns(1, clock);
    const { turn, asked, working, answers, ends } = fleet();
    const all = [
      turns.add("dead", turn("dead")),
      turns.add("dead", turn("dead again")),
      turns.add("well", turn("well")),
    ];
    turns.begin();
    await clock.ring();
    expect(asked).toEqual(["dead", "well"]);
    answers.get("dead")?.();
    answers.get("well")?.();
    for (const host of ["well", "dead"]) {
      await calm();
      expect(working()).toEqual([host]);
      ends.get(host)?.();
    }
    await calm();
    answers.get("dead again")?.();
    await calm();
    ends.get("dead again")?.();
    await Promise.all(all);
  });
});

describe("turns that runs share", () => {
  it("begin together; on a host they are one after the other, and no more hosts than may be are at work", async () => {
    const turns = sharedTurns(2, systemClock);
    const at = new Map<string, number>();
    const seen: string[] = [];
    const turn = (host: string, run: string) => async (): Promise<void> => {
      at.set(host, (at.get(host) ?? 0) + 1);
      seen.push(`${run} ${host}`);
      expect([...at.values()].every((each) => each <= 1)).toBe(true);
      expect([...at.values()].filter((each) => each > 0).length).toBeLessThanOrEqual(2);
      await new Promise(setImmediate);
      at.set(host, 0);
    };
    const all = ["a", "b"].flatMap((run) => ["h1", "h2", "h3"].map((host) => turns.add(host, turn(host, run))));
    await new Promise(setImmediate);
    expect(seen).toEqual([]);
    turns.begin();
    await Promise.all(all);
    expect(seen.toSorted()).toEqual(["a h1", "a h2", "a h3", "b h1", "b h2", "b h3"]);
    // A host is done with before the next one has its place.
    expect(seen.slice(-2).every((each) => each.endsWith("h3"))).toBe(true);
  });

  it("of one that fails leave the others theirs", async () => {
    const turns = sharedTurns(1, systemClock);
    const bad = turns.add("h1", () => Promise.reject(new Error("broken")));
    const good = turns.add("h1", () => Promise.resolve());
    turns.begin();
    await expect(bad).rejects.toThrow("broken");
    await good;
  });
});
