import type { RunState } from "../engine/state.ts";
import { clean } from "../view/clean.ts";
import type { Palette } from "../view/colour.ts";
import { lineOf, lineWithEnd, type Piece } from "../view/line.ts";
import { counted, duration, grouped } from "../view/words.ts";
import { lookOf } from "./hosts.ts";
import { TROUBLE_FIRST, type Tally } from "./roster.ts";

/** Three lines: which run this is, how far it has come, and how many hosts are in which state. */
export function headLines(state: RunState, tally: Tally, now: number, width: number, palette: Palette): string[] {
  const { runbook, dryRun, hosts } = state.plan;
  const left: Piece[] = [["bold", clean(runbook.name)], `  ${clean(runbook.title)}`];
  if (dryRun) left.splice(1, 0, ["yellow", "  dry run"]);
  const seconds = Math.max(0, Math.floor(((state.ended?.at ?? now) - state.startedAt) / 1000));
  const end = `${counted(hosts.length, "host")}, ${duration(seconds)}`;
  return [
    lineWithEnd(left, end, width, palette),
    lineOf(progressOf(state, tally, width), width, palette),
    lineOf(countsOf(tally), width, palette),
  ];
}

/** The bar is left out where the words need the room. */
const ROOMY = 72;

function progressOf(state: RunState, tally: Tally, width: number): Piece[] {
  const { hosts, looked, done, phases, batch } = tally;
  const asking = phases.get("asking") ?? 0;
  const fixing = phases.get("fixing") ?? 0;
  const words = [
    `looked at ${grouped(looked)}`,
    ...(state.plan.dryRun ? [] : [`to decide ${grouped(asking)}`, `fixing ${grouped(fixing)}`]),
    `done ${grouped(done)} of ${grouped(hosts)}`,
    ...(batch > 0 ? [`batch ${batch}`] : []),
  ].join(" · ");
  const paused: Piece[] = state.paused === null ? [] : [["yellow", `PAUSED by ${clean(state.paused.by)}  `]];
  const frozen: Piece[] = state.frozen === null ? [] : [["yellow", `FROZEN by ${clean(state.frozen.by)}  `]];
  return [...frozen, ...paused, ...(width >= ROOMY ? bar(done, hosts, Math.floor(width / 8)) : []), words];
}

function bar(done: number, all: number, length: number): Piece[] {
  const full = all === 0 ? 0 : Math.floor((done / all) * length);
  return ["[", ["green", "#".repeat(full)], ["dim", "-".repeat(length - full)], "] "];
}

/** The counts that are not zero, each with its look, trouble first. */
function countsOf({ phases }: Tally): Piece[] {
  return TROUBLE_FIRST.flatMap((phase): Piece[] => {
    const amount = phases.get(phase) ?? 0;
    const look = lookOf(phase);
    return amount === 0 ? [] : [[look.style, `${look.sign} ${grouped(amount)} ${look.word}`.trim()], "   "];
  });
}
