import { replay } from "../engine/evolve.ts";
import { permittedOn } from "../engine/recurrence.ts";
import { confirmed, waiting } from "../engine/outcome.ts";
import { faultReason } from "../engine/ailment.ts";
import type { HostState, RunState, StepState } from "../engine/state.ts";
import { runsWords } from "../engine/words.ts";
import type { Entry, Event } from "../model/event.ts";
import type { Finding } from "../model/finding.ts";
import type { StepPlan } from "../model/plan.ts";
import { isRecurring } from "../view/card-history.ts";

/** How a step, or a whole host, stands on a host once a run has come to a word about it. */
export type Standing = {
  readonly host: string;
  /** Null: the host itself, whether it can be looked at. */
  readonly step: StepPlan | null;
  /** Where it is remembered what was told of it: the step's id, `HOST` or `RUNBOOK`. */
  readonly place: string;
  readonly kind: "found" | "waiting" | "failed" | "unknown" | "clear";
  /** Tells it from another of its kind: the run that asks, or how it failed. */
  readonly mark: string;
  readonly reason: string;
  /** What is there and is to be told. */
  readonly findings: readonly Finding[];
  /** Keys of what is there as well, and nobody is to be told of: waived, or found by too few runs yet. */
  readonly quiet: ReadonlySet<string>;
  /** What was fixed, and proved to be. */
  readonly fixed: readonly Finding[];
  /** Why it keeps coming back; null: it does not. */
  readonly recurs: string | null;
};

/** Whether a host answers: the same for all runbooks of a schedule. */
export const HOST = "";
/** Whether a runbook as a whole can tell anything of a host. No step is called so. */
export const RUNBOOK = "*";

/** A run as it stands, and what has changed in it since an entry. */
export type Progress = { readonly state: RunState; readonly standings: readonly Standing[] };

/** What of a run's hosts and steps has got a word after the entry of a number. Null for no entries. */
export function progressOf(entries: readonly Entry[], after: number): Progress | null {
  const words = new Map<string, number>();
  const fixed = new Map<string, Finding[]>();
  const state = replay(entries, ({ seq, event }, now) => {
    if (!("host" in event)) return;
    const step = "step" in event ? event.step : null;
    const place = placeOf(event.host, step);
    const known = fixed.get(place) ?? [];
    if (isFixed(event, now)) fixed.set(place, [...known, ...targetOf(now, event.host, step)]);
    if (!isWord(event)) return;
    words.set(place, seq);
    if (seq <= after) fixed.delete(place);
  });
  if (state === null) return null;
  const isNew = (host: string, step: string | null): boolean => (words.get(placeOf(host, step)) ?? 0) > after;
  const standings = [...state.hosts.values()].flatMap((host) => {
    const anew = isNew(host.host, null);
    const whole = anew ? wholeHost(host) : [];
    // Where the runbook does not apply any more, nothing of it is there.
    if (anew && host.notConcerned !== null) return [...whole, ...host.steps.map((step) => clearOf(host, step))];
    const steps = host.steps.filter((step) => isNew(host.host, step.plan.id));
    return [
      ...whole,
      ...steps.flatMap((step) => stepOf(state, host, step, fixed.get(placeOf(host.host, step.plan.id)) ?? [])),
    ];
  });
  return { state, standings };
}

function placeOf(host: string, step: string | null): string {
  return JSON.stringify([host, step]);
}

/** Proved to be fixed, or called so where its runbook wants no proof. */
function isFixed(event: Event, state: RunState): boolean {
  if (event.type !== "step-ended") return event.type === "verified";
  const step = state.hosts.get(event.host)?.steps.find(({ plan }) => plan.id === event.step);
  return event.outcome === "fixed" && step?.rounds === 0;
}

function targetOf(state: RunState, host: string, step: string | null): readonly Finding[] {
  return state.hosts.get(host)?.steps.find(({ plan }) => plan.id === step)?.target ?? [];
}

/** Events with which a host or a step comes to stand as something. */
const WORDS: ReadonlySet<Event["type"]> = new Set([
  "reached",
  "unreachable",
  "undetermined",
  "not-concerned",
  "asked",
  "asked-elsewhere",
  "step-ended",
]);

function isWord(event: Event): boolean {
  return WORDS.has(event.type);
}

const NOTHING = { mark: "", reason: "", findings: [], quiet: new Set<string>(), fixed: [], recurs: null } as const;

function wholeHost({ host, identity, unreachable, undetermined, skipped }: HostState): Standing[] {
  if (skipped !== null) return [];
  const whole = { ...NOTHING, host, step: null } as const;
  if (unreachable !== null) return [{ ...whole, place: HOST, kind: "unknown", reason: faultReason(unreachable) }];
  const runbook: Standing[] =
    undetermined === null
      ? [{ ...whole, place: RUNBOOK, kind: "clear" }]
      : [{ ...whole, place: RUNBOOK, kind: "unknown", reason: undetermined.reason }];
  return identity === null ? runbook : [{ ...whole, place: HOST, kind: "clear" }, ...runbook];
}

function clearOf({ host }: HostState, { plan }: StepState): Standing {
  return { ...NOTHING, host, step: plan, place: plan.id, kind: "clear" };
}

function stepOf(state: RunState, whole: HostState, step: StepState, fixed: readonly Finding[]): Standing[] {
  const { host } = whole;
  const { plan, end, elsewhere, approval, waived, early } = step;
  const recurs = recursOn(state, whole, step);
  const quiet = new Set([...waived, ...early.map(({ finding }) => finding)].map(({ key }) => key));
  const common = { ...NOTHING, host, step: plan, place: plan.id, quiet, fixed, recurs };
  const findings = (step.findings ?? []).filter(({ key }) => !quiet.has(key));
  if (waiting(step)) return [{ ...common, kind: "waiting", mark: state.run, reason: "needs an approval", findings }];
  if (elsewhere !== null && approval === null && (end === null || end.outcome === "waiting")) {
    return [{ ...common, kind: "waiting", mark: elsewhere.inRun, reason: `asked in run ${elsewhere.inRun}`, findings }];
  }
  if (end === null || isTakenBack(state, step) || goesOn(state, step)) return [];
  const { outcome, reason } = end;
  switch (outcome) {
    case "failed":
    case "in-doubt":
    case "rolled-back":
      return [
        { ...common, kind: "failed", mark: outcome, reason, findings: step.target.length > 0 ? step.target : findings },
      ];
    case "found":
      return [foundOf(step, { ...common, kind: "found", reason, findings })];
    case "unknown":
      return [{ ...common, kind: "unknown", reason }];
    case "fixed":
    case "clear":
      return [{ ...common, kind: "clear", reason }];
    case "skipped":
      return step.concerned === false ? [{ ...common, kind: "clear" }] : [];
    case "waiting":
      return [];
  }
}

/** Exit code of a run that was interrupted, as `cli/exit` has it. */
const INTERRUPTED = 130;

/** The end of the daemon, or of the machine, has left its fix running, and the next start takes it up again: that is no failure, and how it ends is told then. */
function goesOn({ ended, plan }: RunState, { end }: StepState): boolean {
  return end?.outcome === "in-doubt" && end.open && ended?.exit === INTERRUPTED && plan.schedule?.byHand === undefined;
}

/** Its schedule has taken the question back, since a later run has seen what became of it: that one tells. */
function isTakenBack({ plan }: RunState, { denial }: StepState): boolean {
  return plan.schedule !== undefined && denial?.by === `schedule ${plan.schedule.name}`;
}

/** As the schedule says that it wants to know, or as the card does. */
function recursOn(state: RunState, host: HostState, step: StepState): string | null {
  const { recurs } = permittedOn(state, host, step, state.at);
  if (recurs !== null) return recurs;
  return isRecurring({ state, plan: step.plan, now: state.at }, { host, step }) ? "look for the cause" : null;
}

/** What is not certain yet is there, and no news. */
function foundOf(step: StepState, standing: Standing): Standing {
  if (confirmed(step)) return standing;
  const quiet = new Set([...standing.quiet, ...standing.findings.map(({ key }) => key)]);
  return { ...standing, reason: step.early.length > 0 ? runsWords(step) : standing.reason, findings: [], quiet };
}
