import { didYouMean } from "../language/suggest.ts";
import type { Entry } from "../model/event.ts";
import type { Fault } from "../model/fault.ts";
import type { WaitingRun } from "../report/waiting.ts";
import { waitingCards } from "../view/questions.ts";
import { shortDigest } from "../view/words.ts";

/** What a person decided on one card, before it has a signature and a place in a record. */
export type Choice = {
  readonly host: string;
  readonly step: string;
  readonly digest: string;
  readonly verdict: "approve" | "deny";
  readonly reason: string | undefined;
  /** ms since the epoch. */
  readonly decidedAt: number;
};

/** A card that was asked at some time in the run. */
export type Asked = Pick<Choice, "host" | "step" | "digest">;

/** Every card that the run ever asked, each once. */
export function everAsked(entries: readonly Entry[]): readonly Asked[] {
  const asked = new Map<string, Asked>();
  for (const { event } of entries) {
    if (event.type === "asked") asked.set(event.digest, { host: event.host, step: event.step, digest: event.digest });
  }
  return [...asked.values()];
}

/** Fewer digits than these could be another card's by chance, or by a slip of the finger. */
const LEAST_DIGITS = 8;

/** The cards that digests name by a unique beginning; or a fault for each that names none, or several. */
export function cardsNamed(
  digests: readonly string[],
  run: WaitingRun,
  asked: readonly Asked[],
): { readonly cards: readonly Asked[] } | { readonly faults: readonly Fault[] } {
  const cards = new Map<string, Asked>();
  const faults: Fault[] = [];
  for (const digest of digests) {
    const found = cardNamed(digest, run, asked);
    if ("message" in found) faults.push(found);
    else cards.set(found.digest, found);
  }
  return faults.length > 0 ? { faults } : { cards: [...cards.values()] };
}

function cardNamed(digest: string, { state }: WaitingRun, asked: readonly Asked[]): Asked | Fault {
  const fault = (message: string, hint: string): Fault => ({
    kind: "usage",
    where: `--digest ${digest}`,
    message,
    hint,
  });
  const list = `\`runbook approvals ${state.run}\` lists what waits`;
  if (!/^[0-9a-f]{8,32}$/i.test(digest)) {
    return fault(`a card is named by at least ${LEAST_DIGITS} hex digits of its digest`, list);
  }
  const fits = asked.filter((card) => card.digest.startsWith(digest.toLowerCase()));
  const [first, ...others] = fits;
  if (first !== undefined && others.length === 0) return first;
  if (first !== undefined) {
    return fault(
      `this begins the digests of ${fits.length} cards`,
      `write more of it: ${fits.map((card) => card.digest).join(", ")}`,
    );
  }
  const waiting = waitingCards(state).map((card) => card.digest.slice(0, Math.max(digest.length, LEAST_DIGITS)));
  return fault(`no card of run ${state.run} has this digest`, didYouMean(digest.toLowerCase(), waiting) ?? list);
}

/** Why what is to be done by a person may not be approved, or a script not be said to be done; none when all fits. */
export function doneFaults(cards: readonly Asked[], { state }: WaitingRun, done: boolean): readonly Fault[] {
  return cards.flatMap(({ host, step, digest }): Fault[] => {
    const plan = state.plan.steps.find(({ id }) => id === step);
    const manual = plan?.fix?.kind === "manual";
    if (manual === done) return [];
    const where = `${step} on ${host} (${shortDigest(digest)})`;
    return manual
      ? [{ kind: "usage", where, message: "a person does this, and says so", hint: "add --done once it is done" }]
      : [{ kind: "usage", where, message: "its fix is a script: the run carries it out", hint: "leave out --done" }];
  });
}
