import { isDeepStrictEqual } from "node:util";
import { subjectOf, digestOf } from "../engine/digest.ts";
import { fold } from "../engine/evolve.ts";
import { runbookDigest } from "../engine/runbook-digest.ts";
import type { RunState } from "../engine/state.ts";
import { storedRunbook } from "../language/runbook/stored.ts";
import { readDecisionFile, readRequestFile, type DecisionFile, type RequestFile } from "../language/exchange.ts";
import { readText, unreadable } from "../load/text.ts";
import { isFault, type Fault } from "../model/fault.ts";
import type { Entry } from "../model/event.ts";
import type { RunbookSource } from "../model/source.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { jsonText } from "../report/json.ts";
import { wantsOf, type WaitingRun } from "../report/waiting.ts";
import { cardOf } from "../view/card.ts";
import { questionsOf, waitingCards, type Waiting } from "../view/questions.ts";
import { contradiction } from "./unaltered.ts";

/** Bytes that a file of requests or decisions may have. */
const MAX_EXCHANGE = 100_000_000;

/** What waits in a run as a file for somebody else. The settings of its command line stay at home. */
export function requestFileOf(
  { state, loaded, questions }: WaitingRun,
  entries: readonly Entry[],
  exportedAt: number,
): RequestFile {
  const { runbook, by } = state.plan;
  return {
    format: "runbook-requests/1",
    run: state.run,
    runbook,
    by,
    exportedAt,
    requests: questions.flatMap(({ members }) => members.map((card) => requestOf(state, loaded, card, exportedAt))),
    entries: entries.map(withoutSettings),
  };
}

function requestOf(
  state: RunState,
  loaded: LoadedRunbook | null,
  waiting: Waiting,
  now: number,
): RequestFile["requests"][number] {
  const { host, step, digest } = waiting;
  return {
    host: host.host,
    step: step.plan.id,
    digest,
    subject: subjectOf(state, host, step),
    card: loaded === null ? null : cardOf({ state, host: host.host, step: step.plan.id, loaded, now }),
    wants: wantsOf(state, waiting, now),
  };
}

function withoutSettings(entry: Entry): Entry {
  if (entry.event.type !== "run-started") return entry;
  const { settings: _, ...plan } = entry.event.plan;
  return { ...entry, event: { ...entry.event, plan } };
}

/**
 * The requests in a file, made again from the entries in it. Where what it says beside them differs from what they tell, or a digest is not
 * that of what is on its card, the file was altered, and nothing in it is shown as true.
 */
export async function readRequests(file: string): Promise<WaitingRun | Fault> {
  const read = await readText(file, MAX_EXCHANGE);
  if ("problem" in read) return unreadable(read, file);
  const requests = readRequestFile(read.text, file);
  if (isFault(requests)) return requests;
  const state = stateOf(requests);
  const altered = (what: string): Fault => ({
    kind: "invalid-file",
    where: file,
    message: `the file was altered: ${what}`,
    hint: "ask for a new one: `runbook approvals RUN --export FILE`",
  });
  if (state === null) return altered("its entries tell no run");
  if (state.run !== requests.run || !isDeepStrictEqual(state.plan.runbook, requests.runbook)) {
    return altered("it names another run than its entries");
  }
  const loaded = storedRunbook(state.plan);
  if (state.plan.source !== undefined && digestOfSource(state.plan.source) !== state.plan.runbook.digest) {
    return altered("the runbook in it is not the one of its digest");
  }
  try {
    const cards = cardsIn(requests, state, loaded);
    if (typeof cards === "string") return altered(cards);
    return {
      state,
      loaded,
      questions: questionsOf(state, cards, loaded),
      holder: null,
      daemon: null,
      alsoIn: new Map(),
    };
  } catch {
    // Of a record of ours a card can always be drawn.
    return altered("its entries do not fit together");
  }
}

function digestOfSource({ text, functions, files, contents = [] }: RunbookSource): string {
  return runbookDigest(text, functions, new Map(files.map((name, at) => [name, contents[at] ?? ""])));
}

/** The cards that a file asks about, as its entries tell them; or what was altered in it. */
function cardsIn(
  { requests, exportedAt }: RequestFile,
  state: RunState,
  loaded: LoadedRunbook | null,
): readonly Waiting[] | string {
  const waiting = waitingCards(state);
  const cards: Waiting[] = [];
  for (const request of requests) {
    const where = `${request.step} on ${request.host}`;
    const card = waiting.find(({ host, step }) => host.host === request.host && step.plan.id === request.step);
    if (card === undefined) return `nothing waits for ${where}`;
    if (digestOf(state, card.host, card.step) !== request.digest || card.digest !== request.digest) {
      return `the digest ${request.digest} is not that of what is on the card of ${where}`;
    }
    if (!isDeepStrictEqual(asJson(requestOf(state, loaded, card, exportedAt)), asJson(request))) {
      return `the card of ${where} is not what the entries tell`;
    }
    cards.push(card);
  }
  return (loaded === null ? null : contradiction(state, cards, loaded)) ?? cards;
}

/** The decisions in a file that are for a run; not checked yet in any other way. */
export async function readDecisions(file: string, run: string): Promise<DecisionFile["decisions"] | Fault> {
  const read = await readText(file, MAX_EXCHANGE);
  if ("problem" in read) return unreadable(read, file);
  const decisions = readDecisionFile(read.text, file);
  if (isFault(decisions)) return decisions;
  if (decisions.run === run) return decisions.decisions;
  const message = `its decisions are for run ${decisions.run}, not for ${run}`;
  return { kind: "invalid-file", where: file, message, hint: `\`runbook approve ${decisions.run} --import FILE\`` };
}

/** A file of requests or decisions as its text. */
export function exchangeText(content: RequestFile | DecisionFile): string {
  return `${jsonText(content, "page")}\n`;
}

/** Entries that do not follow one another would be a bug of ours in a record; in a file they are an alteration. */
function stateOf({ entries }: RequestFile): RunState | null {
  try {
    return fold(entries);
  } catch {
    return null;
  }
}

function asJson(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}
