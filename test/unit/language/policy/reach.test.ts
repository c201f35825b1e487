import { describe, expect, test } from "vitest";
import { examinePolicy } from "../../../../src/language/policy/compile.ts";
import { fitsGlob } from "../../../../src/language/policy/glob.ts";
import { told } from "../../../kit/mistakes.ts";

/** Every mistake in a policy's text. */
function mistakes(...lines: readonly string[]): string[] {
  return told(examinePolicy(lines.join("\n"), "policy.yml").faults);
}

function behind(first: string, second: string): string[] {
  return mistakes("rules:", `  - { ${first}, approve: ask }`, `  - { ${second}, approve: deny }`);
}

describe("a rule that is never reached", () => {
  const NEVER =
    "3:5 this rule is never reached: the rule on line 2 matches all that it would → the first rule that matches holds: move it up, or remove it";

  test("stands behind one that matches everything", () => {
    expect(mistakes("rules:", "  - { name: rest, approve: ask }", "  - { risk: [high], approve: deny }")).toEqual([
      "3:5 this rule is never reached: `rest` on line 2 matches all that it would → the first rule that matches holds: move it up, or remove it",
    ]);
    expect(behind("hosts: all", "risk: [high]")).toEqual([NEVER]);
    expect(behind("risk: [low, medium, high]", "hosts: prod")).toEqual([NEVER]);
  });

  test.each([
    ["runbooks: [kernel-*]", "runbooks: [kernel-old]"],
    ["runbooks: [kernel-*]", "runbooks: [kernel-x-*], risk: [low]"],
    ["steps: ['*']", "steps: [a, b]"],
    ["risk: [low, high]", "risk: [high]"],
    ["hosts: prod", "hosts: prod, on: controller"],
    ["when: { days: mon, zone: UTC }", "when: [{ days: mon, zone: UTC }], steps: [a]"],
    [`not_digests: [${"a".repeat(64)}]`, `not_digests: [${"b".repeat(64)}, ${"a".repeat(64)}]`],
  ])("%s before %s", (first, second) => {
    expect(behind(first, second)).toEqual([NEVER]);
  });

  test.each([
    ["runbooks: [kernel-old]", "runbooks: [kernel-*]"],
    ["runbooks: [a?]", "runbooks: [a*]"],
    ["steps: [a]", "steps: [a, b]"],
    ["risk: [high]", "risk: [high, low]"],
    ["hosts: prod", "hosts: prod:db"],
    ["not_hosts: prod", "hosts: prod"],
    ["when: { days: mon, zone: UTC }", "risk: [low]"],
    [`not_digests: [${"a".repeat(64)}, ${"b".repeat(64)}]`, `not_digests: [${"a".repeat(64)}]`],
  ])("%s is reached by %s", (first, second) => {
    expect(behind(first, second)).toEqual([]);
  });

  test("is not told where the rule before it is wrong: what is left of it matches too much", () => {
    expect(mistakes("rules:", "  - { riks: [low], approve: ask }", "  - { risk: [high], approve: deny }")).toEqual([
      "2:7 unknown key `riks` in rule 1 → did you mean `risk`?",
    ]);
  });
});

describe("a glob", () => {
  test.each([
    ["*", "a"],
    ["kernel-*", "kernel-"],
    ["k?rnel", "kernel"],
    ["*-old", "a-old-old"],
    ["a*b*c", "a-b-b-c-c"],
    ["a", "a"],
  ])("%s fits %s", (glob, name) => {
    expect(fitsGlob(glob, name)).toBe(true);
  });

  test.each([
    ["kernel-*", "old-kernel-a"],
    ["a", "ab"],
    ["?", ""],
    ["a?", "a"],
    ["*-old", "a-older"],
    ["a*b*c", "a-c-b"],
  ])("%s does not fit %s", (glob, name) => {
    expect(fitsGlob(glob, name)).toBe(false);
  });

  test("takes no time however it is made", () => {
    expect(fitsGlob("*a".repeat(5000), "a".repeat(80))).toBe(false);
    expect(fitsGlob(`${"*?".repeat(40)}*`, "a".repeat(80))).toBe(true);
  });
});
