import type { RunState, StepState } from "../engine/state.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { cardOf } from "../view/card.ts";
import { cardLines } from "../view/card-lines.ts";
import { nameless } from "../view/hosts.ts";
import { fit } from "../view/width.ts";

/** A step's card on a host as lines; none once enough like it were shown, and then the first host that had such a one. */
export type CardPrinter = (state: RunState, host: string, step: StepState) => Printed;
type Printed = { readonly lines: readonly string[]; readonly like: string | null };

/** Whole cards for findings that are alike on every host. */
const ALIKE = 2;
/** Whole cards for one step, however the findings differ: a log of 500 scripts is read by nobody. */
const MOST = 8;

/** Prints whole cards until the reader has seen what such a card looks like. */
export function cardPrinter(options: { colour: boolean; width: number; loaded?: LoadedRunbook }): CardPrinter {
  const { loaded, colour, width } = options;
  const alike = new Map<string, { readonly first: string; seen: number }>();
  const ofStep = new Map<string, number>();
  return (state, host, step) => {
    if (loaded === undefined || step.plan.fix === null) return { lines: [], like: null };
    const id = step.plan.id;
    const kind = nameless(`${id}\n${JSON.stringify(step.findings)}`, host);
    const all = (ofStep.get(id) ?? 0) + 1;
    const known = alike.get(kind) ?? { first: host, seen: 0 };
    if (known.seen >= ALIKE || (known.seen > 0 && all > MOST)) return { lines: [], like: known.first };
    if (all > MOST) return { lines: [], like: null };
    alike.set(kind, known);
    known.seen += 1;
    ofStep.set(id, all);
    const last =
      all === MOST ? [fit(`  (from here on, a line for each host on which ${id} finds something)`, width)] : [];
    return {
      lines: ["", ...cardLines(cardOf({ state, host, step: id, loaded }), { colour, width }), ...last, ""],
      like: null,
    };
  };
}
