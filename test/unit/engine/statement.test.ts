import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { statementOf } from "../../../src/engine/statement.ts";

const decision = {
  host: "web1",
  step: "sweep",
  digest: "0123456789abcdef0123456789abcdef",
  verdict: "approve",
  by: "ada",
  machine: "desk",
  decidedAt: Date.UTC(2026, 10, 3, 14, 5, 9, 7),
  reason: "looked at it",
} as const;

test("a decision is told in one line a value", () => {
  expect(statementOf("r1", decision)).toBe(`runbook decision 1
run: "r1"
host: "web1"
step: "sweep"
digest: "0123456789abcdef0123456789abcdef"
verdict: "approve"
by: "ada"
machine: "desk"
at: "2026-11-03T14:05:09.007Z"
reason: "looked at it"
`);
});

test("no reason is another text than an empty one", () => {
  const { reason: _, ...silent } = decision;
  expect(statementOf("r1", silent)).toContain("reason: null\n");
  expect(statementOf("r1", { ...silent, reason: "" })).toContain('reason: ""\n');
});

const word = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("a", "b", '"\nhost: "a"', "\u2028", "\ud800", "null"),
);
const anyDecision = fc.record(
  {
    host: word,
    step: word,
    digest: word,
    verdict: fc.constantFrom("approve", "deny"),
    by: word,
    decidedAt: fc.constantFrom(0, 1, 1_800_000_000_000),
    machine: word,
    reason: word,
  },
  { requiredKeys: ["host", "step", "digest", "verdict", "by", "decidedAt"] },
);

test("two decisions never give one text, whatever their values hold", () => {
  fc.assert(
    fc.property(word, word, anyDecision, anyDecision, (run, otherRun, one, other) => {
      const [a, b] = [statementOf(run, one), statementOf(otherRun, other)];
      expect(a.split("\n")).toHaveLength(11);
      expect(a === b).toBe(run === otherRun && isDeepStrictEqual({ ...one }, { ...other }));
    }),
  );
});
