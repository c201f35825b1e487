import { quote } from "../script/quote.ts";
import { clean } from "../view/clean.ts";
import type { Health } from "./health.ts";

/** What to do next about the worst that was found and that a runbook mends: a dry run of it. Nothing where there is none. */
export function nextLine({ findings, runbooks }: Health): string[] {
  const mending = new Map(
    runbooks.map((one) => [one.runbook, { path: one.path, steps: one.steps.filter(({ mends }) => mends === true) }]),
  );
  const worst = findings.find(
    ({ runbook, step, waiver }) => waiver === null && mending.get(runbook)?.steps.some((one) => one.step === step),
  );
  if (worst === undefined) return [];
  const path = mending.get(worst.runbook)?.path ?? "";
  const name = path === `runbooks/${worst.runbook}.yml` ? worst.runbook : path;
  const word = /^[\w./@%+=-]+$/.test(name) ? name : quote(name);
  return [clean(`→ to see what would be done: runbook run ${word} -n -i …`)];
}
