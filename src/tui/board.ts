import { failed } from "../engine/rollout.ts";
import type { HostState, RunState } from "../engine/state.ts";
import type { Outcome } from "../model/finding.ts";
import { clean } from "../view/clean.ts";
import type { Palette, Style } from "../view/colour.ts";
import { lineWithEnd } from "../view/line.ts";
import { fit, pad, widthOf } from "../view/width.ts";
import { counted, duration, OUTCOME_LOOK } from "../view/words.ts";
import { activityOf, phaseOf, type Phase } from "./activity.ts";

/** A live phase, or the outcome of a host that is done. */
type Kind = Outcome | "to-come" | "at-work" | "fixing" | "asking";

/** The hosts as the board shows them: trouble first, and how many there are of each phase. */
export type Board = {
  readonly hosts: readonly { readonly host: HostState; readonly phase: Phase }[];
  readonly counts: ReadonlyMap<Kind, number>;
};

/** What the eye should meet first; a host on which a fix failed comes before all, even while it is rolled back. */
const ORDER: readonly Kind[] = [
  "failed",
  "in-doubt",
  "rolled-back",
  "fixing",
  "asking",
  "unknown",
  "at-work",
  "waiting",
  "found",
  "to-come",
  "fixed",
  "clear",
  "skipped",
];

const LIVE_LOOK: Readonly<Record<Exclude<Kind, Outcome>, { word: string; sign: string; style: Style }>> = {
  fixing: { word: "being fixed", sign: "▶", style: "cyan" },
  asking: { word: "waiting for you", sign: "◷", style: "magenta" },
  "at-work": { word: "at work", sign: "▷", style: "cyan" },
  "to-come": { word: "to come", sign: " ", style: "dim" },
};

/** Sorts and counts a run's hosts. */
export function boardOf(state: RunState): Board {
  const hosts = [...state.hosts.values()].map((host) => ({ host, phase: phaseOf(state, host) }));
  const counts = new Map<Kind, number>();
  for (const { phase } of hosts) counts.set(kindOf(phase), (counts.get(kindOf(phase)) ?? 0) + 1);
  const rank = (row: Board["hosts"][number]): number => (failed(row.host) ? 0 : ORDER.indexOf(kindOf(row.phase)));
  return { hosts: hosts.toSorted((a, b) => rank(a) - rank(b)), counts };
}

/** The counts that are not zero, in the order of the board, each with its look. */
export function countPieces(board: Board): readonly (readonly [Style, string])[] {
  return ORDER.flatMap((kind): (readonly [Style, string])[] => {
    const amount = board.counts.get(kind) ?? 0;
    const look = lookOf(kind);
    return amount === 0 ? [] : [[look.style, `${look.sign} ${amount.toLocaleString("en")} ${look.word}`.trim()]];
  });
}

/** How the board is drawn. `tails` holds the last line that a host's script printed. */
export type BoardDrawing = {
  readonly width: number;
  readonly rows: number;
  readonly now: number;
  readonly palette: Palette;
  readonly tails: ReadonlyMap<string, string>;
};

/** At most `rows` lines: the first hosts, and how many are not shown. Only what is shown is worked out. */
export function listLines(state: RunState, board: Board, drawing: BoardDrawing): string[] {
  const fits = board.hosts.length <= drawing.rows;
  const shown = board.hosts.slice(0, fits ? drawing.rows : Math.max(0, drawing.rows - 1));
  const names = Math.min(
    Math.floor(drawing.width / 3),
    Math.max(0, ...shown.map((row) => widthOf(clean(row.host.host)))),
  );
  const lines = shown.map((row) => listLine(state, row, names, drawing));
  if (fits || drawing.rows < 1) return lines;
  return [
    ...lines,
    drawing.palette("dim", fit(`  … and ${counted(board.hosts.length - shown.length, "more host")}`, drawing.width)),
  ];
}

function listLine(state: RunState, row: Board["hosts"][number], names: number, drawing: BoardDrawing): string {
  const { host, phase } = row;
  const look = lookOf(kindOf(phase));
  const name = pad(fit(clean(host.host), names), names);
  const word = phase.kind === "done" ? `${look.word} ` : "";
  const tail = phase.kind === "done" ? undefined : drawing.tails.get(host.host);
  return lineWithEnd(
    [
      [look.style, `${look.sign} `],
      `${name}  `,
      [look.style, word],
      activityOf(state, host, drawing.now),
      ...(tail === undefined ? [] : [["dim", `  ${tail}`] as const]),
    ],
    elapsed(host, phase, drawing.now),
    drawing.width,
    drawing.palette,
  );
}

function elapsed(host: HostState, phase: Phase, now: number): string {
  if (host.startedAt === null) return "";
  const ends = host.steps.map((step) => step.end?.at ?? host.startedAt ?? now);
  const end = phase.kind === "done" ? Math.max(host.startedAt, ...ends) : now;
  return duration(Math.max(0, Math.floor((end - host.startedAt) / 1000)));
}

function kindOf(phase: Phase): Kind {
  return phase.kind === "done" ? phase.outcome : phase.kind;
}

function lookOf(kind: Kind): { readonly word: string; readonly sign: string; readonly style: Style } {
  return kind === "fixing" || kind === "asking" || kind === "at-work" || kind === "to-come"
    ? LIVE_LOOK[kind]
    : OUTCOME_LOOK[kind];
}
