import { fold } from "../engine/evolve.ts";
import type { Decision } from "../model/approval.ts";
import type { Event } from "../model/event.ts";
import { openLetters, type LetterParts } from "./letters.ts";
import type { Archive, Desk, Holder } from "./ports.ts";

/** What a decision from elsewhere needs: the record of runs, and whoever checks signatures. */
export type AsideParts = LetterParts & {
  /** In the order in which they are to count; each on a digest as it is on record. */
  readonly decisions: readonly Decision[];
  readonly archive: Pick<Archive, "read">;
  /** Who decides, as another that comes at the same moment is told. */
  readonly self: Omit<Holder, "since">;
};

/** What became of one decision. */
export type Aside =
  /** A process that has the run took it. */
  | { readonly how: "taken" }
  /** Nobody had the run: it is on record now, and counts once the run is resumed. */
  | { readonly how: "recorded"; readonly event: Event }
  /** The process that has the run did not answer in time; the decision is left for it, or for whoever resumes the run. */
  | { readonly how: "left"; readonly holder: Holder | null }
  | { readonly refused: string };

/** ms that a live run gets to answer, and between two looks whether it has. */
const PATIENCE = 3_000;
const PAUSE = 50;

/**
 * Decides on cards of a run from outside of it; the answers come in the order of the decisions. A signature is checked by the files of the run's
 * policies, and one that no policy can check is refused. Rejects with a journal fault.
 */
export async function decideAside(parts: AsideParts): Promise<readonly Aside[]> {
  const { run, desk, clock } = parts;
  const letters: Letter[] = [];
  for (const decision of parts.decisions) letters.push(await desk.post(run, decision));
  const recorded = new Map<number, Event>();
  let until = clock.now() + PATIENCE;
  for (let answered = 0; ;) {
    const holder = await desk.holder(run);
    if (holder === null) await deliver(parts, recorded);
    const answers = await Promise.all(letters.map((letter) => answerTo(letter, desk, recorded)));
    const known = answers.filter((answer) => answer !== undefined);
    if (known.length === answers.length) return known;
    // Many signatures take their time: as long as answers come, they are waited for.
    if (known.length > answered) until = clock.now() + PATIENCE;
    answered = known.length;
    if (clock.now() >= until) return answers.map((answer) => answer ?? { how: "left", holder });
    await clock.sleep(PAUSE);
  }
}

type Letter = { readonly id: number } | { readonly refused: string };

async function answerTo(letter: Letter, desk: Desk, recorded: ReadonlyMap<number, Event>): Promise<Aside | undefined> {
  if ("refused" in letter) return letter;
  const answer = await desk.answered(letter.id);
  if (answer === undefined) return undefined;
  if (answer.refused !== null) return { refused: answer.refused };
  const event = recorded.get(letter.id);
  return event === undefined ? { how: "taken" } : { how: "recorded", event };
}

/** Stands in for the process that nobody runs: judges everything that is left for the run, and records what counts. */
async function deliver(parts: AsideParts, recorded: Map<number, Event>): Promise<void> {
  const { run, desk } = parts;
  const lease = await desk.lease(run, parts.self);
  // Another was quicker, and delivers this as well.
  if (!("run" in lease)) return;
  await using _held = lease;
  const state = fold(await parts.archive.read(run));
  if (state !== null) await openLetters(parts, state, recorded);
}
