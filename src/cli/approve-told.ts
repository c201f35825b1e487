import type { RunState } from "../engine/state.ts";
import { jsonText } from "../report/json.ts";
import type { Aside } from "../run/aside.ts";
import { clean } from "../view/clean.ts";
import { foldHosts } from "../view/hosts.ts";
import { waitingCards, wantedOf } from "../view/questions.ts";
import { counted, shortDigest } from "../view/words.ts";
import type { Choice } from "./approve-choice.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";

/** A decision with what became of it. */
export type Decided = { readonly choice: Omit<Choice, "reason" | "decidedAt">; readonly aside: Aside };

/** Tells what became of each decision, the same words once; `state` is the run after them, `now` in ms since the epoch. */
export function tellDecided(decided: readonly Decided[], state: RunState, now: number, json: boolean, io: Io): void {
  const told = decided.map((one) => ({ ...one, missing: missingOf(one, state, now) }));
  if (json) {
    for (const { choice, aside, missing } of told) {
      const how = "refused" in aside ? { how: "refused", why: aside.refused } : { how: aside.how };
      const { host, step, digest, verdict } = choice;
      io.out(`${jsonText({ run: state.run, host, step, digest, verdict, ...how, missing })}\n`);
    }
    return;
  }
  const groups = Map.groupBy(told, (one) => `${one.choice.step}: ${wordsOf(one, one.missing, otherCard(one, state))}`);
  for (const [words, some] of groups) {
    const hosts = foldHosts(some.map(({ choice }) => choice.host));
    io.out(`${clean(`${hosts}: ${words}`)}\n`);
  }
}

/** How many more people a card needs that has just had a yes. */
function missingOf({ choice, aside }: Decided, state: RunState, now: number): number {
  if ("refused" in aside || choice.verdict === "deny") return 0;
  const card = waitingCards(state).find(({ digest }) => digest === choice.digest);
  return card === undefined ? 0 : wantedOf(state, card, now).missing;
}

/** The card that waits in the place of the one that was decided on; null: none, or the same. */
function otherCard({ choice }: Decided, state: RunState): string | null {
  const card = waitingCards(state).find(({ host, step }) => host.host === choice.host && step.plan.id === choice.step);
  return card === undefined || card.digest === choice.digest ? null : card.digest;
}

function wordsOf({ choice, aside }: Decided, missing: number, now: string | null): string {
  if ("refused" in aside)
    return `not ${past(choice.verdict)}: ${aside.refused}${now === null ? "" : ` (its card is ${shortDigest(now)} now)`}`;
  const more = missing === 0 ? "" : `; it needs ${counted(missing, "more person", "more people")}`;
  switch (aside.how) {
    case "taken":
      return `${past(choice.verdict)}, and the run has taken it${more}`;
    case "recorded":
      return `${past(choice.verdict)}, and on record${more}`;
    case "left": {
      const { holder } = aside;
      const who = holder === null ? "whoever resumes it" : `${holder.by}, at work on it`;
      return `${past(choice.verdict)}, and left for the run, which has not answered yet (${who})`;
    }
  }
}

function past(verdict: Choice["verdict"]): string {
  return verdict === "approve" ? "approved" : "denied";
}

/** 1: at least one was refused. 3: at least one has not been answered yet. */
export function exitOfDecided(decided: readonly Decided[]): number {
  if (decided.some(({ aside }) => "refused" in aside)) return EXIT.failed;
  return decided.some(({ aside }) => "how" in aside && aside.how === "left") ? EXIT.waiting : EXIT.ok;
}
