import type { Member, Subject } from "./card-subject.ts";
import { spread } from "./card-subject.ts";
import { ago, counted } from "./words.ts";

/** Since when runs have found it one after the other, and what is left alone since too few have; empty where one run is enough. */
export function runsWords(subject: Subject): string {
  const { members, now, plan } = subject;
  const needed = plan.confirm.runs;
  if (needed === undefined) return "";
  const since = ago(Math.max(...members.map(firstSeen)), now);
  const words = `found by ${needed.times} runs in a row, the first ${since}${members.length === 1 ? "" : " or before"}`;
  const rest = spread(subject, ({ step: { early } }) => {
    if (early.length === 0) return "";
    const most = Math.max(...early.map(({ runs }) => runs));
    return `${counted(early.length, "more finding")} in ${most} of ${needed.times} runs so far, and left alone`;
  });
  return rest === "" ? words : `${words}; ${rest}`;
}

/** When the first of the runs that count saw all that is on the card, ms since the epoch. */
function firstSeen({ step }: Member): number {
  const keys = (step.findings ?? []).map(({ key }) => key);
  const looks = step.earlier.filter((look) => keys.every((key) => look.keys.includes(key)));
  return looks.at(-1)?.at ?? step.seenAt;
}
