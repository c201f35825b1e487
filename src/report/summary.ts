import { hostVerdict, runOutcome } from "../engine/outcome.ts";
import type { RunState } from "../engine/state.ts";
import { Outcome } from "../model/finding.ts";
import { clean } from "../view/clean.ts";
import { paletteOf, type Palette } from "../view/colour.ts";
import { fit, pad } from "../view/width.ts";
import { counted, duration, moment, OUTCOME_LOOK } from "../view/words.ts";
import { adviceOf, type Advice } from "./advice.ts";
import { foldHosts } from "./hosts.ts";
import { fewerTroubles, troublesOf, type Trouble } from "./troubles.ts";

/** The room that a text is drawn in: columns, lines, and whether it takes colours. */
export type Room = { readonly width: number; readonly height?: number; readonly colour: boolean };

const SCREEN = 24;
const WORD = 11;

/**
 * How a run ended, in at most `height` lines (24) however many hosts it had: counts, what is not well (worst first, hosts with
 * one reason together), and what to do next. Also for a run that has not ended: then it tells where it is.
 */
export function summaryLines(state: RunState, room: Room): string[] {
  const paint = paletteOf(room.colour);
  const top = [...heading(state, room, paint), countsLine(state, paint)];
  const advice = adviceOf(state).flatMap((one) => adviceLines(one, room));
  const left = (room.height ?? SCREEN) - top.length - advice.length - (advice.length > 0 ? 1 : 0) - 1;
  const troubles = troubleLines(troublesOf(state), Math.max(1, left), room, paint, state);
  return [...top, ...spaced(troubles), ...spaced(advice)];
}

function spaced(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}

/** A command has a line of its own and is never cut, so that it can be copied. */
function adviceLines({ text, command }: Advice, room: Room): string[] {
  const line = fit(`  ${clean(text)}${command === null ? "" : ":"}`, room.width);
  return command === null ? [line] : [line, `    ${clean(command)}`];
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
function countsLine(state: RunState, paint: Palette): string {
  const hosts = Map.groupBy(state.hosts.values(), (host) => hostVerdict(host).outcome);
  const parts = Outcome.options.flatMap((outcome) => {
    const amount = hosts.get(outcome)?.length ?? 0;
    const { word, style } = OUTCOME_LOOK[outcome];
    return amount === 0 ? [] : [paint(style, `${amount.toLocaleString("en")} ${word}`)];
  });
  return `  ${parts.join(" · ")}`;
}

function troubleLines(all: readonly Trouble[], most: number, room: Room, paint: Palette, state: RunState): string[] {
  const troubles = all.length > most ? fewerTroubles(all) : all;
  const shown = troubles.length > most ? troubles.slice(0, most - 1) : troubles;
  const names = shown.map((trouble) => fit(clean(foldHosts(trouble.hosts, 3)), Math.floor(room.width * 0.4)));
  const column = Math.max(0, ...names.map((name) => name.length));
  const lines = shown.map((trouble, at) => {
    const { word, sign, style } = OUTCOME_LOOK[trouble.outcome];
    const rest = fit(clean(because(trouble, state)), Math.max(20, room.width - column - WORD - 8));
    return `  ${paint(style, `${sign} ${pad(word, WORD)}`)}  ${pad(names[at] ?? "", column)}  ${rest}`;
  });
  const hidden = troubles.slice(shown.length).flatMap((trouble) => trouble.hosts);
  return hidden.length === 0 ? lines : [...lines, `  … and ${counted(hidden.length, "more host")} not listed here`];
}

function because(trouble: Trouble, state: RunState): string {
  const step = trouble.step === null || state.plan.steps.length === 1 ? "" : `${trouble.step}: `;
  const others = trouble.others === 0 ? "" : `${counted(trouble.others + 1, "reason")}, one of them: `;
  return `${step}${others}${trouble.reason}`;
}
