import { describe, expect, test } from "vitest";
import { hostVerdict } from "../../../src/engine/outcome.ts";
import type { RunState } from "../../../src/engine/state.ts";
import type { Event } from "../../../src/model/event.ts";
import type { Ended, Script } from "../../../src/run/ports.ts";
import { exited, play, runbookOf } from "../../kit/stage.ts";

/** A fix that is left running when its time is up: one host after the other has the only place and a batch of its own. */
const RUNBOOK = `
name: stage
title: A problem on the stage
rollout: { batches: [1, 1], max_failures: 2 }
steps:
  - id: only
    detect: { run: "echo detect-only" }
    fix: { risk: low, run: "echo fix-only", timeout: 1s }
    verify: { within: 1s }
`;

const nothing = { head: "", tail: "", omitted: 0 };
const LATE: Ended = { kind: "timed-out", gone: false, stdout: nothing, stderr: nothing, ms: 1000 };
const isFix = ({ text }: Script): boolean => text.includes("fix-only");
const outcomes = (state: RunState): string[] => [...state.hosts.values()].map((host) => hostVerdict(host).outcome);

/** Two hosts; the fix of the first outlives its time, and \`end\` is what who follows it is told. */
async function late(
  end: (cure: () => void, signal: AbortSignal | undefined) => Promise<Ended>,
  onEntry?: Parameters<typeof play>[0]["onEntry"],
) {
  const cured = new Set<string>();
  let fixes = 0;
  const { state, entries } = await play({
    loaded: runbookOf(RUNBOOK),
    hosts: ["h1", "h2"],
    options: { parallel: 1 },
    answer: async (host, script) => {
      if (!isFix(script)) return exited(0, cured.has(host) ? "" : "a problem\n");
      fixes += 1;
      if (host === "h1") return LATE;
      cured.add(host);
      return exited(0);
    },
    follow: (host, signal) => end(() => cured.add(host), signal),
    ...(onEntry === undefined ? {} : { onEntry }),
  });
  const place = (type: Event["type"], host: string): number =>
    entries.findIndex(({ event }) => event.type === type && "host" in event && event.host === host);
  return { state, entries, place, fixes: () => fixes };
}

describe("a fix whose connection is lost before anything of it was sent", () => {
  test.each([
    ["is begun once the host is there again", true, "fixed", 1],
    ["is not begun on a host that was booted meanwhile", false, "failed", 0],
  ])("%s", async (_name, staysUp, outcome, sent) => {
    const begun: string[] = [];
    const { state, entries } = await play({
      loaded: runbookOf(RUNBOOK),
      hosts: ["h1"],
      // The look, and then the job that the login does not live through.
      lives: (_, login) => (login === 1 ? 2 : Infinity),
      staysUp,
      answer: (host, script) => {
        if (isFix(script)) begun.push(host);
        return exited(0, isFix(script) || begun.length > 0 ? "" : "a problem\n");
      },
      follow: () => Promise.reject(new Error("nothing is to be followed")),
    });
    expect(outcomes(state)).toEqual([outcome]);
    expect(begun).toHaveLength(sent);
    const types = entries.map(({ event }) => event.type);
    expect(types.filter((type) => type === "fix-started")).toHaveLength(1);
    expect(types.filter((type) => type === "reached")).toHaveLength(2);
  });
});

describe("a fix that was left running", () => {
  test("is followed while the next batch has the only place, and is proved once it ends well", async () => {
    const other = Promise.withResolvers<void>();
    const { state, place, fixes } = await late(
      async (cure) => {
        await other.promise;
        cure();
        return exited(0);
      },
      ({ event }) => {
        if (event.type === "verified" && event.host === "h2") other.resolve();
      },
    );
    expect(outcomes(state)).toEqual(["fixed", "fixed"]);
    expect(place("verified", "h2")).toBeLessThan(place("fix-finished", "h1"));
    expect(fixes()).toBe(2);
  });

  test("and that fails has failed, and is told as that", async () => {
    const { state } = await late(async () => exited(3, "", "no luck\n"));
    expect(outcomes(state)).toEqual(["failed", "fixed"]);
  });

  test("is in doubt once it was followed for as long again, and a later resume asks for it", async () => {
    const { state, entries } = await late(async (_, signal) => {
      await new Promise((resolve) => {
        setTimeout(resolve, 1100);
        signal?.addEventListener("abort", resolve);
      });
      return LATE;
    });
    expect(outcomes(state)).toEqual(["in-doubt", "fixed"]);
    const ends = entries.filter(({ event }) => event.type === "fix-lost" || event.type === "step-ended");
    expect(ends.map(({ event }) => event)).toEqual([
      expect.objectContaining({ type: "fix-lost", host: "h1", until: expect.any(Number) }),
      expect.objectContaining({ type: "step-ended", host: "h2" }),
      expect.objectContaining({ type: "step-ended", host: "h1", outcome: "in-doubt", open: true }),
    ]);
  });

  test("is not waited for once the run is stopped", async () => {
    const { state } = await late(
      (_, signal) =>
        new Promise((resolve) => {
          signal?.addEventListener("abort", () =>
            resolve({ kind: "lost", reason: "interrupted", stdout: nothing, stderr: nothing, ms: 1 }),
          );
        }),
      ({ event }, live) => {
        if (event.type === "verified") live.stop("ada");
      },
    );
    expect(outcomes(state)).toEqual(["in-doubt", "fixed"]);
  });
});
