import { digestOf } from "../../src/engine/digest.ts";
import { evolve } from "../../src/engine/evolve.ts";
import type { RunState } from "../../src/engine/state.ts";
import type { Entry, Event } from "../../src/model/event.ts";
import type { RunPlan } from "../../src/model/plan.ts";
import { Runbook, type LoadedRunbook } from "../../src/model/runbook.ts";

const STEP = "release-log";

/** The runbook of the run on the screen. */
export const LOADED: LoadedRunbook = {
  runbook: Runbook.parse({
    name: "disk-full",
    title: "The disk is full of a deleted log",
    become: true,
    steps: [
      {
        id: STEP,
        title: "A process holds a deleted log",
        severity: "critical",
        detect: {
          run: "df",
          findings: { path: "string", bytes: "bytes", pid: "integer" },
          key: ["pid"],
          timeout: "30s",
        },
        fix: { risk: "medium", summary: "Let the process go", guard: "test -d /proc/$pid", run: 'kill "$pid"' },
        verify: { within: "30s" },
        rollback: { run: "service thing start" },
      },
    ],
  }),
  path: "runbooks/disk-full.yml",
  text: "",
  digest: "ab".repeat(32),
  functions: "",
  files: new Map(),
};

/** A run of synthetic events in which hosts are everywhere on their way, and which goes on for as long as it is asked to. */
export type Fleet = {
  readonly hosts: readonly string[];
  /** One more thing that happens somewhere. */
  next(): void;
};

/** Begins it: three hosts in ten wait for a person, a few are fixed, some cannot be reached, the rest is at work. `tell` gets every entry. */
export function beginFleet(
  size: number,
  plan: Omit<RunPlan, "hosts">,
  tell: (entry: Entry, state: RunState) => void,
): Fleet {
  const hosts = Array.from({ length: size }, (_, at) => `web${String(at + 1).padStart(4, "0")}.example.com`);
  let state: RunState | null = null;
  const say = (event: Event): void => {
    const entry: Entry = { run: "bench", seq: (state?.seq ?? 0) + 1, at: Date.now(), event };
    state = evolve(state, entry);
    tell(entry, state);
  };
  const see = (host: string, pid: number | null): void => {
    const values = { path: "/var/log/tap.log", bytes: 1e9 + (pid ?? 0), pid };
    const findings = pid === null ? [] : [{ values, key: String(pid) }];
    say({ type: "detected", host, step: STEP, findings, ms: 20 });
  };
  const ask = (host: string): void => {
    const found = state?.hosts.get(host);
    const [step] = found?.steps ?? [];
    if (state === null || found === undefined || step === undefined) throw new Error(`no ${host}`);
    say({ type: "asked", host, step: STEP, digest: digestOf(state, found, step) });
  };
  say({ type: "run-started", format: 1, plan: { ...plan, hosts } });
  hosts.forEach((host, at) => {
    if (at % 20 === 19) {
      say({ type: "unreachable", host, fault: { kind: "unreachable", message: "no route to host" } });
      return;
    }
    say({ type: "reached", host, machineId: host, bootId: "b", ms: 30 });
    if (at % 10 > 3) return;
    // Most are alike, some have findings of their own.
    see(host, at % 10 === 3 ? at : 42);
    ask(host);
    if (at % 10 > 0) return;
    const digest = state?.hosts.get(host)?.steps[0]?.asked?.digest ?? "";
    say({ type: "approved", host, step: STEP, digest, by: "ada" });
    say({ type: "admitted", host, batch: 1 });
    say({ type: "fix-started", host, step: STEP, key: "42" });
  });
  let turn = 4;
  return {
    hosts,
    next() {
      const host = hosts[turn % size] ?? "";
      turn += 1;
      const at = turn % 10;
      const step = state?.hosts.get(host)?.steps[0];
      if (step?.end === null && step.asked === null && at > 3) see(host, null);
      else say({ type: "facts-read", host, facts: { turn: String(turn) } });
    },
  };
}
