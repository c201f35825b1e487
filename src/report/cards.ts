import type { RunState, StepState } from "../engine/state.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { cardOf, type Card } from "../view/card.ts";
import { cardKind } from "../view/card-kind.ts";
import { cardDrawer } from "../view/card-lines.ts";
import { nameless } from "../view/hosts.ts";
import { fit } from "../view/width.ts";

/**
 * A step's card on a host as lines; none once enough like it were shown, and then the first host that had such a one. `alarm`: the card has
 * a reason against the fix that must not be missed.
 */
export type CardPrinter = (state: RunState, name: string, step: StepState) => Printed;
type Printed = { readonly lines: readonly string[]; readonly like: string | null; readonly alarm: boolean };

/** Cards that are alike. */
const ALIKE = 2;
/** Cards of one step, however they differ: a log of 500 of them is read by nobody. */
const MOST = 8;

/** Prints cards until the reader has seen what such a card looks like. Cards of one kind are alike, wherever a host's own name stands in them. */
export function cardPrinter(options: { colour: boolean; width: number; loaded?: LoadedRunbook }): CardPrinter {
  const { loaded, colour, width } = options;
  const draw = cardDrawer({ colour, width });
  const alike = new Map<string, { readonly first: string; seen: number }>();
  const ofStep = new Map<string, number>();
  return (state, name, step) => {
    const host = state.hosts.get(name);
    if (loaded === undefined || host === undefined || step.plan.fix === null) {
      return { lines: [], like: null, alarm: false };
    }
    const id = step.plan.id;
    const card = cardOf({ state, host: name, step: id, loaded });
    const alarm = card.against.some(({ weight }) => weight === "alarm");
    const kind = nameless(`${weightiest(card)}\n${cardKind(state, host, step, loaded)}`, name);
    const all = (ofStep.get(id) ?? 0) + 1;
    const known = alike.get(kind) ?? { first: name, seen: 0 };
    if (known.seen >= ALIKE || (known.seen > 0 && all > MOST)) return { lines: [], like: known.first, alarm };
    if (all > MOST) return { lines: [], like: null, alarm };
    alike.set(kind, known);
    known.seen += 1;
    ofStep.set(id, all);
    const last =
      all === MOST ? [fit(`  (from here on, a line for each host on which ${id} finds something)`, width)] : [];
    return { lines: ["", ...draw(card), ...last, ""], like: null, alarm };
  };
}

/** A card with an alarm or a warning is like none without; how many have answered or failed by then makes no difference. */
function weightiest({ against }: Card): string {
  return against[0]?.weight === "note" ? "" : (against[0]?.weight ?? "");
}
