import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { examinePolicy } from "../../../../src/language/policy/compile.ts";
import { PolicyRule } from "../../../../src/model/policy-file.ts";
import { told } from "../../../kit/mistakes.ts";

const reference = await readFile(fileURLToPath(new URL("../../../../docs/policy.md", import.meta.url)), "utf8");

test("the policy in the reference is a sound one", () => {
  const [, example = ""] = /## One whole policy\n\n```yaml\n(.*?)```/s.exec(reference) ?? [];
  const { policy, faults } = examinePolicy(example, "policy.yml");
  expect(told(faults)).toEqual([]);
  expect(policy?.rules).toHaveLength(6);
});

test("the windows in the reference are sound ones", () => {
  const [, both = ""] = /## Windows of time\n\n```yaml\n(.*?)```/s.exec(reference) ?? [];
  const [one = "", list = ""] = both.split(/^(?=when:)/m).filter((part) => part !== "");
  const rules = [one, list].map((when) => `  - approve: deny\n${when.replaceAll(/^(?=.)/gm, "    ")}`).join("");
  expect(told(examinePolicy(`rules:\n${rules}`, "policy.yml").faults)).toEqual([]);
});

test("the reference tells of every key of a rule", () => {
  const keys = Object.keys(PolicyRule.shape);
  expect(keys.filter((key) => !reference.includes(`| \`${key}\` |`))).toEqual([]);
});
