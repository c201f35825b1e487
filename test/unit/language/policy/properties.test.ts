import { dump } from "js-yaml";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { examinePolicy } from "../../../../src/language/policy/compile.ts";

test("whatever stands in a file, it is a policy or has faults with a place, and nothing throws", () => {
  const keys = [
    "rules",
    "approve",
    "hosts",
    "when",
    "zone",
    "from",
    "to",
    "days",
    "steps",
    "risk",
    "allowed_signers",
    "signed",
    "approvers",
  ];
  const values = ["ask", "auto", "deny", "all", "UTC", "09:00", "mon-fri", "a*", "", 2, true, null];
  const { node } = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.constantFrom<unknown>(...values),
      fc.array(tie("node"), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom(...keys), tie("node"), { maxKeys: 5 }),
    ),
  }));
  const rules = fc.array(fc.dictionary(fc.constantFrom(...keys), node, { maxKeys: 5 }), { maxLength: 4 });
  fc.assert(
    fc.property(
      fc.oneof(
        node,
        rules.map((all) => ({ rules: all })),
      ),
      (value) => {
        const { policy, faults } = examinePolicy(dump(value), "policy.yml");
        expect(policy !== undefined || faults.length > 0).toBe(true);
        expect(faults.filter(({ where }) => !/^policy\.yml:\d+:\d+$/.test(where ?? ""))).toEqual([]);
      },
    ),
    { numRuns: 1000 },
  );
});
