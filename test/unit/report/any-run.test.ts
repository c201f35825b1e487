import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fold } from "../../../src/engine/evolve.ts";
import { hostVerdict, stepVerdict } from "../../../src/engine/outcome.ts";
import type { Entry } from "../../../src/model/event.ts";
import { documentOf } from "../../../src/report/fold.ts";
import { htmlOf } from "../../../src/report/html.ts";
import { metricsOf } from "../../../src/report/metrics.ts";
import { junitOf } from "../../../src/report/junit.ts";
import { anyPlan } from "../../kit/plans.ts";
import { simulate, type Disposition } from "../../kit/simulate.ts";

// Mostly nothing comes between: else hardly any run gets as far as a fix.
const chance = fc.constantFrom(0, 0, 0, 0.05, 0.3);

const disposition: fc.Arbitrary<Disposition> = fc.record({
  seed: fc.nat(),
  temper: fc.record({
    unknown: chance,
    clear: chance,
    restless: chance,
    failing: chance,
    lost: chance,
    locked: fc.constantFrom(0, 0.3),
    deferring: chance,
    elsewhere: chance,
    variety: fc.constantFrom(3, 1_000_000),
  }),
  eager: fc.constantFrom(0, 0.2),
  yes: fc.constantFrom(0.5, 0.9, 1),
  patience: fc.constantFrom(0, 3, 100, 100),
  stopping: fc.constantFrom(0, 0, 0.005),
  meddling: chance,
});

/** How much of a record there is, in percent. */
const share = fc.oneof(fc.constant(100), fc.integer({ min: 0, max: 100 }));

/** How many fixes began: of one that another's lock kept out, the record says so next. */
function fixesIn(entries: readonly Entry[]): number {
  const acts = new Map<string, number>();
  let out = 0;
  for (const { event } of entries) {
    if (!("step" in event) || (!/^(fix|reboot)/.test(event.type) && event.type !== "locked-out")) continue;
    const place = `${event.host} ${event.step}`;
    const last = acts.get(place) ?? 0;
    if (event.type === "locked-out") out += last;
    acts.set(place, event.type === "fix-started" ? 1 : 0);
  }
  return entries.filter(({ event }) => event.type === "fix-started").length - out;
}

test("whatever happens in a run, and wherever its record ends, a report says what the engine says of it", () => {
  let fixes = 0;
  fc.assert(
    fc.property(anyPlan, disposition, share, (plan, how, percent) => {
      const { entries } = simulate(plan, how);
      const part = entries.slice(0, Math.max(1, Math.round((entries.length * percent) / 100)));
      const [document, state] = [documentOf(part), fold(part)];
      if (document === null || state === null) throw new Error("no document");
      const verdicts = document.hosts.map(({ outcome, steps }) => [outcome, steps.map((step) => step.outcome)]);
      const hosts = [...state.hosts.values()];
      expect(verdicts).toEqual(
        hosts.map((host) => [hostVerdict(host).outcome, host.steps.map((step) => stepVerdict(host, step).outcome)]),
      );
      const begun = fixesIn(part);
      const told = document.hosts.flatMap((host) => host.steps.flatMap((step) => step.fixes));
      expect(told.length).toBe(begun);
      fixes += begun;
      expect(junitOf(document).split("<testcase ").length - 1).toBe(plan.hosts.length * plan.steps.length);
      expect(htmlOf(document)).toMatch(/<\/html>\n$/);
      const metrics = metricsOf([{ kind: "run", source: "a", document }]);
      const values = (name: string): number[] =>
        [...metrics.matchAll(new RegExp(`^runbook_run_${name}\\{.*\\} (.*)$`, "gm"))].map(([, value]) => Number(value));
      const sum = (name: string): number => values(name).reduce((all, value) => all + value, 0);
      expect([sum("hosts"), sum("steps")]).toEqual([plan.hosts.length, plan.hosts.length * plan.steps.length]);
      expect(values("\\w+_duration_seconds").every((value) => value >= 0)).toBe(true);
    }),
    { numRuns: 200 },
  );
  expect(fixes).toBeGreaterThan(0);
});
