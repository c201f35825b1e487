import { createHash } from "node:crypto";
import type { RunPlan, StepPlan } from "../model/plan.ts";
import type { LoadedRunbook, Step } from "../model/runbook.ts";
import type { RunsNeeded } from "../model/sighting.ts";
import { contentDigest } from "./runbook-digest.ts";

/** Looks nearer to each other than this, in seconds, are one: somebody who runs it thrice in a row has seen no more than once. */
const APART = 60;

/** What `confirm: { runs: N }` asks for; undefined where the step does not say it. */
export function runsNeeded(loaded: LoadedRunbook, step: Step): RunsNeeded | undefined {
  const { runs, apart = APART } = step.detect.confirm ?? {};
  if (runs === undefined) return undefined;
  const { runbook } = loaded;
  const scripts = [loaded.functions, runbook.applies, step.applies, step.detect.run, ...Object.values(runbook.facts)];
  const text = scripts.join("\n");
  const { findings, format, key } = step.detect;
  const parts = [
    ...scripts.map((script) => script ?? null),
    [findings ?? null, format, key ?? null],
    [step.shell ?? runbook.shell ?? null, step.become ?? runbook.become ?? null, step.on],
    [...loaded.files].map(([name, bytes]) => [name, contentDigest(bytes)]),
  ];
  return {
    times: runs,
    apart,
    question: digest(parts),
    inputs: Object.keys(runbook.inputs).filter((name) => new RegExp(`\\b${name}\\b`, "i").test(text)),
  };
}

/** What a step asks of a host in a run: the same digest, the same question. Null where its looks are not counted over runs. */
export function questionOf(
  plan: Pick<RunPlan, "inputs" | "hostInputs">,
  { confirm }: StepPlan,
  host: string,
): string | null {
  if (confirm.runs === undefined) return null;
  const values = { ...plan.inputs, ...plan.hostInputs[host] };
  return digest([confirm.runs.question, confirm.runs.inputs.map((name) => [name, values[name] ?? null])]);
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 32);
}
