import { expect, test } from "vitest";
import { storedRunbook } from "../../../../src/language/runbook/stored.ts";
import { diskRunbook, Story } from "../../../kit/story.ts";

const loaded = diskRunbook();
const { plan } = new Story(loaded, ["xen1"]).state;

test("the runbook of a run is read from its record alone", () => {
  const source = { text: loaded.text, functions: "say() { :; }\n", files: ["tool.sh"] };
  const stored = storedRunbook({ ...plan, source });
  expect(stored?.runbook).toEqual(loaded.runbook);
  expect(stored?.digest).toBe(plan.runbook.digest);
  expect(stored?.functions).toBe("say() { :; }\n");
  expect([...(stored?.files.keys() ?? [])]).toEqual(["tool.sh"]);
});

test.each([
  ["no text on record", undefined],
  ["a text that is no YAML", { text: "a: [", functions: "", files: [] }],
  ["a text that is no runbook any more", { text: "name: other\n", functions: "", files: [] }],
])("%s: no runbook rather than a wrong one", (_, source) => {
  const { source: _gone, ...rest } = plan;
  expect(storedRunbook(source === undefined ? rest : { ...rest, source })).toBeNull();
});
