import type { EventOf } from "../model/event.ts";
import { outputText, type Output } from "../model/output.ts";
import { ailmentIn, withAilment } from "./ailment.ts";
import type { RunPlan } from "../model/plan.ts";
import type { Scheduled } from "../model/scheduled.ts";
import type { Freeze, StepState } from "./state.ts";

/** The last line of a text that says anything, as a terminal would show it: what a carriage return overwrote is gone. */
export function lastLine(text: string): string {
  return (
    text
      .trimEnd()
      .split(/[\r\n]/)
      .at(-1)
      ?.trim() ?? ""
  );
}

/** Letters of what a script says last. */
const MOST_SAID = 500;

/** "the fix exited 3: last line of stderr", in one line; after what ails the host, where it failed for that. */
export function exitReason(what: string, exit: number | null, stderr: Output, ms: number): string {
  const said = outputText(stderr);
  const last = lastLine(said).slice(0, MOST_SAID);
  const how = exit === null ? `was ended after ${Math.round(ms / 1000)} s` : `exited ${exit}`;
  return withAilment(exit === 0 ? null : ailmentIn(said), `${what} ${how}${last === "" ? "" : `: ${last}`}`);
}

/** How a fix ended, in one line. */
export function fixReason({ exit, by, stderr, ms }: EventOf<"fix-finished">): string {
  return by === undefined ? exitReason("the fix", exit, stderr, ms) : `the fix was ended by ${by}, who stopped the run`;
}

/** A moment in UTC from ms since the epoch: `2026-11-03 14:05:09 UTC`. What is none, as a file from elsewhere may hold, is `?`. */
export function moment(at: number): string {
  if (Number.isNaN(new Date(at).getTime())) return "?";
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** Why no fix starts anywhere: `frozen by ada since 2026-11-03 14:05:09 UTC: the end of the quarter`. */
export function frozenWords({ by, since, reason }: Freeze): string {
  return `frozen by ${by} since ${moment(since)}${reason === "" ? "" : `: ${reason}`}`;
}

/** Why what was found is not to be acted on yet: `seen in 1 of 3 runs`. */
export function runsWords({ early, plan: { confirm } }: StepState): string {
  const { times = 1, apart = 0 } = confirm.runs ?? {};
  const near = early.some((one) => one.near) ? `; looks less than ${apart} s apart count as one` : "";
  return `seen in ${Math.max(...early.map(({ runs }) => runs))} of ${times} runs${near}`;
}

/** Which kernel runs after a boot: `kernel 6.1.0-9 → 6.1.0-13`, or `kernel 6.1.0-9 as before`. */
export function kernelWords({ kernelBefore, kernel }: { kernelBefore: string; kernel: string }): string {
  return kernel === kernelBefore ? `kernel ${kernel} as before` : `kernel ${kernelBefore} → ${kernel}`;
}

/** Why a run that only looks fixes nothing. */
export function lookWords({ schedule }: Pick<RunPlan, "schedule">): string {
  return schedule === undefined || schedule.why.length === 0 ? "dry run" : `only looked: ${schedule.why.join("; ")}`;
}

/** Who says yes where nobody is asked. */
export function levelWords({ schedule, approve }: Pick<RunPlan, "schedule" | "approve">): string {
  return schedule === undefined ? `--approve ${approve}` : `schedule ${schedule.name} (approve: ${approve})`;
}

type Fire = Pick<Scheduled, "name" | "fire"> & { readonly byHand?: boolean | undefined };

/** `schedule nightly, fire of 2026-03-29 01:00 UTC`. */
export function scheduleWords({ name, fire, byHand = false }: Fire): string {
  return `schedule ${name}, ${byHand ? "by hand" : `fire of ${moment(fire)}`}`;
}
