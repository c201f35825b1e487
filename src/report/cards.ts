import type { RunState, StepState } from "../engine/state.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { cardOf } from "../view/card.ts";
import { cardLines } from "../view/card-lines.ts";
import { nameless } from "./troubles.ts";

/** The lines of a step's card on a host; none once enough like it were shown. */
export type CardPrinter = (state: RunState, host: string, step: StepState) => string[];

/** Whole cards for findings that are alike on every host. */
const ALIKE = 2;
/** Whole cards for one step, however the findings differ: a log of 500 scripts is read by nobody. */
const MOST = 8;

/** Prints whole cards until the reader has seen what such a card looks like. */
export function cardPrinter(options: { colour: boolean; width: number; loaded?: LoadedRunbook }): CardPrinter {
  const { loaded, colour, width } = options;
  const alike = new Map<string, number>();
  const ofStep = new Map<string, number>();
  return (state, host, step) => {
    if (loaded === undefined || step.plan.fix === null) return [];
    const id = step.plan.id;
    const kind = nameless(`${id}\n${JSON.stringify(step.findings)}`, host);
    const [seen, all] = [(alike.get(kind) ?? 0) + 1, (ofStep.get(id) ?? 0) + 1];
    alike.set(kind, seen);
    if (seen > ALIKE || all > MOST) return [];
    ofStep.set(id, all);
    const last = all === MOST ? [`  (from here on, a line for each host on which ${id} finds something)`] : [];
    return ["", ...cardLines(cardOf({ state, host, step: id, loaded }), { colour, width }), ...last, ""];
  };
}
