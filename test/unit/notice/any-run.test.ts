import * as fc from "fast-check";
import { expect, test } from "vitest";
import { confirmed, waiting } from "../../../src/engine/outcome.ts";
import type { HostState, RunState, StepState } from "../../../src/engine/state.ts";
import { NoticeKind } from "../../../src/model/notification.ts";
import type { Notice } from "../../../src/notice/notice.ts";
import { noticesOf, type ToldPlace } from "../../../src/notice/notices.ts";
import { progressOf } from "../../../src/notice/standing.ts";
import { tellingOf } from "../../../src/notice/news.ts";
import { noticeLines } from "../../../src/notice/words.ts";
import { slackPayload } from "../../../src/notice/slack.ts";
import { anyPlan } from "../../kit/plans.ts";
import { simulate, type Disposition } from "../../kit/simulate.ts";

const chance = fc.constantFrom(0, 0.05, 0.3);

const anyDisposition: fc.Arbitrary<Disposition> = fc.record({
  seed: fc.nat(),
  temper: fc.record({
    unknown: chance,
    clear: chance,
    restless: chance,
    failing: chance,
    lost: chance,
    deferring: chance,
    locked: chance,
    elsewhere: chance,
    variety: fc.constantFrom(3, 1_000_000),
  }),
  eager: fc.constantFrom(0, 0.2),
  yes: fc.constantFrom(0.5, 1),
  patience: fc.constantFrom(0, 3, 100),
  stopping: fc.constantFrom(0, 0, 0.05),
  meddling: fc.constantFrom(0, 0, 0.2),
});

/** What must have been told of a step, as its last word says; null: nothing need have been. */
function owed(step: StepState): NoticeKind | null {
  if (waiting(step)) return "waiting";
  if (step.end === null) return null;
  switch (step.end.outcome) {
    case "failed":
    case "in-doubt":
    case "rolled-back":
      return "failed";
    case "found":
      return confirmed(step) && step.findings?.some(({ key }) => !step.early.some(({ finding }) => finding.key === key))
        ? "found"
        : null;
    case "unknown":
      return "unknown";
    case "fixed":
      return "fixed";
    case "waiting":
      return "waiting";
    case "clear":
    case "skipped":
      return null;
  }
}

function owedOf(state: RunState): string[] {
  return [...state.hosts.values()].flatMap((host) => [
    ...(isAway(host) ? [`unknown ${host.host} `] : []),
    ...host.steps.flatMap((step) => {
      const kind = host.notConcerned === null ? owed(step) : null;
      return kind === null ? [] : [`${kind} ${host.host} ${step.plan.id}`];
    }),
  ]);
}

/** Who was told that it waits or failed knows that it is there. */
function wordsOf(kind: Notice["kind"]): string[] {
  return kind === "waiting" || kind === "failed" ? [kind, "found"] : [kind];
}

function isAway({ unreachable, undetermined, skipped }: HostState): boolean {
  return skipped === null && (unreachable !== null || undetermined !== null);
}

test("of any run, told of at any moments, nothing is lost and nothing that is known is told again", () => {
  fc.assert(
    fc.property(
      anyPlan,
      anyDisposition,
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
      (plan, disposition, cuts) => {
        const { entries, state } = simulate(plan, disposition);
        const known = new Map<string, ToldPlace>();
        const notices: Notice[] = [];
        const moments = [
          ...cuts.map((cut) => Math.max(1, Math.floor(cut * entries.length))).toSorted((a, b) => a - b),
          entries.length,
        ];
        let after = 0;
        for (const moment of moments) {
          const [told] = noticesOf(entries.slice(0, moment), after, [
            { name: "ops", on: NoticeKind.options, told: [...known.values()] },
          ]);
          for (const place of told?.places ?? []) known.set(`${place.host} ${place.step}`, place);
          notices.push(...(told?.notices ?? []));
          after = moment;
        }
        const told = new Set(
          notices.flatMap(({ kind, step, hosts: { names } }) =>
            names.flatMap((name) => wordsOf(kind).map((word) => `${word} ${name} ${step?.id ?? ""}`)),
          ),
        );
        expect(owedOf(state).filter((one) => !told.has(one))).toEqual([]);
        expect(new Set(notices.map(({ id }) => id)).size).toBe(notices.length);
        for (const notice of notices) {
          noticeLines(notice);
          slackPayload(notice);
        }
        const again = (progressOf(entries, 0)?.standings ?? []).flatMap((standing) => {
          const before = known.get(`${standing.host} ${standing.place}`)?.lines ?? [];
          return tellingOf({ ...standing, fixed: [] }, new Set(NoticeKind.options), before).news.map(
            ({ kind }) => `${kind} ${standing.host}`,
          );
        });
        expect(again).toEqual([]);
      },
    ),
    { numRuns: 300 },
  );
});
