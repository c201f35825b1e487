import { withAilment } from "../engine/ailment.ts";
import type { HostState, StepState } from "../engine/state.ts";
import type { Fault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import { outputText, type Output } from "../model/output.ts";
import type { LoadedRunbook, Step } from "../model/runbook.ts";
import type { Secret } from "../model/secret.ts";
import { ailmentOfEnd, stuckWords } from "./ailing.ts";
import type { LooksAhead } from "./ahead.ts";
import type { Fleet } from "./fleet.ts";
import type { Locks } from "./lock.ts";
import { maskLines, maskOutput } from "./masking.ts";
import type { Clock, Ended, Listener, Request, Script } from "./ports.ts";
import type { Extras, Scribe } from "./scripts.ts";

/** What carrying out intents needs of the world. */
export type Work = {
  readonly run: string;
  readonly loaded: LoadedRunbook;
  readonly fleet: Fleet;
  /** Runs the scripts of steps that are `on: controller`; the step's own host stays their subject. */
  readonly controller: Fleet;
  readonly clock: Clock;
  readonly locks: Locks;
  readonly secrets: readonly Secret[];
  /** Fires when the user leaves at once: read-only scripts are ended, fixes left running. */
  readonly leaving: AbortSignal;
  /** Fires when the run is stopped, which is on record by then: hosts that are not reached yet have nothing to finish. */
  readonly stopping: AbortSignal;
  /** Fires when the fixes that run are to be ended, which is on record by then. */
  readonly killing: AbortSignal;
  /** Who wanted that, in this process or in one before it. */
  killedBy(): string;
  readonly script: Scribe;
  readonly ahead: LooksAhead;
  /** Number of the last entry on record. */
  seq(): number;
  /** The value of an input on a host. */
  input(host: string, name: string): string | Secret | undefined;
  /** What the next script of a step that writes is called on its host, where it goes on without us; null: it runs in a session of ours. */
  job(
    host: string,
    step: StepState,
    ordinal: number | "undo" | "timer",
  ): { readonly name: string; readonly secret: boolean } | null;
  /** Says that something is about to be asked; the run that has asked for exactly this before, if any. */
  claim(request: Omit<Request, "run">): Promise<{ readonly run: string } | null>;
  hostOf(name: string): Host;
  maskFault(fault: Fault): Fault;
  output(host: string, step: string | null, stream: "stdout" | "stderr", text: string | null): void;
};

/** The step as the runbook file says it. */
export function definitionOf(step: StepState, work: Work): Step {
  const found = work.loaded.runbook.steps.find((each) => each.id === step.plan.id);
  if (found === undefined) throw new Error(`the runbook has no step ${step.plan.id}`);
  return found;
}

/** Sends one script to where the step runs, and masks what it printed. `sequel` may be begun where it exits 0. */
export async function send(
  host: HostState,
  step: StepState | null,
  body: string,
  work: Work,
  extras?: Extras,
  sequel?: Script,
): Promise<Ended<Output>> {
  return masked(await sendScript(host, step, work.script(host, step, body, extras), work, sequel), work);
}

/** What a script printed, and why it was refused, without secrets. */
export function masked(ended: Ended, work: Work): Ended<Output> {
  if (ended.kind === "refused") return { ...ended, fault: work.maskFault(ended.fault) };
  return { ...ended, stdout: maskOutput(ended.stdout, work.secrets), stderr: maskOutput(ended.stderr, work.secrets) };
}

/** Where a step's scripts run, and which machine must answer there. */
export function fleetFor(
  host: HostState,
  step: StepState | null,
  work: Work,
): { readonly fleet: Fleet; readonly machineId: string | null } {
  const local = step !== null && definitionOf(step, work).on === "controller";
  return local
    ? { fleet: work.controller, machineId: null }
    : { fleet: work.fleet, machineId: host.identity?.machineId ?? null };
}

/** Sends a script as it is to where the step runs, and perhaps a sequel. */
export function sendScript(
  host: HostState,
  step: StepState | null,
  script: Script,
  work: Work,
  sequel?: Script,
): Promise<Ended> {
  const listen = (): Listener =>
    maskLines(work.secrets, (stream, text) => work.output(host.host, step?.plan.id ?? null, stream, text));
  const { fleet, machineId } = fleetFor(host, step, work);
  const along = sequel === undefined ? undefined : { script: sequel, listen: listen() };
  return fleet.run(work.hostOf(host.host), machineId, script, work.leaving, listen(), along);
}

/** Why a script that did not exit tells nothing: one line for the record. */
export function shortfall(ended: Exclude<Ended<Output>, { kind: "exited" }>, what: string): string {
  return withAilment(ailmentOfEnd(ended), shortfallWords(ended, what));
}

function shortfallWords(ended: Exclude<Ended<Output>, { kind: "exited" }>, what: string): string {
  switch (ended.kind) {
    case "timed-out":
      return `${what} took longer than ${Math.round(ended.ms / 1000)} s${ended.gone ? "" : `, and ${stuckWords(ended.stuck) || "a process of it is still there (out of reach, or stuck in the kernel)"}`}`;
    case "flooded":
      return `${what} printed without end and was ended`;
    case "lost":
      return `how ${what} ended is not known: ${ended.reason}`;
    case "refused":
      return `${what} could not be started: ${ended.fault.message}`;
  }
}

/** The first line that a script printed, for a reason. */
export function firstLine(output: Output): string {
  return (
    outputText(output)
      .split("\n")
      .find((line) => line.trim() !== "")
      ?.trim()
      .slice(0, 500) ?? ""
  );
}
