import { makePlan } from "../../src/engine/plan.ts";
import { digestOf } from "../../src/engine/digest.ts";
import { fold } from "../../src/engine/evolve.ts";
import type { RunState } from "../../src/engine/state.ts";
import type { Entry, Event } from "../../src/model/event.ts";
import type { RunPlan } from "../../src/model/plan.ts";
import type { Cell, Finding } from "../../src/model/finding.ts";
import { Runbook, type LoadedRunbook } from "../../src/model/runbook.ts";
import { hostNamed } from "./host.ts";

/** When every story begins. */
export const DAWN = Date.UTC(2026, 10, 3, 14, 5, 0);

/** A runbook as a person would write it, made into what a run works with. */
export function loadedFrom(written: unknown, functions = ""): LoadedRunbook {
  return {
    runbook: Runbook.parse(written),
    path: "runbooks/story.yml",
    text: JSON.stringify(written),
    digest: "ab".repeat(32),
    functions,
    files: new Map(),
  };
}

/** A runbook with a fix by script at the given risk, and all that can stand on a card. */
export function diskRunbook(risk: "low" | "medium" | "high" = "medium"): LoadedRunbook {
  return loadedFrom({
    name: "disk-full",
    title: "The disk is full of a deleted log",
    become: true,
    rollout: { batches: [1, "50%"], max_failures: 2, max_unknown: "100%" },
    inputs: {
      mount: { type: "string", default: "/" },
      most: { type: "bytes", default: "2GiB" },
      unused: { type: "integer", default: 7 },
    },
    steps: [
      {
        id: "release-log",
        title: "A process holds a deleted log",
        severity: "critical",
        detect: {
          run: "df",
          findings: { path: "string", bytes: "bytes", pid: "integer", started: "string" },
          key: ["pid", "started"],
          timeout: "30s",
        },
        fix: {
          risk,
          summary: "Let the process go",
          preview: "ps",
          guard: "test -d /proc/$pid",
          run: 'echo "$most"\nkill "$pid"\n',
          timeout: "60s",
        },
        verify: { within: "30s", run: 'df "$mount"' },
        rollback: { run: "service thing start" },
      },
    ],
  });
}

/** A runbook whose fix is for a person to do. */
export function manualRunbook(): LoadedRunbook {
  return loadedFrom({
    name: "fan-broken",
    title: "A fan stands still",
    steps: [
      {
        id: "replace-fan",
        title: "A fan stands still",
        detect: { run: "sensors" },
        fix: { risk: "low", manual: "Take a new fan from the store.\nPut it in." },
      },
    ],
  });
}

/** One finding of `diskRunbook`. */
export function diskFinding(pid: number, more: Readonly<Record<string, Cell>> = {}): Finding {
  const values = { path: "/var/log/tap.log", bytes: 1_288_490_189, pid, started: "Nov 3", ...more };
  return { values, key: JSON.stringify([values.pid, values.started]) };
}

/** How a story begins: parts of its plan in the place of those that a command line would make. */
type StoryOptions = { readonly dryRun?: boolean; readonly plan?: Partial<RunPlan> };

/** A run told by synthetic events, with the numbers and times filled in: one second between two. */
export class Story {
  readonly loaded: LoadedRunbook;
  readonly entries: Entry[] = [];
  #now = DAWN;

  constructor(loaded: LoadedRunbook, hosts: readonly string[], options: StoryOptions = {}) {
    this.loaded = loaded;
    this.tell({
      type: "run-started",
      format: 1,
      plan: { ...planFor(loaded, hosts, options.dryRun ?? false), ...options.plan },
    });
  }

  /** Adds events, each a second after the one before; gives back their entries. */
  tell(...events: readonly Event[]): readonly Entry[] {
    const added = events.map((event, index): Entry => {
      this.#now += 1000;
      return { run: "r1", seq: this.entries.length + 1 + index, at: this.#now, event };
    });
    this.entries.push(...added);
    return added;
  }

  /** A host is reached and looked at, and its first step asks for an approval if it has findings. */
  asks(host: string, findings: readonly Finding[]): readonly Entry[] {
    const step = this.firstStep;
    return [
      ...this.tell(
        { type: "reached", host, machineId: `m-${host}`, bootId: "b", ms: 120 },
        { type: "detected", host, step, findings: [...findings], ms: 200 },
      ),
      ...this.asksAgain(host),
    ];
  }

  /** The first step of a host asks with the digest of what is known now. */
  asksAgain(host: string): readonly Entry[] {
    const state = this.state.hosts.get(host);
    const step = state?.steps[0];
    if (state === undefined || step === undefined) throw new Error(`no host ${host}`);
    return this.tell({ type: "asked", host, step: step.plan.id, digest: digestOf(this.state, state, step) });
  }

  get firstStep(): string {
    return this.loaded.runbook.steps[0]?.id ?? "";
  }

  get state(): RunState {
    const state = fold(this.entries);
    if (state === null) throw new Error("a story begins with run-started");
    return state;
  }
}

function planFor(loaded: LoadedRunbook, hosts: readonly string[], dryRun: boolean): RunPlan {
  const made = makePlan(
    loaded,
    hosts.map((name) => hostNamed(name)),
    {
      inventory: "hosts.yml",
      inputs: new Map(),
      dryRun,
      approve: "none",
      attended: true,
      parallel: 50,
      by: "ada",
      only: [],
    },
  );
  if ("faults" in made) throw new Error(JSON.stringify(made.faults));
  return made.plan;
}
