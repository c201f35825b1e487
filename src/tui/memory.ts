import type { RunState, StepState } from "../engine/state.ts";
import type { Entry, Event } from "../model/event.ts";
import { lastLine } from "../engine/words.ts";
import { stepOf } from "../view/sentence.ts";

/** What happened to a host, with its step as it was right after it. */
export type Told = { readonly at: number; readonly event: Event; readonly step: StepState | null };

/** The end of what one step's scripts printed on a host; `cut`: they went on, and nobody was told. */
export type Printed = { readonly step: string | null; readonly text: string; readonly cut: boolean };

/** What the screen remembers of the hosts beside the run's state. */
export type Memory = {
  /** What happened to a host, oldest first; the newest of it. */
  history(host: string): readonly Told[];
  /** The end of what a host's scripts printed, oldest first. */
  output(host: string): readonly Printed[];
  /** The last line that was printed since the host's last event, as it was printed; empty for none, or where it is not known. */
  lastLine(host: string): string;
};

/** The memory, and what fills it. */
export type FilledMemory = Memory & {
  readonly entry: (entry: Entry, state: RunState) => void;
  /** What a script prints; null once the rest of it is not passed on. */
  readonly print: (host: string, step: string | null, text: string | null) => void;
};

/** Events that are kept of a host, and characters of its output: with a thousand hosts, some MB. */
const MOST_EVENTS = 300;
const MOST_OUTPUT = 8192;
/** The end of this much is enough for one line of the list. */
const MOST_LINE = 400;

type Piece = { readonly step: string | null; text: string; fresh: boolean; cut: boolean };

/** Remembers a bounded end of what hosts went through and printed. */
export function createMemory(): FilledMemory {
  const histories = new Map<string, Told[]>();
  const outputs = new Map<string, Piece[]>();
  return {
    history: (host) => histories.get(host) ?? [],
    output: (host) => joined(outputs.get(host) ?? []),
    lastLine: (host) => endOf(outputs.get(host) ?? []),
    entry(entry, state) {
      const { at, event } = entry;
      if (!("host" in event)) return;
      const told = histories.get(event.host) ?? [];
      histories.set(event.host, told);
      told.push({ at, event, step: stepOf(event, state) });
      if (told.length > MOST_EVENTS) told.shift();
      for (const piece of outputs.get(event.host) ?? []) piece.fresh = false;
    },
    print(host, step, text) {
      const pieces = outputs.get(host) ?? [];
      outputs.set(host, pieces);
      const last = pieces.at(-1);
      const same = last?.fresh === true && last.step === step && !last.cut ? last : undefined;
      if (text === null) {
        if (same === undefined) pieces.push({ step, text: "", fresh: true, cut: true });
        else same.cut = true;
      } else if (same !== undefined && same.text.length < CHUNK) same.text = grown(same.text, text);
      else pieces.push({ step, text: ownEnd(text), fresh: true, cut: false });
      if (pieces.length > MOST_PIECES || lengthOf(pieces) > 2 * MOST_OUTPUT) outputs.set(host, shortened(pieces));
    },
  };
}

const MOST_PIECES = 64;
/** What comes line by line is kept in pieces of this many characters: a thousand hosts' lines, each by itself, are slow to collect. */
const CHUNK = 1024;

function grown(text: string, more: string): string {
  const whole = text + more;
  return whole.length < CHUNK ? whole : own(whole.slice(-MOST_OUTPUT));
}

/** The end of a text as a text of its own: a part of a long one would keep all of it in memory. */
function ownEnd(text: string): string {
  return text.length <= MOST_OUTPUT ? text : own(text.slice(-MOST_OUTPUT));
}

/** A text in one piece, whatever it was put together of or is a part of. */
function own(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}

function lengthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { text }) => sum + text.length, 0);
}

function shortened(pieces: readonly Piece[]): Piece[] {
  const kept: Piece[] = [];
  let room = MOST_OUTPUT;
  for (const piece of pieces.toReversed()) {
    if (room <= 0) break;
    const text = piece.text.slice(-room);
    room -= text.length;
    const after = kept.at(-1);
    const same = after?.step === piece.step && after.fresh === piece.fresh && !piece.cut;
    if (after !== undefined && same) after.text = text + after.text;
    else kept.push({ ...piece, text });
  }
  return kept.toReversed();
}

/** A script's output begins on a line of its own, so that the ends of two never make one word. */
function joined(pieces: readonly Piece[]): Printed[] {
  const parts: Piece[] = [];
  for (const piece of pieces) {
    const last = parts.at(-1);
    if (last?.step === piece.step && last.fresh === piece.fresh && !last.cut) {
      last.text += piece.text;
      last.cut = piece.cut;
    } else parts.push({ ...piece });
  }
  return parts.map(({ step, text, cut }) => ({ step, text: text.slice(-MOST_OUTPUT), cut }));
}

function endOf(pieces: readonly Piece[]): string {
  if (pieces.at(-1)?.cut === true) return "";
  let text = "";
  for (let at = pieces.length - 1; at >= 0 && text.length < MOST_LINE; at -= 1) {
    const piece = pieces[at];
    if (piece?.fresh !== true || piece.cut) break;
    text = piece.text + text;
  }
  return lastLine(text.slice(-MOST_LINE));
}
