import { cellText, parseCell } from "../engine/cells.ts";
import { columnsOf } from "../engine/judge.ts";
import { stepVerdict } from "../engine/outcome.ts";
import type { HostState, RunState, StepState } from "../engine/state.ts";
import { patternOf } from "../language/cases/wanted.ts";
import type { Case, StepExpectation } from "../model/case.ts";
import type { Entry, EventOf } from "../model/event.ts";
import type { Cell, Finding, Outcome } from "../model/finding.ts";
import { outputText } from "../model/output.ts";
import type { Runbook, Step } from "../model/runbook.ts";
import type { Sent } from "./connector.ts";
import type { Left } from "./host.ts";
import { wholeLines } from "./world.ts";

/** Something that is not as a case expects it. Both are texts of one line or more. */
export type Mismatch = {
  readonly step: string;
  readonly what: string;
  readonly expected: string;
  readonly got: string;
};

/** What a case came to, to be held against what it expects. */
export type Played = {
  readonly state: RunState;
  readonly entries: readonly Entry[];
  readonly sent: readonly Sent[];
  /** What is at a path of the host at the end. */
  readonly read: (path: string) => Promise<Left>;
};

/** What a step came to in a case: its outcome, and which of its scripts did something. */
export type StepTrace = {
  readonly step: string;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly findings: readonly Finding[];
  readonly deferred: boolean;
  readonly rolledBack: boolean;
};

/** The one host of a case. */
function hostOf({ state }: Played): HostState {
  const [host] = state.hosts.values();
  if (host === undefined) throw new Error("a case has a host");
  return host;
}

/** What each step of a case came to. */
export function tracesOf(played: Played): StepTrace[] {
  const host = hostOf(played);
  return host.steps.map((step) => ({
    outcome: stepVerdict(host, step).outcome,
    reason: stepVerdict(host, step).reason,
    step: step.plan.id,
    findings: findingsOf(step.plan.id, played),
    deferred: step.deferred !== null,
    rolledBack: step.rollback !== null,
  }));
}

/** All that is not as the case expects it. */
export async function mismatches(one: Case, runbook: Runbook, played: Played): Promise<Mismatch[]> {
  const host = hostOf(played);
  const all: Mismatch[] = [];
  for (const step of host.steps) {
    const expected = one.expect[step.plan.id] ?? one.expect["*"];
    const definition = runbook.steps.find(({ id }) => id === step.plan.id);
    if (expected === undefined || definition === undefined) continue;
    all.push(...(await ofStep(expected, definition, host, step, played)));
  }
  return all;
}

async function ofStep(
  given: StepExpectation,
  definition: Step,
  host: HostState,
  state: StepState,
  played: Played,
): Promise<Mismatch[]> {
  const step = definition.id;
  const expected: Exclude<StepExpectation, string> = typeof given === "string" ? { outcome: given } : given;
  const verdict = stepVerdict(host, state);
  const got = verdict.reason === "" ? verdict.outcome : `${verdict.outcome}: ${verdict.reason}`;
  const found = findingsOf(step, played);
  const all: Mismatch[] = [];
  const miss = (what: string, want: string, is: string): void => void all.push({ step, what, expected: want, got: is });

  if (expected.outcome !== verdict.outcome) {
    const said = expected.outcome === "found" || found.length === 0 ? got : `${got}\n${found.map(wholeRow).join("\n")}`;
    miss("outcome", expected.outcome, said);
  } else if (expected.reason !== undefined && !fits(expected.reason, verdict.reason)) {
    miss("reason", expected.reason, verdict.reason);
  }
  if (expected.findings !== undefined)
    all.push(...ofFindings(expected.findings, expected.exact === true, definition, found));
  const texts = {
    preview: state.preview === null ? null : outputText(state.preview.output),
    guard: guardWord(step, state, played),
    fix: printedBy("fix-finished", step, played),
    rollback: printedBy("rollback-finished", step, played),
  };
  for (const [what, text] of Object.entries(texts)) {
    const wanted = { preview: expected.preview, guard: expected.guard, fix: expected.fix, rollback: expected.rollback }[
      what
    ];
    if (wanted === undefined) continue;
    if (text === null) miss(what, wanted, "it did not run");
    else if (!fits(wanted, text)) miss(what, wanted, text === "" ? "nothing" : text);
  }
  const failed = state.preview?.failed ?? null;
  if (expected.preview !== undefined && failed !== null) miss("preview", expected.preview, failed);
  if (expected.fixes !== undefined) all.push(...ofFixes(expected.fixes, definition, played));
  all.push(...ofCalls(expected, step, played));
  for (const [path, file] of Object.entries(expected.left ?? {})) {
    const is = await played.read(path);
    const want = file === null ? null : typeof file === "string" ? wholeLines(file) : file.text;
    const same = typeof is === "string" ? is === "nothing" && want === null : is.text === want;
    if (!same) miss(`left ${path}`, want ?? "nothing", typeof is === "string" ? is : is.text);
  }
  return all;
}

function lines(all: readonly string[]): string {
  return all.length === 0 ? "nothing" : all.join("\n");
}

function fits(wanted: string, text: string): boolean {
  const matches = patternOf(wanted);
  return typeof matches === "function" && matches(text);
}

/** The findings that a step's fix was begun for, or that its last look told. */
function findingsOf(step: string, { entries }: Played): readonly Finding[] {
  const own = entries.map(({ event }) => event).filter((event) => "step" in event && event.step === step);
  const fixed = own.findIndex((event) => event.type === "fix-started");
  const before = fixed < 0 ? own : own.slice(0, fixed);
  return before.findLast((event): event is EventOf<"detected"> => event.type === "detected")?.findings ?? [];
}

function guardWord(step: string, state: StepState, { sent }: Played): string | null {
  if (!sent.some((each) => each.step === step && each.name === "guard")) return null;
  return state.deferred ?? "go";
}

function printedBy(type: "fix-finished" | "rollback-finished", step: string, { entries }: Played): string | null {
  const ends = entries.flatMap(({ event }) => (event.type === type && event.step === step ? [event] : []));
  return ends.length === 0 ? null : ends.map(({ stdout, stderr }) => outputText(stdout) + outputText(stderr)).join("");
}

type Wanted = string | Readonly<Record<string, Cell>>;

function ofFindings(
  wanted: readonly Wanted[],
  exact: boolean,
  { id, detect }: Step,
  found: readonly Finding[],
): Mismatch[] {
  const types = new Map(columnsOf(detect));
  const rows = wanted.map((each) => (typeof each === "string" ? { [columnsOf(detect)[0]?.[0] ?? ""]: each } : each));
  const same =
    rows.length === found.length &&
    rows.every((row, at) => {
      const values = found[at]?.values ?? {};
      const cells = Object.entries(row).every(([name, cell]) =>
        sameCell(cell, values[name] ?? null, types.get(name)?.type),
      );
      return cells && (!exact || Object.keys(values).every((name) => Object.hasOwn(row, name)));
    });
  if (same) return [];
  const named = [...types.keys()].filter((name) => exact || rows.some((row) => Object.hasOwn(row, name)));
  const expected = lines(rows.map((row) => rowText(row)));
  const got = lines(found.map(({ values }) => rowText(named.length === 0 ? values : pick(values, named))));
  return [{ step: id, what: "findings", expected, got }];
}

/** A size or a span of time may be written as people do, in the unit of the column. */
function sameCell(wanted: Cell, got: Cell, type: Parameters<typeof parseCell>[1] | undefined): boolean {
  if (wanted === got) return true;
  if (typeof wanted === "string" && typeof got === "string") return /^\/.+\/$/s.test(wanted) && fits(wanted, got);
  if (typeof wanted !== "string" || type === undefined || type === "string" || wanted === "-") return false;
  const read = parseCell(wanted, type);
  return "cell" in read && read.cell === got;
}

function ofFixes(wanted: readonly Readonly<Record<string, Cell>>[], { id }: Step, { sent }: Played): Mismatch[] {
  const ran = sent.filter((each) => each.step === id && each.name === "fix").map(({ variables }) => variables);
  const same =
    ran.length === wanted.length &&
    wanted.every((row, at) => Object.entries(row).every(([name, cell]) => ran[at]?.[name] === cellText(cell)));
  if (same) return [];
  const named = [...new Set(wanted.flatMap((row) => Object.keys(row)))];
  const got = ran.map((row) => rowText(named.length === 0 ? {} : pick(row, named)));
  return [{ step: id, what: "fixes", expected: lines(wanted.map(rowText)), got: lines(got) }];
}

/** Calls that had to be made, in their order, and calls that must not be. */
function ofCalls(
  { ran = [], never = [] }: Exclude<StepExpectation, string>,
  step: string,
  { sent }: Played,
): Mismatch[] {
  const calls = sent
    .filter((each) => each.step === step && (each.name === "fix" || each.name === "rollback"))
    .flatMap((each) => each.calls);
  let at = 0;
  for (const call of calls) if (call === ran[at]) at += 1;
  const names = new Set(ran.map(commandOf));
  const got = lines(calls.filter((call) => names.has(commandOf(call))));
  const missed = at === ran.length ? [] : [{ step, what: "ran", expected: lines(ran), got }];
  const wrong = calls.filter((call) => never.some((pattern) => globOf(pattern).test(call)));
  return [...missed, ...wrong.map((call) => ({ step, what: "never", expected: "no such call", got: call }))];
}

function commandOf(call: string): string {
  return call.split(" ", 1).join("");
}

function globOf(pattern: string): RegExp {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[\\^$.+?()[\]{}|/-]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]*")}$`);
}

function pick(values: Readonly<Record<string, Cell | undefined>>, names: readonly string[]): Record<string, Cell> {
  return Object.fromEntries(names.map((name) => [name, values[name] ?? null]));
}

function wholeRow({ values }: Finding): string {
  return rowText(values);
}

/** `{ pid: 101, path: "/var/log/x" }`, as a case would write it. */
function rowText(row: Readonly<Record<string, Cell>>): string {
  const cells = Object.entries(row).map(([name, cell]) => `${name}: ${cellWords(cell)}`);
  return cells.length === 0 ? "{}" : `{ ${cells.join(", ")} }`;
}

function cellWords(cell: Cell): string {
  if (typeof cell !== "string") return String(cell);
  return /^[A-Za-z0-9/_][\w./@%+=-]*$/.test(cell) && !/^(?:true|false|null|\d.*)$/.test(cell)
    ? cell
    : JSON.stringify(cell);
}
