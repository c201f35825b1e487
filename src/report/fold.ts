import { replay } from "../engine/evolve.ts";
import { ailmentAt, hintOf, hostVerdict, runOutcome, stepVerdict } from "../engine/outcome.ts";
import type { HostState, RunState, StepState } from "../engine/state.ts";
import { storedRunbook } from "../language/runbook/stored.ts";
import type { Waiver } from "../model/approval.ts";
import type { Entry, Event } from "../model/event.ts";
import { Outcome } from "../model/finding.ts";
import type { Output } from "../model/output.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { isRecurring } from "../view/card-history.ts";
import { valuesOf } from "../view/card-values.ts";
import { evidenceOf, HIDDEN } from "../view/evidence.ts";
import { saidOf, stepOf } from "../view/sentence.ts";
import { fireOf } from "./fire.ts";
import { addTo, newCase, type Case } from "./case.ts";
import type { DocumentAct, DocumentCell, DocumentHost, DocumentWaiver, Moment, RunDocument } from "./document.ts";
import { iso } from "./moment.ts";
import { OPEN, privacyOf, shownValues, type Privacy } from "../view/privacy.ts";
import { documentSteps, policiesOf } from "./frame.ts";
import { troublesOf } from "./troubles.ts";

/** Everything the parts of a document are made of. */
type Told = {
  readonly state: RunState;
  readonly loaded: LoadedRunbook | null;
  readonly cases: ReadonlyMap<string, Case>;
  readonly privacy: (host: string) => Privacy;
};

/** The report of a run, ended or not, from its entries alone: in the run as in the history. Null for no entries. */
export function documentOf(entries: readonly Entry[]): RunDocument | null {
  const [first] = entries;
  if (first?.event.type !== "run-started") return null;
  const privacy = privacyOf(entries, first.event.plan);
  const cases = new Map<string, Case>();
  const timeline: Moment[] = [];
  const state = replay(entries, (entry, after) => {
    timeline.push(momentOf(entry, after, privacy));
    file(cases, entry, after);
  });
  if (state === null) return null;
  return compose({ state, loaded: storedRunbook(state.plan), cases, privacy }, timeline);
}

function compose(told: Told, timeline: readonly Moment[]): RunDocument {
  const { state, loaded } = told;
  const { plan } = state;
  const hosts = [...state.hosts.values()].map((host) => hostOf(host, told));
  return {
    version: 1,
    run: state.run,
    runbook: plan.runbook,
    inventory: plan.inventory,
    by: plan.by,
    machine: plan.machine ?? null,
    schedule: fireOf(plan.schedule),
    startedAt: iso(state.startedAt),
    endedAt: state.ended === null ? null : iso(state.ended.at),
    lastAt: iso(state.at),
    dryRun: plan.dryRun,
    approve: plan.approve,
    inputs: plan.inputs,
    compat: plan.settings?.compat ?? {},
    outcome: runOutcome(state),
    exit: state.ended?.exit ?? null,
    counts: countsOf(hosts),
    rollout: { batches: plan.rollout.batches, maxFailures: plan.rollout.maxFailures },
    steps: documentSteps(plan, loaded),
    functions: loaded?.functions ?? "",
    files: plan.source?.files ?? [],
    hosts,
    batches: batchesOf(state),
    troubles: troublesOf(state).map(({ outcome, step, reason, hosts: names }) => ({
      outcome,
      step,
      reason: told.privacy(names[0] ?? "").text(reason),
      hosts: names,
    })),
    policies: policiesOf(plan),
    waivers: state.waivers.map((waiver) => waiverOf(waiver, told)),
    timeline,
  };
}

function momentOf({ seq, at, event }: Entry, state: RunState, privacy: Told["privacy"]): Moment {
  const host = "host" in event ? event.host : null;
  const step = "step" in event ? event.step : null;
  const hide = host === null ? OPEN : privacy(host);
  const text = hide.text(saidOf(event, stepOf(event, state)));
  return { seq, at: iso(at), type: event.type, host, step, text, quiet: isQuiet(event) };
}

const QUIET: ReadonlySet<Event["type"]> = new Set(["reached", "concerned", "facts-read", "previewed"]);

function isQuiet(event: Event): boolean {
  if (event.type === "reached") return event.old === undefined;
  if (event.type === "detected") return event.findings.length === 0;
  if (event.type === "step-ended") return event.outcome === "clear" || event.outcome === "skipped";
  return QUIET.has(event.type);
}

function file(cases: Map<string, Case>, entry: Entry, state: RunState): void {
  const { event } = entry;
  if (!("step" in event) || event.type === "concerned" || event.type === "not-concerned") return;
  const key = caseKey(event.host, event.step);
  const known = cases.get(key) ?? newCase();
  cases.set(key, known);
  const step = stepOf(event, state);
  if (step !== null) addTo(known, entry, event, step, state);
  else if (event.type === "undetermined") known.unclear = event.output ?? null;
}

/** Step null: what concerns the whole host. */
function caseKey(host: string, step: string | null): string {
  return `${step ?? ""} ${host}`;
}

function hostOf(host: HostState, told: Told): DocumentHost {
  const hide = told.privacy(host.host);
  const { outcome, reason } = hostVerdict(host);
  const { unreachable, skipped } = host;
  const groups = Object.entries(told.state.plan.groups).filter(([, members]) => members.includes(host.host));
  return {
    host: host.host,
    groups: groups.map(([name]) => name),
    outcome,
    reason: hide.text(reason),
    batch: host.batch,
    old: host.old,
    facts: Object.fromEntries(Object.entries(host.facts ?? {}).map(([name, text]) => [name, hide.text(text)])),
    unreachable: unreachable && {
      kind: unreachable.kind,
      message: hide.text(unreachable.message),
      hint: unreachable.hint ?? null,
    },
    unclear: hiddenOutput(told.cases.get(caseKey(host.host, null))?.unclear ?? null, hide),
    skipped: skipped && { by: skipped.by, reason: hide.text(skipped.reason) },
    steps: host.steps.map((step) => cellOf(host, step, hide, told)),
  };
}

function cellOf(host: HostState, step: StepState, hide: Privacy, told: Told): DocumentCell {
  const { state } = told;
  const known = told.cases.get(caseKey(host.host, step.plan.id)) ?? newCase();
  const { outcome, reason } = stepVerdict(host, step);
  const findings = [...known.findings.values()];
  const plans = [step.plan, ...state.plan.steps.filter(({ id }) => id === step.plan.id)];
  const act = (one: DocumentAct): DocumentAct => ({
    ...one,
    reason: hide.text(one.reason),
    stdout: hide.output(one.stdout),
    stderr: hide.output(one.stderr),
  });
  return {
    step: step.plan.id,
    outcome,
    reason: hide.text(reason),
    ailment: ailmentAt(host, step),
    hint: hintOf(host, step),
    open: step.end?.open === true,
    endedAt: step.end === null ? null : iso(step.end.at),
    ms: known.ms,
    looks: known.looks,
    unclear: hiddenOutput(known.unclear, hide),
    findings: findings.map(({ seen, ...rest }) => ({ ...rest, values: shownValues(plans, seen) })),
    preview: known.preview && {
      output: hide.output(known.preview.output),
      failed: hide.text(known.preview.failed),
    },
    values: findings.length === 0 ? [] : variablesOf(host, step, hide, told),
    permission: known.permission,
    decisions: known.decisions.map((one) =>
      one.reason === undefined ? one : { ...one, reason: hide.text(one.reason) },
    ),
    deferred: hide.text(known.deferred),
    recurring: findings.length > 0 && isRecurring({ state, plan: step.plan, now: state.at }, { host, step }),
    fixes: known.fixes.map(act),
    verifications: known.verifications.map((one) => ({ ...one, reason: hide.text(one.reason) })),
    rollback: known.rollback && act(known.rollback),
  };
}

function hiddenOutput(output: Output | null, hide: Privacy): Output | null {
  return output && hide.output(output);
}

function variablesOf(host: HostState, step: StepState, hide: Privacy, told: Told): DocumentCell["values"] {
  const definition = told.loaded?.runbook.steps.find((one) => one.id === step.plan.id);
  if (told.loaded === null || definition === undefined) return [];
  const values = valuesOf(told.state, host, told.loaded, definition);
  return values.map((value) => ({ ...value, text: hide.text(value.text) }));
}

function countsOf(hosts: readonly DocumentHost[]): RunDocument["counts"] {
  const amount = (outcome: Outcome) => hosts.filter((host) => host.outcome === outcome).length;
  return {
    failed: amount("failed"),
    "in-doubt": amount("in-doubt"),
    "rolled-back": amount("rolled-back"),
    waiting: amount("waiting"),
    found: amount("found"),
    unknown: amount("unknown"),
    fixed: amount("fixed"),
    clear: amount("clear"),
    skipped: amount("skipped"),
  };
}

function batchesOf(state: RunState): RunDocument["batches"] {
  const admitted = [...state.hosts.values()].flatMap(({ host, batch }) => (batch === null ? [] : [{ host, batch }]));
  const batches = Map.groupBy(admitted, ({ batch }) => batch);
  return [...batches]
    .toSorted(([a], [b]) => a - b)
    .map(([batch, members]) => ({ batch, hosts: members.map(({ host }) => host) }));
}

/** By what was seen of the finding in this run; else by its key, where nothing of that is private. */
function waiverOf(waiver: Waiver, { state, cases, privacy }: Told): DocumentWaiver {
  const { host, step, key, until, by, reason } = waiver;
  const plan = state.plan.steps.find((one) => one.id === step);
  const seen = cases.get(caseKey(host, step))?.findings.get(key)?.seen;
  const secret = plan === undefined || plan.columns.some((column) => column.private && column.key);
  const known = waiver.match === undefined ? key : matchWords(waiver.match);
  const words = plan !== undefined && seen !== undefined ? evidenceOf(plan, [seen]) : secret ? HIDDEN : known;
  return {
    host,
    step,
    what: privacy(host).text(words),
    until: iso(until),
    by,
    reason: privacy(host).text(reason),
    inThisRun: !state.plan.waivers.includes(waiver),
  };
}

function matchWords(match: Readonly<Record<string, string>>): string {
  const columns = Object.entries(match).map(([name, text]) => `${name} ${text}`);
  return columns.length === 0 ? "whatever it finds" : columns.join(", ");
}
