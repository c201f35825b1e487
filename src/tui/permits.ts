import { permissionFor, type Permission } from "../engine/permission.ts";
import type { RunState, StepState } from "../engine/state.ts";
import { clean } from "../view/clean.ts";
import { shortDigest } from "../view/words.ts";
import type { QueuedCard } from "./queue.ts";

const MINUTE = 60_000;
const permits = new WeakMap<StepState, { readonly minute: number; readonly permission: Permission }>();

/** What the policies and its runbook want of a fix; null: there is no more to it than one yes. Their windows of time begin and end with minutes. */
function permitOf({ plan }: RunState, host: string, step: StepState, now: number): Permission | null {
  if (plan.policies.length === 0 && step.plan.fix?.approvals === undefined) return null;
  const minute = Math.floor(now / MINUTE);
  const known = permits.get(step);
  if (known?.minute === minute) return known.permission;
  const permission = permissionFor({ plan, host, step: step.plan, now });
  permits.set(step, { minute, permission });
  return permission;
}

/** What the policies want, as one text that is the same for hosts of which they want the same. */
export function permitWords(state: RunState, host: string, step: StepState, now: number): string {
  const permission = permitOf(state, host, step, now);
  if (permission === null) return "";
  const { rules: _, signers: __, ...wants } = permission;
  return JSON.stringify(wants);
}

/** Whose answer a card needs, in words: `your answer`, `somebody other than ada`, `2 signatures`. */
export function answerWanted(state: RunState, host: string, step: StepState, now: number): string {
  const permission = permitOf(state, host, step, now);
  if (permission === null) return "your answer";
  if (!permission.signed)
    return permission.notRequester ? `somebody other than ${clean(state.plan.by)}` : "your answer";
  return permission.approvers > 1 ? `${permission.approvers} signatures` : "a signature";
}

/** Why nobody can approve a card on this screen, and what to do; whether it can be denied here all the same. */
export type Bar = { readonly why: string; readonly deniable: boolean };

/** Why nobody can approve these cards on this screen, and what to do; null: somebody here can. They are all of one kind. */
export function barOf(state: RunState, cards: readonly QueuedCard[], by: string, now: number): Bar | null {
  const [card] = cards;
  const step = state.hosts.get(card?.host ?? "")?.steps.find(({ plan }) => plan.id === card?.step);
  if (card === undefined || step === undefined) return null;
  const permission = permitOf(state, card.host, step, now);
  if (permission === null) return null;
  const which = cards.length === 1 ? ` --digest ${shortDigest(card.digest)}` : "";
  const command = `runbook approve ${clean(state.run)}${which}`;
  if (permission.approvers > 1)
    return signed(`${permission.approvers} people, each with a signature: ${command} --sign`);
  if (permission.signed) return signed(`a signature: ${command} --sign`);
  if (permission.notRequester && by === state.plan.by)
    return {
      why: `the policy wants somebody other than ${clean(by)}, who started the run: ${command}`,
      deniable: true,
    };
  return null;
}

/** A no must be signed, too. */
function signed(what: string): Bar {
  return { why: `it needs ${what}`, deniable: false };
}
