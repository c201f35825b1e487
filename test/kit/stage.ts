import { makePlan, type RunOptions } from "../../src/engine/plan.ts";
import type { RunState } from "../../src/engine/state.ts";
import { compileRunbook } from "../../src/language/runbook/compile.ts";
import type { Entry } from "../../src/model/event.ts";
import type { Fault } from "../../src/model/fault.ts";
import type { LoadedRunbook } from "../../src/model/runbook.ts";
import { systemClock } from "../../src/run/clock.ts";
import type { LiveRun } from "../../src/run/run.ts";
import type { Connector, Ended, Journal, Script } from "../../src/run/ports.ts";
import { start } from "../../src/run/start.ts";
import { NO_DESK } from "../../src/trial/memory.ts";
import { hostNamed } from "./host.ts";

/** What a stand-in host answers to a script; `signal` fires when the user leaves. */
export type Answer = (host: string, script: Script, signal?: AbortSignal) => Promise<Ended> | Ended;

/** A script that ended, with what it printed. */
export function exited(code: number, stdout = "", stderr = ""): Ended {
  return {
    kind: "exited",
    code,
    stdout: { head: stdout, tail: "", omitted: 0 },
    stderr: { head: stderr, tail: "", omitted: 0 },
    ms: 1,
  };
}

/** A runbook from its text, as if it lay in a file. Throws the first mistake. */
export function runbookOf(text: string): LoadedRunbook {
  const compiled = compileRunbook(text, "stage.yml");
  if (!("runbook" in compiled)) throw new Error(JSON.stringify(compiled.faults));
  return { runbook: compiled.runbook, path: "stage.yml", text, digest: "d", functions: "", files: new Map() };
}

/** What a run on the stage is made of; everything but runbook, hosts and answers has a default. */
export type Play = {
  readonly loaded: LoadedRunbook;
  readonly hosts: readonly string[];
  readonly answer: Answer;
  /** Inventory group → its hosts. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  readonly options?: Partial<RunOptions>;
  readonly unreachable?: Readonly<Record<string, Fault>>;
  /** How many scripts the nth login of a host (from 1) lives through; the host boots between logins. Default: one login for ever. */
  readonly lives?: (host: string, login: number) => number;
  /** It does not boot between logins. */
  readonly staysUp?: boolean;
  /** The machine behind a name; default: one of its own. */
  readonly machine?: (host: string) => string;
  /** Stands in for the journal where it must fail. */
  readonly journal?: Journal;
  readonly leaving?: AbortController;
  /** What a host tells who follows a fix there. Without this there are no jobs. */
  readonly follow?: (host: string, signal?: AbortSignal) => Promise<Ended>;
  /** Called with every entry, when it is durable, and with the live run. */
  readonly onEntry?: (entry: Entry, live: LiveRun) => void;
};

/** Runs a real run (engine, loop, scripts) against stand-in hosts, with the journal in memory. */
export async function play(piece: Play): Promise<{ readonly state: RunState; readonly entries: readonly Entry[] }> {
  const entries: Entry[] = [];
  const hosts = piece.hosts.map((name) => {
    const groups = Object.entries(piece.groups ?? {}).flatMap(([group, of]) => (of.includes(name) ? [group] : []));
    return { ...hostNamed(name), groups: ["all", ...groups] };
  });
  const defaults: RunOptions = {
    inventory: "stage",
    inputs: new Map(),
    dryRun: false,
    approve: "high",
    attended: false,
    parallel: 50,
    by: "tester",
    only: [],
  };
  const prepared = makePlan(piece.loaded, hosts, { ...defaults, ...piece.options });
  if ("faults" in prepared) throw new Error(JSON.stringify(prepared.faults));
  let live: LiveRun | null = null;
  const state = await start({
    run: "stage-run",
    first: { type: "run-started", format: 1, plan: prepared.plan },
    values: prepared.values,
    loaded: piece.loaded,
    hosts,
    secrets: [],
    jobs: piece.follow !== undefined,
    become: false,
    connector: standIn(piece),
    controller: standIn(piece),
    journal: piece.journal ?? inMemory(entries),
    archive: { read: async () => entries },
    desk: NO_DESK,
    verifier: { verify: async () => null },
    watchers: [{ entry: (entry) => live !== null && piece.onEntry?.(entry, live) }],
    approver: null,
    clock: systemClock,
    leaving: (piece.leaving ?? new AbortController()).signal,
    live: (run) => {
      live = run;
    },
    exitOf: () => 0,
  });
  return { state, entries };
}

function inMemory(entries: Entry[]): Journal {
  return {
    append: async (more) => {
      await new Promise(setImmediate);
      entries.push(...more);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

const read = { stdout: 0, stderr: 0 };

/** A stand-in for SSH: every login works but those named, and scripts are answered by the play. */
function standIn(piece: Play): Connector {
  const logins = new Map<string, number>();
  return {
    connect: async (host) => {
      await new Promise(setImmediate);
      const login = (logins.get(host.name) ?? 0) + 1;
      logins.set(host.name, login);
      let left = piece.lives?.(host.name, login) ?? Number.POSITIVE_INFINITY;
      const fault = piece.unreachable?.[host.name];
      if (fault !== undefined) return fault;
      return {
        identity: {
          machineId: piece.machine?.(host.name) ?? host.name,
          bootId: `boot ${piece.staysUp === true ? 1 : login}`,
        },
        get alive() {
          return left > 0;
        },
        run: async (script, options) => {
          // Giving the lock back is no part of any play.
          if (script.text.includes("/runbook-lock-past,") && !script.text.includes("lock()")) return exited(0);
          left -= 1;
          return piece.answer(host.name, script, options?.signal);
        },
        job: async (job, options) => {
          left -= 1;
          const cut = { kind: "refused", fault: { kind: "session", message: "the connection was lost" } } as const;
          return { ended: left > 0 ? await piece.answer(host.name, job, options?.signal) : cut, read };
        },
        beside: () => Promise.reject(new Error("nobody ends a job in a play")),
        attach: async (_, options) => {
          if (piece.follow === undefined) throw new Error("this play has no jobs");
          return { ended: await piece.follow(host.name, options?.signal), read };
        },
        [Symbol.asyncDispose]: async () => undefined,
      };
    },
  };
}
