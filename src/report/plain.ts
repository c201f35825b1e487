import type { RunState, StepState } from "../engine/state.ts";
import { frozenWords, scheduleWords } from "../engine/words.ts";
import type { Entry, Event, EventOf } from "../model/event.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import type { Watcher } from "../run/ports.ts";
import { clean } from "../view/clean.ts";
import { compatWords } from "../view/compat.ts";
import { resumedWords } from "../view/sentence.ts";
import { counted } from "../view/words.ts";
import { cardPrinter, type CardPrinter } from "./cards.ts";
import { faultTeller, type FaultTeller } from "./faults.ts";
import { hostLine, type HostEvent, type StepSoFar } from "./host-line.ts";
import { lineDrawer, type LogLine } from "./line.ts";
import { summaryLines } from "./summary.ts";

/** Where plain lines go, and how they look. Without `loaded`, approvals that wait are a line each, without their card. */
export type PlainOptions = {
  readonly out: (line: string) => void;
  readonly colour: boolean;
  /** Columns of a line; longer ones are cut with `…`. Infinity for a file. */
  readonly width: number;
  readonly loaded?: LoadedRunbook;
};

/** What the report remembers between entries, beside the state of the run. */
type Memory = {
  readonly faults: FaultTeller;
  readonly cards: CardPrinter;
  /** Fits the columns to the run's hosts; null before it has started. */
  draw: ((line: LogLine) => string) | null;
  /** Host and step → time its scripts took, and looks of its last verification. */
  readonly spent: Map<string, { ms: number; looks: number }>;
};

/**
 * Reports a run as plain lines for a log: one a host and step as it ends, one as a fix begins and one as it ends, the cards of
 * approvals that nobody is there to give, a fault of many hosts once with their number, and the summary at the end.
 */
export function plainReport(options: PlainOptions): Watcher {
  const memory: Memory = {
    faults: faultTeller(),
    cards: cardPrinter(options),
    draw: null,
    spent: new Map(),
  };
  let blank = false;
  return {
    entry: (entry: Entry, state: RunState) => {
      for (const line of linesOf(entry.event, state, memory, options)) {
        // A card ends with a blank line, and what comes next may begin with one.
        if (!blank || line !== "") options.out(line);
        blank = line === "";
      }
    },
  };
}

function linesOf(event: Event, state: RunState, memory: Memory, options: PlainOptions): string[] {
  // A log that begins in the middle of a run says which run it is.
  const head = memory.draw === null ? opening(state).map((line) => clean(line, { max: options.width })) : [];
  const draw = (memory.draw ??= lineDrawer(state.plan, options));
  const drawn = (lines: readonly LogLine[]) => lines.map((line) => draw(line));
  if (event.type === "run-started") return head;
  if (event.type === "run-ended") return [...drawn(memory.faults.rest()), "", ...summaryLines(state, options)];
  if (event.type === "unreachable") return drawn(memory.faults.tell(event));
  if (!("host" in event)) return [...head, ...drawn([runLine(event)])];
  const soFar = soFarOf(event, state, memory);
  const line = hostLine(event, soFar);
  return [...drawn(line === null ? [] : [line]), ...(soFar?.card ?? [])];
}

/** What concerns the run as a whole. */
function runLine(
  event: EventOf<"stop-requested" | "paused" | "continued" | "frozen" | "unfrozen" | "run-resumed">,
): LogLine {
  switch (event.type) {
    case "stop-requested":
      return ofRun(
        "stop",
        `by ${event.by}: no new fix starts${event.kill === true ? ", and those that run are ended" : ""}`,
      );
    case "paused":
      return ofRun("paused", `by ${event.by}: no fix starts until the run is continued`);
    case "continued":
      return ofRun("continued", `by ${event.by}: fixes start again`);
    case "frozen":
      return ofRun("frozen", frozenWords(event).replace(/^frozen /, ""));
    case "unfrozen":
      return ofRun("unfrozen", `by ${event.by}: fixes start again`);
    case "run-resumed":
      return ofRun("resumed", resumedWords(event));
  }
}

function ofRun(word: string, rest: string): LogLine {
  return { host: "", step: "", word, style: "yellow", rest };
}

function opening({ plan }: RunState): string[] {
  const { name, title, path } = plan.runbook;
  const what = `${counted(plan.hosts.length, "host")} of ${plan.inventory}, ${counted(plan.steps.length, "step")}, started by ${plan.by}${plan.schedule === undefined ? "" : ` (${scheduleWords(plan.schedule)})`}`;
  const old = compatWords(plan.settings?.compat);
  return [
    `${name}: ${title} (${path})`,
    plan.dryRun ? `dry run: nothing is changed on any host; ${what}` : what,
    ...(old === null ? [] : [old]),
  ];
}

type WithCard = StepSoFar & { readonly card: readonly string[] };
const NO_CARD = { lines: [], like: null, alarm: false };

/** The step that the event is about, with what it has taken so far; null where it is about the whole host. */
function soFarOf(event: HostEvent, state: RunState, memory: Memory): WithCard | null {
  const id = "step" in event ? event.step : null;
  const step = state.hosts.get(event.host)?.steps.find((one: StepState) => one.plan.id === id);
  if (step === undefined) return null;
  const place = `${event.host}\n${step.plan.id}`;
  const before = memory.spent.get(place) ?? { ms: 0, looks: 0 };
  const now = {
    ms: before.ms + ("ms" in event ? event.ms : 0),
    looks: "looks" in event ? event.looks : before.looks,
  };
  memory.spent.set(place, now);
  const { lines, like, alarm } = showsCard(event, state) ? memory.cards(state, event.host, step) : NO_CARD;
  return { step, ...now, like, alarm, card: lines };
}

/** A card is shown where nobody is asked face to face: in a dry run, and without a terminal. */
function showsCard(event: HostEvent, { plan }: RunState): boolean {
  if (plan.dryRun) return event.type === "step-ended" && event.outcome === "found";
  return event.type === "asked" && !plan.attended;
}
