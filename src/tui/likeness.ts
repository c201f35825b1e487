import type { HostState, RunState, StepState } from "../engine/state.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { cardKind } from "../view/card-kind.ts";
import { valuesOf } from "../view/card-values.ts";

/** What two cards have in common: texts that are equal only where the cards say the same. */
export type Likeness = {
  /** Step, script and values: such cards differ only in their evidence. */
  readonly family: string;
  /** The evidence too: such cards are identical apart from the host. */
  readonly alike: string;
};

/** What a waiting card is like. A step's state never changes, so it is worked out once. */
export function likenessOf(state: RunState, host: HostState, step: StepState, loaded: LoadedRunbook): Likeness {
  const known = likenesses.get(step);
  if (known !== undefined) return known;
  const written = loaded.runbook.steps.find(({ id }) => id === step.plan.id);
  const values = written === undefined ? [] : valuesOf(state, host, loaded, written);
  const likeness = {
    family: JSON.stringify([
      step.plan.id,
      values.map(({ name, text }) => [name, text === host.host ? ["host"] : text]),
    ]),
    alike: cardKind(state, host, step, loaded),
  };
  likenesses.set(step, likeness);
  return likeness;
}

const likenesses = new WeakMap<StepState, Likeness>();
