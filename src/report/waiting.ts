import type { RunState } from "../engine/state.ts";
import { moment } from "../engine/words.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import type { Holder } from "../run/ports.ts";
import { answersTo } from "../view/answers.ts";
import { cardDrawer } from "../view/card-lines.ts";
import { cardOf, groupCardOf, type Card } from "../view/card.ts";
import { clean } from "../view/clean.ts";
import { paletteOf } from "../view/colour.ts";
import { labelled } from "../view/margin.ts";
import { wantedOf, type Question, type Waiting } from "../view/questions.ts";
import { counted, duration, shortDigest } from "../view/words.ts";

/** A run in which something waits. */
export type WaitingRun = {
  readonly state: RunState;
  /** Null: its runbook cannot be read from the record, so there are no cards. */
  readonly loaded: LoadedRunbook | null;
  readonly questions: readonly Question[];
  /** Who is at work on it; null: nobody, so it must be resumed. */
  readonly holder: Holder | null;
  /** The daemon that goes on with it by itself once it is decided; null: somebody must. */
  readonly daemon: Holder | null;
  /** Digest → other runs that found the same and wait for the answer here. */
  readonly alsoIn: ReadonlyMap<string, readonly string[]>;
};

/** Where lines are drawn, and when: ms since the epoch. */
export type Drawing = { readonly width: number; readonly colour: boolean; readonly now: number };

/** What waits in a run: whether it is at work, then each question with its card and how to answer it. */
export function waitingLines(run: WaitingRun, drawing: Drawing): string[] {
  const amount = run.questions.reduce((sum, { members }) => sum + members.length, 0);
  const draw = cardDrawer(drawing);
  return [
    ...runLines(run, amount, drawing),
    ...run.questions.flatMap((question) => ["", ...questionLines(run, question, draw, drawing)]),
    "",
  ];
}

function runLines({ state, holder, daemon }: WaitingRun, amount: number, { width, colour }: Drawing): string[] {
  const draw = { palette: paletteOf(colour), width: Math.max(40, width) };
  const { plan, run } = state;
  const machine = plan.machine === undefined ? "" : ` on ${plan.machine}`;
  const next = daemon === null ? `\`runbook resume ${run}\`` : processWords("the daemon", daemon);
  const standing =
    holder === null
      ? `nobody: once it is decided, ${next} goes on with it`
      : `${processWords(holder.by, holder)}: it takes a decision by itself`;
  return [
    draw.palette(
      "bold",
      `${clean(run)}: ${counted(amount, "card")} of ${clean(plan.runbook.name)} ${amount === 1 ? "waits" : "wait"}`,
    ),
    ...labelled("started", `${moment(state.startedAt)} by ${plan.by}${machine}`, draw),
    ...labelled("at work", standing, draw),
  ];
}

/** `ada (process 4711 on admin1)`. */
export function processWords(name: string, { writer }: Holder): string {
  return writer === undefined ? name : `${name} (process ${writer.pid} on ${writer.host})`;
}

/** The card of a question, how long it has waited, and the command that answers it. */
function questionLines(
  run: WaitingRun,
  question: Question,
  drawn: ReturnType<typeof cardDrawer>,
  drawing: Drawing,
): string[] {
  const draw = { palette: paletteOf(drawing.colour), width: Math.max(40, drawing.width) };
  const card = cardOfQuestion(run, question, drawing.now);
  const others = [...new Set(question.members.flatMap(({ digest }) => run.alsoIn.get(digest) ?? []))];
  return [
    ...(card === null ? bareLines(question, draw) : drawn(card)),
    ...waitingFor(question, drawing),
    ...labelled("also in", others.length === 0 ? "" : `${alsoWords(others)}: asked only here`, draw),
    ...labelled("answer", answerWords(run.state.run, question), draw),
  ];
}

/** So many other runs are named: what comes back every night is found by every one of them. */
const MOST_RUNS = 3;

function alsoWords(runs: readonly string[]): string {
  const rest = runs.length - MOST_RUNS;
  return runs.slice(0, MOST_RUNS).join(", ") + (rest > 0 ? ` and ${counted(rest, "other run")}` : "");
}

/** How long a question has waited. */
export function waitingFor({ members }: Question, { width, colour, now }: Drawing): string[] {
  const since = Math.min(...members.map((member) => member.since));
  const words = `for ${duration(Math.max(0, Math.floor((now - since) / 1000)))}`;
  return labelled("waits", words, { palette: paletteOf(colour), width: Math.max(40, width) });
}

/** One card for all that is asked; null without the runbook. */
export function cardOfQuestion(
  { state, loaded }: Pick<WaitingRun, "state" | "loaded">,
  { step, members }: Question,
  now: number,
): Card | null {
  if (loaded === null) return null;
  const hosts = members.map(({ host }) => host.host);
  return groupCardOf({ state, hosts, step: step.id, loaded, now });
}

function bareLines({ step, members }: Question, draw: Parameters<typeof labelled>[2]): string[] {
  return members.flatMap(({ host, digest }) => [
    `${clean(host.host)}: ${clean(step.title)}`,
    ...labelled("card", `${shortDigest(digest)}; the runbook is not on record, so it cannot be shown`, draw),
  ]);
}

function answerWords(run: string, question: Question): string {
  const { approve, deny } = answersTo(run, question);
  return deny === null ? `once a person has done it: \`${approve}\`` : `\`${approve}\` or \`${deny}\``;
}

/** One waiting card as data, for scripts. */
export function waitingData(run: WaitingRun, waiting: Waiting, now: number): object {
  const { state, loaded, holder } = run;
  const { host, step, digest, since } = waiting;
  return {
    run: state.run,
    runbook: state.plan.runbook.name,
    host: host.host,
    step: step.plan.id,
    digest,
    since: new Date(since).toISOString(),
    kind: step.plan.fix?.kind ?? null,
    risk: step.plan.fix?.risk ?? null,
    alive: holder !== null,
    wants: wantsOf(state, waiting, now),
    card: loaded === null ? null : cardOf({ state, host: host.host, step: step.plan.id, loaded, now }),
  };
}

/** What the policy wants of a card, as data. */
export function wantsOf(state: RunState, waiting: Waiting, now: number) {
  const { permission, given } = wantedOf(state, waiting, now);
  const { approvers, notRequester, signed, expires } = permission;
  return { approvers, notRequester, signed, expires, given: given.map((vote) => vote.signature?.principal ?? vote.by) };
}
