import type { Fault } from "../model/fault.ts";
import type { RunRecord } from "../model/run-record.ts";

/** A run, and what is known of it where it is listed. */
type Known = Pick<RunRecord, "run"> & Partial<Pick<RunRecord, "runbook" | "check">>;

/** RUN as people write it: an id, a unique beginning of one, or `last`. */
export function findRun(runs: readonly Known[], wanted: string): string | Fault {
  const [newest] = runs;
  if (newest === undefined) {
    const hint = "`runbook run` makes the first; --state names another place";
    return { kind: "usage", message: "no run is on record yet", hint };
  }
  if (wanted === "last") return newest.run;
  const fits = runs.map((run) => run.run).filter((run) => wanted !== "" && run.startsWith(wanted));
  if (fits.length === 1 && fits[0] !== undefined) return fits[0];
  const parts = runs.filter(({ check }) => wanted !== "" && check?.startsWith(wanted));
  if (fits.length === 0 && parts.length > 0) return notOneRun(parts, wanted);
  const message = fits.length === 0 ? `no run \`${wanted}\` is on record` : `\`${wanted}\` begins ${fits.length} runs`;
  const hint = fits.length === 0 ? "`runbook history` lists them" : `write more of it: ${fits.slice(0, 4).join(", ")}`;
  return { kind: "usage", message, hint };
}

function notOneRun(parts: readonly Known[], wanted: string): Fault {
  const all = parts.map(({ run, runbook = "" }) => `${runbook}: ${run}`).toSorted();
  const more = all.length > 4 ? ` and ${all.length - 4} more` : "";
  const message = `\`${wanted}\` is a check, which has a run for each runbook`;
  const hint = `name one of them: ${all.slice(0, 4).join(", ")}${more}; \`history show\` tells the check`;
  return { kind: "usage", message, hint };
}
