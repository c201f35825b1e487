import { digestOf } from "../../src/engine/digest.ts";
import { evolve } from "../../src/engine/evolve.ts";
import type { RunState } from "../../src/engine/state.ts";
import type { Entry, Event } from "../../src/model/event.ts";
import type { Accepted, RunPlan } from "../../src/model/plan.ts";
import type { Outcome } from "../../src/model/finding.ts";
import { resolveShare } from "../../src/model/measure.ts";
import { type Boots, checkBoots, keepBoots, noBoots } from "./boots.ts";
import { checkGone, isGone, takeAnew } from "./accepted.ts";
import { checkConsent } from "./consent.ts";
import { ADRIFT, blank, reopened, type Page, TELLS } from "./page.ts";
import { checkTimer, noteTimer } from "./timers.ts";
import { checkLeft, noteLeft } from "./left.ts";
import { askAnew, checkLock, checkPatience, noteLock } from "./kept-out.ts";
import { checkSeveralRuns, noteSeen } from "./several-runs.ts";
import { checkOnce, checkSpread, hasBusyTwin, roomOf, waitsForPeer } from "./spread.ts";

/**
 * What must hold for every record of a run, told from its events alone with bookkeeping of its own: a promise that is checked with
 * the engine's own reading of the state would prove nothing. Throws with the first promise that is broken.
 */
export function keepsItsPromises(entries: readonly Entry[]): void {
  const [first] = entries;
  if (first?.event.type !== "run-started") throw new Error("the first entry is not run-started");
  const books = emptyBooks(first.event.plan);
  let state: RunState | null = null;
  for (const [at, entry] of entries.entries()) {
    if (state !== null) check(entry, state, books, entries.slice(Math.max(0, at - 40), at + 1));
    state = evolve(state, entry);
    keep(books, entry);
  }
}

/** The bookkeeping of one run. */
export type Books = {
  readonly plan: RunPlan;
  readonly pages: Map<string, Page>;
  readonly failed: Set<string>;
  readonly unknown: Set<string>;
  readonly over: Set<string>;
  readonly batches: Map<string, number>;
  /** Host → its machine. */
  readonly machines: Map<string, string>;
  /** Host and step → what people said to one digest, and until when it holds. */
  readonly votes: Map<string, { digest: string; by: string; at: number; auto: boolean }[]>;
  /** Host, step and key → until when it is waived. */
  readonly waived: Map<string, number>;
  readonly skipped: Set<string>;
  /** Hosts with a card that is open, or with an approval: they certainly need a fix. */
  readonly sick: Set<string>;
  /** Host and step of every fix that began. */
  readonly fixed: { readonly host: string; readonly step: string; readonly key: string | null }[];
  readonly boots: Boots;
  stopped: boolean;
  paused: boolean;
  frozen: boolean;
};

function emptyBooks(plan: RunPlan): Books {
  return {
    plan,
    pages: new Map(),
    failed: new Set(),
    unknown: new Set(),
    over: new Set(),
    batches: new Map(),
    machines: new Map(),
    votes: new Map(),
    waived: new Map(),
    skipped: new Set(),
    sick: new Set(),
    fixed: [],
    boots: noBoots(),
    stopped: false,
    paused: false,
    frozen: false,
  };
}

function page(books: Books, host: string, step: string): Page {
  const place = `${host} ${step}`;
  const known = books.pages.get(place);
  if (known !== undefined) return known;
  const fresh = { ...blank(), end: null };
  books.pages.set(place, fresh);
  return fresh;
}

function check(entry: Entry, state: RunState, books: Books, latest: readonly Entry[]): void {
  const { event } = entry;
  const promise = (kept: boolean, text: string): void => {
    if (!kept)
      throw new Error(`${text}; broken by the last of\n${latest.map((one) => JSON.stringify(one.event)).join("\n")}`);
  };
  if (event.type === "fix-started") {
    checkFix(event, state, books, promise);
    checkConsent(event, entry.at, books, page(books, event.host, event.step).started.size === 0, promise);
  }
  checkSeveralRuns(event, books, promise);
  checkBoots(event, books, promise);
  checkGone(event, books, promise);
  if (event.type === "rollback-started") {
    const { running, lost, rolledBack, started } = page(books, event.host, event.step);
    promise(started.size > 0, "nothing is rolled back that was not fixed");
    promise(event.by === "host" || (!running && !lost), "no rollback while a fix is running or its end is not known");
    promise(!rolledBack, "a step is rolled back once");
  }
  if ("step" in event && event.step !== null) {
    const { fix } = books.plan.steps.find((step) => step.id === event.step) ?? {};
    checkTimer(event, page(books, event.host, event.step), fix ?? null, promise);
    checkLeft(entry, page(books, event.host, event.step), books, promise);
  }
  if (event.type === "admitted") {
    promise(!books.batches.has(event.host), "a host keeps its place");
    const earlier = [...books.batches].filter(([, batch]) => batch < event.batch);
    promise(
      earlier.every(([host]) => settled(books, host)),
      "a batch opens when the one before is settled",
    );
    const beside = [...books.batches.values()].filter((batch) => batch === event.batch).length;
    promise(beside < roomOf(books.plan, event.batch), "no more hosts in a batch than it has places");
  }
  if ("step" in event && event.step !== null) {
    const told = isGone(books, event.host) || !page(books, event.host, event.step).adrift || TELLS.has(event.type);
    promise(told, "a fix that was left by another process is looked for before anything else");
  }
  if (event.type === "asked") {
    promise(page(books, event.host, event.step).approved === null, "nobody is asked for what is approved");
  }
  if (event.type === "step-ended" && event.outcome === "in-doubt") {
    const { untold, job } = page(books, event.host, event.step);
    promise(!untold || !job || event.open === true, "what can be found on its host later is left open");
  }
  checkPatience(entry, books, promise);
  if ("step" in event && event.step !== null && event.type !== "step-ended") {
    promise(page(books, event.host, event.step).end === null, "nothing happens to a step that has ended");
  }
}

/** Holds a promise to be kept, or throws. */
export type Promise = (kept: boolean, text: string) => void;

function checkFix(
  event: Extract<Event, { type: "fix-started" }>,
  state: RunState,
  books: Books,
  promise: Promise,
): void {
  const { plan } = books;
  const { rollout } = plan;
  const own = page(books, event.host, event.step);
  promise(!plan.dryRun && plan.check === undefined, "a dry run and a check fix nothing");
  checkLock(own, promise);
  promise(!books.stopped, "no new fix after a stop");
  promise(own.approved !== null, "a fix needs an approval");
  const first = own.started.size === 0;
  promise(!first || own.approved === digestNow(state, event.host, event.step), "an approval is for what is found now");
  promise(first || isOnCard(state, event), "a further fix is for what stands on the approved card and is still found");
  promise(!own.started.has(event.key), "no fix is repeated");
  promise(!own.running && !own.lost, "no fix beside another whose end is not known");
  promise(books.failed.size < rollout.maxFailures, "no new fix after max_failures failed hosts");
  promise(
    books.unknown.size <= resolveShare(rollout.maxUnknown, plan.hosts.length),
    "no fix with more than max_unknown unknown hosts",
  );
  promise(books.batches.has(event.host), "a host needs its place in a batch");
  checkSpread(event.host, own.started.size === 0, books, promise);
  checkOnce(event, books, promise);
  promise(!hasBusyTwin(event.host, books), "one fix at a time on one machine");
  const at = plan.steps.findIndex((step) => step.id === event.step);
  const fix = plan.steps[at]?.fix ?? null;
  promise(fix !== null && fix.kind !== "manual" && fix.selected, "only a selected fix that is not a person's starts");
  if (plan.steps[at]?.independent === true) return;
  for (const earlier of plan.steps.slice(0, at)) {
    const { end } = page(books, event.host, earlier.id);
    const well = end === "clear" || end === "fixed" || end === "skipped";
    promise(earlier.fix === null || well, "a step that is not well blocks the fixes of later ones");
  }
}

function isOnCard(state: RunState, { host, step, key }: Extract<Event, { type: "fix-started" }>): boolean {
  const own = state.hosts.get(host)?.steps.find((one) => one.plan.id === step);
  return [own?.target, own?.findings].every((list) => list?.some((finding) => finding.key === key));
}

function digestNow(state: RunState, name: string, id: string): string | null {
  const host = state.hosts.get(name);
  const step = host?.steps.find((one) => one.plan.id === id);
  return host === undefined || step === undefined ? null : digestOf(state, host, step);
}

/** Nothing is under way or about to begin; what is left waits for a person, or there is nothing left. */
function settled(books: Books, host: string): boolean {
  if (books.over.has(host)) return true;
  const pages = books.plan.steps.map((step) => page(books, host, step.id));
  const open = pages.filter((one) => one.end === null);
  if (open.some((one) => one.left === null && (one.started.size > 0 || one.approved !== null))) return false;
  return (
    open.length === 0 ||
    open.some((one) => one.left !== null) ||
    open.some((one) => one.asked) ||
    waitsForPeer(host, books)
  );
}

function keep(books: Books, entry: Entry): void {
  const { event, at } = entry;
  if (event.type === "run-resumed") reopen(books, event.accepted);
  if (event.type === "paused" || event.type === "continued") books.paused = event.type === "paused";
  if (event.type === "frozen" || event.type === "unfrozen") books.frozen = event.type === "frozen";
  if (event.type === "host-skipped") books.skipped.add(event.host);
  if (event.type === "asked" || event.type === "approved") books.sick.add(event.host);
  const lapsed = event.type === "waived" || event.type === "undetermined";
  if (lapsed || (event.type === "detected" && event.findings.length === 0)) books.sick.delete(event.host);
  if (event.type === "fix-started") books.fixed.push({ host: event.host, step: event.step, key: event.key });
  if (event.type === "waived") {
    for (const key of event.keys) books.waived.set(`${event.host} ${event.step} ${key}`, event.until);
  }
  if (event.type === "endorsed" || event.type === "approved") {
    const place = `${event.host} ${event.step}`;
    const others = (books.votes.get(place) ?? []).filter((one) => one.digest === event.digest);
    const auto = "auto" in event && event.auto === true;
    books.votes.set(place, [...others, { digest: event.digest, by: event.by, at, auto }]);
  }
  if (event.type === "approval-voided" || event.type === "verified") books.votes.delete(`${event.host} ${event.step}`);
  if (event.type === "stop-requested") books.stopped = true;
  if (event.type === "reached" && event.machineId !== null) books.machines.set(event.host, event.machineId);
  keepBoots(event, books);
  noteSeen(books, event, at);
  if (event.type === "admitted") books.batches.set(event.host, event.batch);
  if (event.type === "unreachable" || event.type === "undetermined") books.unknown.add(event.host);
  // What a stop left unlooked at is unknown only until the run is resumed, and nothing starts before.
  if (event.type === "step-ended" && event.outcome === "unknown" && event.open !== true) books.unknown.add(event.host);
  if ("step" in event && event.step === null && event.type !== "concerned") books.over.add(event.host);
  if ("step" in event && event.step !== null) write(books, event.host, page(books, event.host, event.step), event, at);
  if ("step" in event && event.step !== null) noteLeft(books, event.host, page(books, event.host, event.step), entry);
}

/** What was only put off is taken up again. */
function reopen(books: Books, accepted: Accepted | undefined): void {
  Object.assign(books, { stopped: false, paused: false, frozen: false });
  for (const [place, own] of books.pages) {
    // What is begun or approved there is not given up for one login that failed.
    if (own.open || (own.end === null && own.approved !== null)) books.unknown.delete(place.split(" ")[0] ?? "");
    if (own.timer === "lost") Object.assign(own, { timer: "armed", bad: false });
    if (own.untold && own.job) Object.assign(own, ADRIFT);
    else if (own.timer === "armed") Object.assign(own, { end: null, open: false });
    else if (own.open) Object.assign(own, reopened(own));
    askAnew(own);
  }
  for (const host of books.failed) {
    const pages = books.plan.steps.map((step) => page(books, host, step.id));
    if (!pages.some((own) => own.bad)) books.failed.delete(host);
  }
  takeAnew(books, accepted);
}

const FAILED: ReadonlySet<Outcome> = new Set(["failed", "rolled-back", "in-doubt"]);

function write(books: Books, host: string, own: Page, event: Event, at: number): void {
  if (event.type === "asked") own.asked = true;
  if (event.type === "approved")
    Object.assign(own, { approved: event.digest, auto: event.auto === true, asked: false });
  if (event.type === "denied" || event.type === "waived") own.asked = false;
  if (event.type === "approval-voided") own.approved = null;
  if (event.type === "fix-started") {
    Object.assign(own, {
      started: own.started.add(event.key),
      running: true,
      untold: true,
      // A host that was told to reboot is looked for as a job is.
      job: event.job !== undefined || event.kernel !== undefined,
      timer: event.timer === undefined ? "none" : "armed",
    });
  }
  noteTimer(own, event);
  if (event.type === "fix-finished" || event.type === "fix-refused" || event.type === "rebooted") own.running = false;
  const away = event.type === "reboot-failed" && event.how === "away";
  if (event.type === "reboot-failed") Object.assign(own, { running: false, lost: away });
  if (TELLS.has(event.type)) own.adrift = false;
  if (TELLS.has(event.type))
    own.untold = away || event.type === "rollback-lost" || (event.type === "fix-lost" && !event.over);
  if (event.type === "fix-lost") Object.assign(own, { running: false, lost: event.over !== true });
  if (event.type === "rollback-started")
    Object.assign(own, { rolledBack: true, untold: true, job: event.job !== undefined });
  if (event.type === "verified") Object.assign(own, blank(), { done: true });
  noteLock(books, own, event, at);
  if (event.type === "step-ended") Object.assign(own, { end: event.outcome, open: event.open === true });
  if (event.type === "not-concerned") own.end = "skipped";
  if (event.type === "undetermined") own.end = "unknown";
  const badEnd = event.type === "fix-finished" && event.exit !== 0;
  const unproven = event.type === "verify-failed" && own.started.size > 0;
  const badStep = event.type === "step-ended" && FAILED.has(event.outcome);
  const lost = event.type === "fix-lost" && event.over !== true;
  const taken = own.timer === "fired" || own.timer === "lost" || event.type === "reboot-failed";
  if (badEnd || unproven || badStep || lost || taken || event.type === "fix-refused") {
    own.bad = true;
    books.failed.add(host);
  }
}
