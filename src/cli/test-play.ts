import { makePlan } from "../engine/plan.ts";
import type { InputValues } from "../engine/values.ts";
import type { Case, CaseSheet, CaseShell } from "../model/case.ts";
import type { Entry } from "../model/event.ts";
import type { Fault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import type { RunPlan } from "../model/plan.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { Secret } from "../model/secret.ts";
import { start } from "../run/start.ts";
import { caseClock } from "../trial/clock.ts";
import { stageOf, type Ground, type Sent } from "../trial/connector.ts";
import { openHost } from "../trial/host.ts";
import { marked } from "../trial/marks.ts";
import { unrecorded } from "../trial/memory.ts";
import { WrongPath } from "../trial/root.ts";
import type { Machine } from "../trial/tools.ts";
import { mismatches, tracesOf, type Mismatch, type Played, type StepTrace } from "../trial/verdict.ts";
import { worldOfCase, type World } from "../trial/world.ts";

/** What came of a case under one shell; `shell` null: all of its scripts were answered for. */
export type Result = { readonly shell: CaseShell | null; readonly ms: number } & (
  | {
      readonly kind: "played";
      readonly mismatches: readonly Mismatch[];
      /** What the case does not say, and was asked. */
      readonly problems: readonly string[];
      readonly traces: readonly StepTrace[];
      readonly sent: readonly Sent[];
    }
  | { readonly kind: "not-run"; readonly why: string }
);

/** Whether a case that could be played is not as expected. */
export function isWrong(result: Result): boolean {
  return result.kind === "played" && result.mismatches.length + result.problems.length > 0;
}

/** Plays one case under a shell: the engine's own run, on a host that is made of the case. */
export async function playCase(
  loaded: LoadedRunbook,
  sheet: CaseSheet,
  one: Case,
  shell: CaseShell | null,
  machine: Machine,
): Promise<Result> {
  const began = performance.now();
  const time = (): { shell: CaseShell | null; ms: number } => ({ shell, ms: performance.now() - began });
  const played = marked(loaded, (step) => Object.hasOwn(one.expect, step) || Object.hasOwn(one.expect, "*"));
  const prepared = planOf(played, sheet, one);
  if ("faults" in prepared) {
    const problems = prepared.faults.map(({ where, message }) =>
      where === undefined ? message : `${where}: ${message}`,
    );
    return { kind: "played", mismatches: [], problems, traces: [], sent: [], ...time() };
  }
  const opened = shell === null ? null : await openOn(worldOfCase(sheet, one), shell, machine);
  if (opened !== null && "wrong" in opened) {
    return { kind: "played", mismatches: [], problems: [opened.wrong], traces: [], sent: [], ...time() };
  }
  if (opened !== null && "cannot" in opened) return { kind: "not-run", why: opened.cannot, ...time() };
  await using host = opened;
  const ground: Ground = host === null || shell === null ? null : { host, shell };
  const stage = stageOf(one, ground);
  const entries: Entry[] = [];
  const state = await start({
    run: "case",
    first: { type: "run-started", format: 1, plan: prepared.plan },
    values: prepared.values,
    loaded: played,
    hosts: prepared.hosts,
    secrets: [...prepared.values.values()].flatMap((own) => [...own.values()].filter((each) => each instanceof Secret)),
    become: false,
    jobs: true,
    connector: stage.connector,
    controller: stage.connector,
    clock: caseClock(),
    leaving: new AbortController().signal,
    ...unrecorded(entries),
  });
  const all: Played = {
    state,
    entries,
    sent: stage.sent,
    read: async (path: string) => (host === null ? "nothing" : host.read(path)),
  };
  const unanswered = host === null ? [] : await host.unanswered();
  return {
    kind: "played",
    mismatches: await mismatches(one, loaded.runbook, all),
    problems: [...stage.problems, ...new Set(unanswered.map((call) => `the case has no answer for \`${call}\``))],
    traces: tracesOf(all),
    sent: stage.sent,
    ...time(),
  };
}

async function openOn(
  world: World,
  shell: CaseShell,
  machine: Machine,
): Promise<Awaited<ReturnType<typeof openHost>> | { readonly wrong: string }> {
  try {
    return await openHost(world, shell, machine);
  } catch (error) {
    if (error instanceof WrongPath) return { wrong: error.message };
    throw error;
  }
}

function planOf(
  loaded: LoadedRunbook,
  sheet: CaseSheet,
  one: Case,
):
  | { readonly plan: RunPlan; readonly values: InputValues; readonly hosts: readonly Host[] }
  | { readonly faults: readonly Fault[] } {
  const given = Object.entries({ ...sheet.inputs, ...one.inputs }).map(([name, value]): [string, string | Secret] => [
    name,
    loaded.runbook.inputs[name]?.secret === true ? new Secret(String(value)) : String(value),
  ]);
  const hosts = [hostFor(loaded)];
  const prepared = makePlan(loaded, hosts, {
    inventory: "a case",
    inputs: new Map(given),
    dryRun: one.fix === undefined,
    approve: "high",
    attended: false,
    parallel: 1,
    by: "tester",
    only: [],
  });
  return "faults" in prepared ? prepared : { ...prepared, hosts };
}

/** The one host of a case, of the kind that the runbook is for. */
function hostFor({ runbook }: LoadedRunbook): Host {
  const windows = [runbook.shell, ...runbook.steps.map(({ shell }) => shell)].includes("powershell");
  return {
    name: "host1",
    groups: ["all"],
    vars: {},
    connection: "local",
    ...(windows ? { windows: "powershell" as const } : {}),
    address: "host1",
    port: 22,
    user: undefined,
    password: undefined,
    keyFiles: [],
    identitiesOnly: false,
    userKnownHosts: undefined,
    globalKnownHosts: undefined,
    hostKeyChecking: undefined,
    become: undefined,
    becomeUser: undefined,
    becomePassword: undefined,
  };
}
