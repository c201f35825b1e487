import { hostVerdict, runOutcome } from "../engine/outcome.ts";
import type { RunState } from "../engine/state.ts";
import { moment } from "../engine/words.ts";
import { Outcome } from "../model/finding.ts";
import { clean } from "../view/clean.ts";
import { oldLines } from "../view/compat.ts";
import { paletteOf, type Palette } from "../view/colour.ts";
import { lineOf, type Piece } from "../view/line.ts";
import { fit, pad, widthOf, wrapWords } from "../view/width.ts";
import { counted, duration, grouped, OUTCOME_LOOK } from "../view/words.ts";
import { adviceOf, type Advice } from "./advice.ts";
import { foldHosts } from "../view/hosts.ts";
import { besidesOf, fewerTroubles, fixesOf, troublesOf, type Trouble } from "./troubles.ts";

/** The room that a text is drawn in: columns, lines, and whether it takes colours. */
export type Room = { readonly width: number; readonly height?: number; readonly colour: boolean };

const SCREEN = 24;
const WORD = 11;

/** Columns before a trouble's hosts and its reason: margins, sign and word. */
const HEAD = 19;
/** With fewer columns than this a reason has a line of its own. */
const REASON = 24;

/**
 * How a run ended, in at most `height` lines (24) however many hosts it had: counts, what is not well (worst first, hosts with
 * one reason together), what was fixed where there is room for it, and what to do next. Also for a run that has not ended: then
 * it tells where it is.
 */
export function summaryLines(state: RunState, room: Room): string[] {
  const paint = paletteOf(room.colour);
  const height = room.height ?? SCREEN;
  const top = [...heading(state, room, paint), ...countsLines(state, room, paint), ...oldAlgorithms(state, room)];
  const advice = adviceLines(adviceOf(state), room, Math.floor(height / 2));
  const left = height - top.length - advice.length - (advice.length > 0 ? 1 : 0) - 1;
  const besides = besidesLines(state, Math.floor(left / 3), room);
  const troubles = troubleLines(troublesOf(state), Math.max(1, left - besides.length), room, paint, state);
  const told = [...troubles, ...besides];
  const fixes = fixLines(fixesOf(state), left - told.length, room, paint);
  return [...top, ...spaced([...told, ...fixes]), ...spaced(advice)];
}

function spaced(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}

/** Whole sentences where there is room, else a line each. A command has a line of its own and is never cut, so that it can be copied. */
function adviceLines(all: readonly Advice[], room: Room, most: number): string[] {
  const lines = (draw: (text: string) => string[]): string[] =>
    all.flatMap(({ text, commands }) => [
      ...draw(`${clean(text)}${commands.length === 0 ? "" : ":"}`),
      ...commands.map((command) => `    ${clean(command)}`),
    ]);
  const whole = lines((text) =>
    wrapWords(text, room.width - 4).map((line, at) => (at === 0 ? `  ${line}` : `    ${line}`)),
  );
  return whole.length <= most ? whole : lines((text) => [fit(`  ${text}`, room.width)]);
}

/** The run's id is what other commands take: where one line is too short for it, it has a second one. */
function heading(state: RunState, room: Room, paint: Palette): string[] {
  const { plan } = state;
  const outcome = runOutcome(state);
  const { sign, style } = OUTCOME_LOOK[outcome];
  const what = [
    `${plan.runbook.name}${plan.dryRun ? " (dry run: nothing was changed)" : ""}`,
    counted(state.hosts.size, "host"),
    state.ended === null ? "not ended" : duration((state.ended.at - state.startedAt) / 1000),
  ];
  const which = [moment(state.startedAt), `run ${state.run}`];
  const line = (parts: readonly string[]) => fit(clean(parts.join(" · ")), room.width - 2);
  const whole = clean([...what, ...which].join(" · "));
  if (fit(whole, room.width - 2) === whole) return [`${paint(style, sign)} ${paint("bold", whole)}`];
  return [`${paint(style, sign)} ${paint("bold", line(what))}`, `  ${line(which.toReversed())}`];
}

/** `1 failed · 3 fixed · 40 clear`: hosts by outcome, worst first. */
function countsLines(state: RunState, room: Room, paint: Palette): string[] {
  const hosts = Map.groupBy(state.hosts.values(), (host) => hostVerdict(host).outcome);
  const lines: Piece[][] = [];
  let used = 0;
  for (const outcome of Outcome.options) {
    const amount = hosts.get(outcome)?.length ?? 0;
    if (amount === 0) continue;
    const { word, style } = OUTCOME_LOOK[outcome];
    const text = `${grouped(amount)} ${word}`;
    const fits = lines.length > 0 && used + 3 + text.length <= room.width;
    if (fits) lines.at(-1)?.push(" · ", [style, text]);
    else lines.push(["  ", [style, text]]);
    used = fits ? used + 3 + text.length : 2 + text.length;
  }
  return lines.map((pieces) => lineOf(pieces, room.width, paint));
}

function oldAlgorithms(state: RunState, room: Room): string[] {
  return oldLines(state).map((line) => fit(`  ${clean(line)}`, room.width));
}

function troubleLines(all: readonly Trouble[], lines: number, room: Room, paint: Palette, state: RunState): string[] {
  const most = isTall(room) ? Math.max(1, Math.floor(lines / 2)) : lines;
  const troubles = all.length > most ? fewerTroubles(all) : all;
  const shown = troubles.length > most ? troubles.slice(0, most - 1) : troubles;
  const hidden = new Set(troubles.slice(shown.length).flatMap((trouble) => trouble.hosts)).size;
  const last = hidden === 0 ? [] : [fit(`  … and ${counted(hidden, "more host")} not listed here`, room.width)];
  return [...drawn(shown, room, paint, (trouble) => because(trouble, state)), ...last];
}

function fixLines(fixes: readonly Trouble[], lines: number, room: Room, paint: Palette): string[] {
  const most = isTall(room) ? Math.floor(lines / 2) : lines;
  const shown = fixes.length > most ? fixes.slice(0, Math.max(0, most - 1)) : fixes;
  const hidden = fixes.length - shown.length;
  const last = hidden === 0 || most < 1 ? [] : [fit(`  … and ${counted(hidden, "more step")} fixed`, room.width)];
  return [...drawn(shown, room, paint, howMuch), ...last];
}

function howMuch({ step, reason }: Trouble): string {
  return reason === "" ? (step ?? "") : `${step}: ${reason}`;
}

/** What hosts suffer from beside their worst: a line an outcome, or one for all where there is no room. */
function besidesLines(state: RunState, most: number, room: Room): string[] {
  const all = besidesOf(state);
  const words = all.map(({ outcome, steps, hosts }) => {
    return `${counted(steps, "step")} ${OUTCOME_LOOK[outcome].word} on ${counted(hosts, "host")}`;
  });
  const steps = all.reduce((sum, one) => sum + one.steps, 0);
  const told = words.length > Math.max(1, most) ? [`${counted(steps, "step")} not well, not listed here`] : words;
  return told.map((line) => fit(`  … and ${line}`, room.width));
}

function isTall(room: Room): boolean {
  return room.width - HEAD - Math.floor(room.width * 0.4) < REASON;
}

/** Aligned lines of outcome, hosts and what is to be said; two for each in a narrow room. */
function drawn(troubles: readonly Trouble[], room: Room, paint: Palette, say: (trouble: Trouble) => string): string[] {
  const tall = isTall(room);
  const most = tall ? room.width - HEAD + 2 : Math.floor(room.width * 0.4);
  const names = troubles.map((trouble) => fit(clean(foldHosts(trouble.hosts, 3)), most));
  const column = Math.max(0, ...names.map(widthOf));
  return troubles.flatMap((trouble, at) => {
    const { word, sign, style } = OUTCOME_LOOK[trouble.outcome];
    const head = `  ${paint(style, `${sign} ${pad(word, WORD)}`)}  `;
    const text = clean(say(trouble));
    if (tall) return [`${head}${names[at] ?? ""}`, `      ${fit(text, room.width - 6)}`];
    return [`${head}${pad(names[at] ?? "", column)}  ${fit(text, room.width - HEAD - column)}`];
  });
}

function because(trouble: Trouble, state: RunState): string {
  const step = trouble.step === null || state.plan.steps.length === 1 ? "" : `${trouble.step}: `;
  const others = trouble.others === 0 ? "" : `${counted(trouble.others + 1, "reason")}, one of them: `;
  return `${step}${others}${trouble.reason}`;
}
