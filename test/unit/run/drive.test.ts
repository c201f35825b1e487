import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { hostVerdict, runOutcome } from "../../../src/engine/outcome.ts";
import type { RunState } from "../../../src/engine/state.ts";
import type { Entry } from "../../../src/model/event.ts";
import type { Ended, Script } from "../../../src/run/ports.ts";
import { exited, play, runbookOf } from "../../kit/stage.ts";

const runbook = (rollout: string, more = ""): string => `
name: stage
title: A problem on the stage
rollout: ${rollout}
steps:
  - id: only
    detect: { run: "echo detect-only" }
    fix: { risk: low, run: "echo fix-only", on_timeout: leave${more} }
    verify: { within: 1s }
`;

const isFix = (script: Script): boolean => script.text.includes("fix-only");
const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `h${at + 1}`);
const outcomes = (state: RunState): string[] => [...state.hosts.values()].map((host) => hostVerdict(host).outcome);
const order = (entries: readonly Entry[], ...types: string[]): string[] =>
  entries.flatMap(({ event }) =>
    types.includes(event.type) && "host" in event ? [`${event.type} ${event.host}`] : [],
  );

/** Hosts that have one problem until their fix ran. */
function sick(
  fixes: (host: string) => Ended | Promise<Ended> = () => exited(0),
): (host: string, script: Script) => Promise<Ended> {
  const cured = new Set<string>();
  return async (host, script) => {
    if (!isFix(script)) return exited(0, cured.has(host) ? "" : "a problem\n");
    const ended = await fixes(host);
    if (ended.kind === "exited" && ended.code === 0) cured.add(host);
    return ended;
  };
}

describe("batches", () => {
  test("a batch opens only when every host of the one before is verified, and its places are never given twice", async () => {
    const { state, entries } = await play({
      loaded: runbookOf(runbook("{ batches: [1, 2, 100%] }")),
      hosts: names(5),
      answer: sick(),
    });
    expect(outcomes(state)).toEqual(names(5).map(() => "fixed"));
    const seen = order(entries, "fix-started", "verified");
    const batches = [seen.slice(0, 2), seen.slice(2, 6), seen.slice(6)];
    for (const [at, size] of [1, 2, 2].entries()) {
      expect(batches[at]?.filter((each) => each.startsWith("fix-started"))).toHaveLength(size);
      expect(batches[at]?.filter((each) => each.startsWith("verified"))).toHaveLength(size);
    }
  });
});

describe("groups", () => {
  test("no more hosts of a group are being fixed at once than the runbook says, while others go on", async () => {
    const busy = new Set<string>();
    const together: string[][] = [];
    const answer = sick(async (host) => {
      busy.add(host);
      together.push([...busy]);
      await sleep(5);
      busy.delete(host);
      return exited(0);
    });
    const yarn = ["h1", "h2", "h3"];
    const { state } = await play({
      loaded: runbookOf(runbook("{ batches: [100%], groups: { yarn: 1 } }")),
      hosts: names(6),
      groups: { yarn },
      answer,
    });
    expect(outcomes(state)).toEqual(names(6).map(() => "fixed"));
    expect(Math.max(...together.map((hosts) => hosts.filter((host) => yarn.includes(host)).length))).toBe(1);
    expect(Math.max(...together.map((hosts) => hosts.length))).toBeGreaterThan(1);
  });
});

describe("budgets", () => {
  test("after the last allowed failure no fix starts, though guards were under way", async () => {
    const { state, entries } = await play({
      loaded: runbookOf(runbook("{ batches: [100%], max_failures: 1 }", ', guard: "echo guard-only"')),
      hosts: names(20),
      options: { parallel: 3 },
      answer: async (host, script) => {
        if (script.text.includes("guard-only")) await sleep(Number(host.slice(1)) * 3);
        return isFix(script)
          ? exited(3, "", "no luck\n")
          : exited(0, script.text.includes("detect-only") ? "a problem\n" : "");
      },
    });
    const failed = entries.findIndex(({ event }) => event.type === "fix-finished");
    const later = entries.slice(failed).filter(({ event }) => event.type === "fix-started");
    expect(failed).toBeGreaterThan(0);
    expect(later).toEqual([]);
    expect(outcomes(state)).toContain("failed");
    expect(outcomes(state)).toContain("found");
    // Fixes that were under way when the first one failed may fail as well, so the number is not always one.
    const reasons = new Set([...state.hosts.values()].map((host) => hostVerdict(host).reason));
    expect([...reasons].filter((reason) => /^no new fix after \d failed hosts?$/.test(reason))).not.toEqual([]);
  });

  test("more unknown hosts than max_unknown, and no fix starts anywhere", async () => {
    const refused = { kind: "unreachable", message: "refused" } as const;
    const { state, entries } = await play({
      loaded: runbookOf(runbook("{ max_unknown: 1 }")),
      hosts: names(4),
      unreachable: { h1: refused, h2: refused },
      answer: sick(),
    });
    expect(order(entries, "fix-started", "admitted")).toEqual([]);
    expect(outcomes(state)).toEqual(["unknown", "unknown", "found", "found"]);
    expect(runOutcome(state)).toBe("found");
  });
});

describe("people", () => {
  test("what comes once nothing more can be done is refused, since nobody would act upon it", async () => {
    let said: string | null = null;
    const { entries } = await play({
      loaded: runbookOf(runbook("{ batches: [100%] }")),
      hosts: names(1),
      options: { approve: "none" },
      answer: sick(),
      onEntry: ({ event }, live) => {
        if (event.type === "asked") void live.done.then(() => (said = live.wish({ kind: "pause", by: "ann" })));
      },
    });
    expect(said).toBe("the run has ended");
    expect(entries.map(({ event }) => event.type).slice(-2)).toEqual(["asked", "run-ended"]);
  });

  test("a host that waits for a person holds no slot, and the decision of another digest counts for nothing", async () => {
    const { state, entries } = await play({
      loaded: runbookOf(runbook("{ batches: [100%] }")),
      hosts: names(3),
      options: { parallel: 1, approve: "none", attended: true },
      answer: sick(),
      onEntry: ({ event }, live) => {
        if (event.type !== "asked") return;
        const { host, step, digest } = event;
        live.wish({ kind: "decide", decision: { host, step, digest: "another", verdict: "approve", by: "mallory" } });
        const verdict = host === "h2" ? "deny" : "approve";
        live.wish({ kind: "decide", decision: { host, step, digest, verdict, by: "ann", reason: "later" } });
        live.wish({ kind: "decide", decision: { host, step, digest, verdict: "approve", by: "too-late" } });
      },
    });
    expect(outcomes(state)).toEqual(["fixed", "found", "fixed"]);
    const by = entries.flatMap(({ event }) => ("by" in event && event.type !== "stop-requested" ? [event.by] : []));
    expect(by).toEqual(["ann", "ann", "ann"]);
    expect([...state.hosts.values()].map((host) => hostVerdict(host).reason)).toEqual(["", "denied by ann: later", ""]);
  });

  test("with nobody to ask, the run ends and what needs an approval waits", async () => {
    const { state, entries } = await play({
      loaded: runbookOf(runbook("{ batches: [100%] }")),
      hosts: names(2),
      options: { approve: "none" },
      answer: sick(),
    });
    expect(outcomes(state)).toEqual(["waiting", "waiting"]);
    expect(order(entries, "fix-started")).toEqual([]);
    expect(entries.at(-1)?.event).toMatchObject({ type: "run-ended", outcome: "waiting" });
  });

  test("a dry run sends nothing that writes, whatever is approved", async () => {
    const sent: Script[] = [];
    const { state, entries } = await play({
      loaded: runbookOf(runbook("{ batches: [100%] }", ', preview: "echo preview-only"')),
      hosts: names(2),
      options: { dryRun: true },
      answer: (_, script) => {
        sent.push(script);
        return exited(0, "a problem\n");
      },
    });
    expect(outcomes(state)).toEqual(["found", "found"]);
    expect(sent.some((script) => script.text.includes("preview-only"))).toBe(true);
    const told = entries.flatMap(({ event }) => (event.type === "previewed" ? [event.keys] : []));
    expect(told).toEqual(order(entries, "detected").map(() => ['["a problem"]']));
    expect(sent.filter((script) => isFix(script) || script.late !== "end")).toEqual([]);
  });
});

describe("two names of one machine", () => {
  const loaded = runbookOf(runbook("{ batches: [100%], max_failures: 9 }"));

  test("are fixed one after the other, and the second is looked at again: nothing is fixed twice", async () => {
    let cured = false;
    const answer = async (_: string, script: Script): Promise<Ended> => {
      if (!isFix(script)) return exited(0, cured ? "" : "a problem\n");
      await sleep(20);
      cured = true;
      return exited(0);
    };
    const { state, entries } = await play({ loaded, hosts: names(2), machine: () => "m", answer });
    expect(order(entries, "fix-started")).toHaveLength(1);
    expect(outcomes(state).toSorted()).toEqual(["clear", "fixed"]);
  });

  test("are not fixed by the second name while the fix by the first is in doubt", async () => {
    const lost: Ended = { kind: "lost", reason: "cut", stdout: empty(), stderr: empty(), ms: 1 };
    const { state, entries } = await play({ loaded, hosts: names(2), machine: () => "m", answer: sick(() => lost) });
    expect(order(entries, "fix-started")).toHaveLength(1);
    expect(outcomes(state).toSorted()).toEqual(["found", "in-doubt"]);
    const found = [...state.hosts.values()].map((host) => hostVerdict(host)).find(({ outcome }) => outcome === "found");
    expect(found?.reason).toMatch(/^it is the same machine as h[12], where a fix is in doubt$/);
  });
});

describe("logins", () => {
  test("a host that was booted since it was looked at is looked at again before its fix", async () => {
    const { state, entries } = await play({
      loaded: runbookOf(runbook("{ batches: [100%] }")),
      hosts: names(1),
      lives: (_, login) => (login === 1 ? 1 : 100),
      answer: sick(),
    });
    expect(outcomes(state)).toEqual(["fixed"]);
    expect(order(entries, "reached", "detected", "approved", "fix-started")).toEqual([
      "reached h1",
      "detected h1",
      "approved h1",
      "reached h1",
      "detected h1",
      "fix-started h1",
    ]);
  });
});

describe("ends that are not known", () => {
  test("a connection lost in mid-fix leaves the step in doubt: no verification, no rollback, no second try", async () => {
    const lost: Ended = { kind: "lost", reason: "cut", stdout: empty(), stderr: empty(), ms: 1 };
    const { state, entries } = await play({
      loaded: runbookOf(`${runbook("{ batches: [100%] }")}    rollback: { run: "echo roll" }\n`),
      hosts: names(1),
      answer: sick(() => lost),
    });
    expect(outcomes(state)).toEqual(["in-doubt"]);
    expect(order(entries, "verified", "verify-failed", "rollback-started")).toEqual([]);
  });

  test("leaving at once ends the run, and what ran is in doubt", async () => {
    const leaving = new AbortController();
    const { state } = await play({
      loaded: runbookOf(runbook("{ batches: [100%] }")),
      hosts: names(3),
      leaving,
      answer: async (_, script, signal) => {
        if (!isFix(script)) return exited(0, "a problem\n");
        setTimeout(() => leaving.abort(), 20);
        await new Promise((resolve) => signal?.addEventListener("abort", resolve));
        return { kind: "lost", reason: "left", stdout: empty(), stderr: empty(), ms: 1 };
      },
    });
    expect(outcomes(state)).toEqual(["in-doubt", "in-doubt", "in-doubt"]);
  });

  test("a journal that cannot be written stops the run before the fix leaves", async () => {
    const sent: Script[] = [];
    let written = 0;
    const piece = play({
      loaded: runbookOf(runbook("{ batches: [100%] }")),
      hosts: names(1),
      journal: {
        append: async (entries) => {
          written += entries.length;
          if (entries.some(({ event }) => event.type === "fix-started")) throw new Error("no space left on device");
        },
        [Symbol.asyncDispose]: async () => undefined,
      },
      answer: (_, script) => {
        sent.push(script);
        return exited(0, "a problem\n");
      },
    });
    await expect(piece).rejects.toThrow("no space left on device");
    expect(written).toBeGreaterThan(3);
    expect(sent.filter(isFix)).toEqual([]);
  });
});

function empty(): { head: string; tail: string; omitted: number } {
  return { head: "", tail: "", omitted: 0 };
}
