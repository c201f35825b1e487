import { createHash } from "node:crypto";
import { storedRunbook } from "../language/runbook/stored.ts";
import type { Entry } from "../model/event.ts";
import { NoticeKind } from "../model/notification.ts";
import { clean } from "../view/clean.ts";
import { evidenceOf } from "../view/evidence.ts";
import { foldHosts } from "../view/hosts.ts";
import { privacyOf } from "../view/privacy.ts";
import { questionsOf, waitingCards } from "../view/questions.ts";
import { noticeCard } from "./card.ts";
import { harmlessBy, type Harmless } from "./harmless.ts";
import { tellingOf, type News, type ToldLine } from "./news.ts";
import type { Notice } from "./notice.ts";
import { progressOf, type Progress } from "./standing.ts";
import { titleOf } from "./words.ts";

/** What a receiver was told of one step on one host. `step`: where it is remembered, as `place` of a standing. */
export type ToldPlace = { readonly host: string; readonly step: string; readonly lines: readonly ToldLine[] };

/** Whoever wants to know, and what has been told there of the schedule's runbook. */
export type Listener = {
  readonly name: string;
  readonly on: readonly NoticeKind[];
  readonly told: readonly ToldPlace[];
};

/** What a listener is told now: the messages, and the places of which other things have been told from then on. */
export type Told = {
  readonly name: string;
  readonly notices: readonly Notice[];
  readonly places: readonly ToldPlace[];
};

/** Hosts and findings that a message names; the rest is counted. */
const MOST = 20;
/** Questions of which a message has the card. */
const MOST_CARDS = 5;

/** A run as it stands, and the option that names its record in a command; empty: none is needed. */
type Subject = Progress & { readonly option: string };

/**
 * What everybody is told of what has happened in a run of a schedule since the entry of a number: one message a step and kind, hosts together.
 * The same entries make the same messages, with the same ids. `option` names the record in their commands: ` --state DIR`, or nothing.
 */
export function noticesOf(
  entries: readonly Entry[],
  after: number,
  listeners: readonly Listener[],
  option = "",
): readonly Told[] {
  const read = progressOf(entries, after);
  if (read === null) return [];
  const progress = { ...read, option };
  const harmless = harmlessBy(privacyOf(entries, progress.state.plan));
  return listeners.map((listener) => tell(progress, listener, harmless));
}

function tell(progress: Subject, { name, on, told }: Listener, harmless: Harmless): Told {
  const known = new Map(told.map((place) => [placeOf(place.host, place.step), place.lines]));
  const wanted = new Set(on);
  const tellings = progress.standings.map((standing) => {
    const { host, place: step } = standing;
    const before = known.get(placeOf(host, step)) ?? [];
    return { host, step, before, ...tellingOf(standing, wanted, before) };
  });
  const groups = Map.groupBy(
    tellings.flatMap(({ news }) => news),
    ({ kind, standing }) => `${NoticeKind.options.indexOf(kind)} ${standing.step?.id ?? ""}`,
  );
  return {
    name,
    notices: [...groups].flatMap(([, news]) => noticeOf(progress, name, news, harmless)),
    places: tellings
      .filter(({ before, told: lines }) => JSON.stringify(before) !== JSON.stringify(lines))
      .map(({ host, step, told: lines }) => ({ host, step, lines })),
  };
}

function placeOf(host: string, step: string): string {
  return JSON.stringify([host, step]);
}

function noticeOf(progress: Subject, name: string, news: readonly News[], harmless: Harmless): Notice[] {
  const [first] = news;
  if (first === undefined) return [];
  const { state, option } = progress;
  const { run, plan, seq, at } = state;
  const { kind, standing } = first;
  const { step } = standing;
  const names = [...new Set(news.map((one) => one.standing.host))];
  const id = createHash("sha256")
    .update(JSON.stringify([run, seq, name, kind, step?.id ?? ""]))
    .digest("hex")
    .slice(0, 32);
  const title = step === null ? null : clean(step.title);
  const { cards, unlisted } = kind === "waiting" ? cardsOf(progress, news, harmless) : { cards: [], unlisted: 0 };
  return [
    {
      version: 1,
      id,
      kind,
      notification: name,
      title: titleOf(kind, title, clean(foldHosts(names))),
      at: new Date(at).toISOString(),
      schedule: plan.schedule === undefined ? null : clean(plan.schedule.name),
      fire: plan.schedule === undefined ? null : new Date(plan.schedule.fire).toISOString(),
      run: clean(run),
      by: clean(plan.by),
      machine: plan.machine === undefined ? null : clean(plan.machine),
      runbook: { name: clean(plan.runbook.name), title: clean(plan.runbook.title) },
      step: step === null ? null : { id: clean(step.id), title: clean(step.title), severity: step.severity },
      hosts: { count: names.length, names: names.slice(0, MOST).map((host) => clean(host)) },
      reason: "",
      findings: news.slice(0, MOST).map((one) => findingOf(one, harmless)),
      cards,
      more: moreOf(news, run, option),
      messages: [],
      unlisted,
    },
  ];
}

/** Letters of what is told of one host. */
const LONGEST = 400;

function findingOf({ kind, standing, findings }: News, harmless: Harmless): Notice["findings"][number] {
  const { host, step, reason: why, recurs } = standing;
  // What was fixed may stand otherwise by now.
  const over = kind === "recovered" || (kind === "fixed" && standing.kind !== "clear");
  const reason = kind === "recurring" ? (recurs ?? "") : over ? "" : why;
  const what = step === null ? "" : evidenceOf(step, findings);
  const told = (text: string): string => clean(harmless([host], text), { max: LONGEST });
  return { host: clean(host), what: told(what), reason: told(reason) };
}

/** Where the question was asked: this run, or the one that asked it before. */
function moreOf([first, ...rest]: readonly News[], run: string, option: string): string {
  const mark = first?.standing.mark ?? run;
  const same = rest.every(({ standing }) => standing.mark === mark);
  if (first?.kind !== "waiting") return `runbook history show ${clean(run)}${option}`;
  return same ? `runbook approvals ${clean(mark)}${option}` : `runbook approvals${option}`;
}

function cardsOf(
  { state, option }: Subject,
  news: readonly News[],
  harmless: Harmless,
): Pick<Notice, "cards" | "unlisted"> {
  const places = new Set(news.map(({ standing }) => placeOf(standing.host, standing.step?.id ?? "")));
  const cards = waitingCards(state).filter(({ host, step }) => places.has(placeOf(host.host, step.plan.id)));
  const loaded = storedRunbook(state.plan);
  const questions = questionsOf(state, cards, loaded);
  const shown = questions.slice(0, MOST_CARDS);
  return {
    cards: shown.map((question) => noticeCard(state, loaded, question, { harmless, option })),
    unlisted: questions.length - shown.length,
  };
}
