import type { Decider } from "../model/approval.ts";
import type { Approver, Wish } from "../run/ports.ts";
import type { Action } from "./answers.ts";

/** A wish that the person made, and why it does not count. */
export type Refusal = { readonly wish: Wish; readonly why: string };

/** Takes wishes to the run, and holds them until it listens. */
export type Postbox = {
  readonly send: (wishes: readonly Wish[]) => void;
  readonly listen: Approver["listen"];
};

/** A box that tells `refused` of every wish that does not count. */
export function createPostbox(refused: (refusals: readonly Refusal[]) => void): Postbox {
  const early: Wish[] = [];
  let listener: ((wish: Wish) => string | null) | null = null;
  const post = (wishes: readonly Wish[]): void => {
    const refusals = wishes.flatMap((wish): Refusal[] => {
      const why = listener === null ? "the run has ended" : listener(wish);
      return why === null ? [] : [{ wish, why }];
    });
    if (refusals.length > 0) refused(refusals);
  };
  let over = false;
  return {
    send(wishes) {
      if (listener === null && !over) early.push(...wishes);
      else post(wishes);
    },
    listen(wish, signal) {
      listener = wish;
      signal.addEventListener(
        "abort",
        () => {
          listener = null;
          over = true;
        },
        { once: true },
      );
      post(early.splice(0));
    },
  };
}

/** What an action asks of the run, signed with who decided and when. */
export function wishesOf(action: Exclude<Action, { kind: "leave" | "stop" }>, who: Decider): Wish[] {
  const { by } = who;
  switch (action.kind) {
    case "decide": {
      const { verdict, reason } = action;
      const said = reason === "" ? {} : { reason };
      return action.cards.map(({ host, step, digest }) => ({
        kind: "decide",
        decision: { ...who, host, step, digest, verdict, ...said },
      }));
    }
    case "waive": {
      const { host, step } = action.card;
      return [{ kind: "waive", host, step, keys: action.keys, until: action.until, by, reason: action.reason }];
    }
    case "skip":
      return [{ kind: "skip", host: action.host, by, reason: action.reason }];
    case "pause":
    case "continue":
      return [{ kind: action.kind, by }];
    case "detach":
      return [{ kind: "detach" }];
  }
}
