import { clean } from "../view/clean.ts";
import { paletteOf } from "../view/colour.ts";
import { foldHosts } from "../view/hosts.ts";
import { lineOf } from "../view/line.ts";
import { wrapWords } from "../view/width.ts";
import { counted } from "../view/words.ts";
import type { HealthUnknown } from "./health.ts";
import { LOOKS } from "./health-looks.ts";
import type { Room } from "./summary.ts";

/** Things that are told of, and hosts that are named of each. */
const MOST = 12;
const NAMED = 4;

/** What could not be told, and what to do about it: each reason once, however many addresses it names. */
export function unknownLines(unknowns: readonly HealthUnknown[], room: Room): string[] {
  const { sign, word, style } = LOOKS.unknown;
  const groups = [...Map.groupBy(unknowns, kindOf).values()].toSorted((a, b) => hostsOf(b).length - hostsOf(a).length);
  const shown = groups.length > MOST ? groups.slice(0, MOST - 1) : groups;
  const rest = groups.slice(shown.length);
  const lines = shown.flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { runbook, step, reason, hint } = first;
    const what = runbook === null ? "" : ` ${runbook}${step === null ? "" : `, ${step}`}`;
    const alike = group.length === 1 ? "" : ` (${first.hosts[0] ?? ""}; the others alike)`;
    const text = clean(`${what}  ${foldHosts(hostsOf(group), NAMED)}: ${reason}${alike}`);
    return [
      lineOf([[style, `${sign} ${word}`], text], room.width, paletteOf(room.colour)),
      ...(hint === null ? [] : wrapWords(`→ ${clean(hint)}`, room.width - 6).map((line) => `    ${line}`)),
    ];
  });
  if (rest.length === 0) return lines;
  return [...lines, `    … and ${counted(rest.length, "more reason")} (--json and --report tell all)`];
}

/** Hosts that were not reached have their addresses in the reason: those with one kind of reason and one hint are alike. */
function kindOf({ runbook, step, reason, hint }: HealthUnknown): string {
  return JSON.stringify([runbook, step, hint, runbook === null ? reason.split(":", 2) : reason]);
}

const hostsOf = (group: readonly HealthUnknown[]): string[] => group.flatMap(({ hosts }) => hosts);
