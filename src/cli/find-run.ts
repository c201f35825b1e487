import type { Fault } from "../model/fault.ts";
import type { RunRecord } from "../model/run-record.ts";

/** RUN as people write it: an id, a unique beginning of one, or `last`. */
export function findRun(runs: readonly Pick<RunRecord, "run">[], wanted: string): string | Fault {
  const [newest] = runs;
  if (newest === undefined) {
    const hint = "`runbook run` makes the first; --state names another place";
    return { kind: "usage", message: "no run is on record yet", hint };
  }
  if (wanted === "last") return newest.run;
  const fits = runs.map((run) => run.run).filter((run) => wanted !== "" && run.startsWith(wanted));
  if (fits.length === 1 && fits[0] !== undefined) return fits[0];
  const message = fits.length === 0 ? `no run \`${wanted}\` is on record` : `\`${wanted}\` begins ${fits.length} runs`;
  const hint = fits.length === 0 ? "`runbook history` lists them" : `write more of it: ${fits.slice(0, 4).join(", ")}`;
  return { kind: "usage", message, hint };
}
