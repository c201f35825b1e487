import type { Question } from "./questions.ts";
import { shortDigest } from "./words.ts";

/** The commands that answer a question; `deny` null: nobody is asked for leave, only whether it has been done. */
export type Answers = { readonly approve: string; readonly deny: string | null };

/** More digests than this are not typed: the cards are answered on a terminal, or by a script that reads them as JSON. */
const TYPEABLE = 3;

/** How a question of a run is answered on a command line. */
export function answersTo(run: string, { step, members }: Question): Answers {
  const digests = members.map(({ digest }) => `--digest ${shortDigest(digest)}`);
  const named = digests.length > TYPEABLE ? "" : ` ${digests.join(" ")}`;
  if (step.fix?.kind === "manual") return { approve: `runbook approve ${run}${named} --done`, deny: null };
  return { approve: `runbook approve ${run}${named}`, deny: `runbook deny ${run}${named} --reason …` };
}
