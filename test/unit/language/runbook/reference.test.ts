import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { runbookTemplate } from "../../../../src/language/runbook/template.ts";
import { Runbook } from "../../../../src/model/runbook.ts";
import { mistakes, warnings } from "../../../kit/mistakes.ts";

const REFERENCE = await readFile(resolve(import.meta.dirname, "../../../../docs/language.md"), "utf8");

test("the whole runbook in the reference is sound", () => {
  const [, example = ""] = /```yaml\n(name: .*?)```/s.exec(REFERENCE) ?? [];
  expect(example).toContain("verify:");
  expect(mistakes(example)).toEqual([]);
  expect(warnings(example)).toEqual([]);
});

test("the reboot in the reference is sound", () => {
  const [, example = ""] = /### Reboot\n\n```yaml\n(.*?)```/s.exec(REFERENCE) ?? [];
  expect(example).toContain("reboot:");
  expect(mistakes(`name: boot\ntitle: Boot\n${example}`)).toEqual([]);
  expect(warnings(`name: boot\ntitle: Boot\n${example}`)).toEqual([]);
});

test("the scripts in the page about Windows are sound", async () => {
  const page = await readFile(resolve(import.meta.dirname, "../../../../docs/windows.md"), "utf8");
  const [, example = ""] = /```yaml\n(shell: powershell\n.*?)```/s.exec(page) ?? [];
  expect(example).toContain("detect:");
  expect(mistakes(`name: disks\ntitle: Disks\n${example}`)).toEqual([]);
  expect(warnings(`name: disks\ntitle: Disks\n${example}`)).toEqual([]);
});

test("a new runbook is sound", () => {
  expect(mistakes(runbookTemplate("disk-full"))).toEqual([]);
  expect(warnings(runbookTemplate("disk-full"))).toEqual([]);
});

test("the reference names every key of a runbook and of a step", () => {
  const keys = [Runbook, Runbook.shape.steps.element, Runbook.shape.steps.element.shape.detect].flatMap((part) =>
    Object.keys(part.shape),
  );
  expect(keys.length).toBeGreaterThan(30);
  expect(keys.filter((key) => !REFERENCE.includes(`\`${key}`) && !REFERENCE.includes(`.${key}\``))).toEqual([]);
});
