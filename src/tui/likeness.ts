import { permissionFor } from "../engine/permission.ts";
import type { HostState, RunState, StepState } from "../engine/state.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { cardKind } from "../view/card-kind.ts";
import { valuesOf } from "../view/card-values.ts";
import { shortDigest } from "../view/words.ts";

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

const MINUTE = 60_000;
const permits = new WeakMap<StepState, { readonly minute: number; readonly words: string }>();

/** What the policies want of a card's approval, as one text; windows of time begin and end with minutes. */
export function permitWords({ plan }: RunState, host: string, step: StepState, now: number): string {
  if (plan.policies.length === 0) return "";
  const minute = Math.floor(now / MINUTE);
  const known = permits.get(step);
  if (known?.minute === minute) return known.words;
  const { rules: _, signers: __, ...permission } = permissionFor({ plan, host, step: step.plan, now });
  const words = JSON.stringify(permission);
  permits.set(step, { minute, words });
  return words;
}

/** Why nobody can approve a card on this screen, and what to do; null: somebody here can. */
export function barOf(state: RunState, card: Place, by: string, now: number): string | null {
  const step = state.hosts.get(card.host)?.steps.find((one) => one.plan.id === card.step);
  if (step === undefined || state.plan.policies.length === 0) return null;
  const permission = permissionFor({ plan: state.plan, host: card.host, step: step.plan, now });
  const command = `runbook approve ${state.run} --digest ${shortDigest(card.digest)}`;
  if (permission.approvers > 1)
    return `the policy wants ${permission.approvers} people, each with a signature: ${command} --sign`;
  if (permission.signed) return `the policy wants a signature: ${command} --sign`;
  if (permission.notRequester && by === state.plan.by)
    return `the policy wants somebody other than ${by}, who started the run: ${command}`;
  return null;
}

type Place = { readonly host: string; readonly step: string; readonly digest: string };
