import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { isAtWork, thisWriter } from "../../../src/journal/writer.ts";
import type { Writer } from "../../../src/model/plan.ts";

const here = thisWriter() as Writer;
const [boot, tick, space] = here.started.split("/");

test("a process is known by its number and its start together", async () => {
  expect(isAtWork(here)).toBe(true);
  expect(isAtWork({ ...here, started: `${boot}/${tick}0/${space}` })).toBe(false);
  const child = spawn("true");
  const { pid = 0 } = child;
  await once(child, "exit");
  expect(isAtWork({ ...here, pid })).toBe(false);
});

test("of a writer on another machine, in another container, or of none, nothing is said", () => {
  expect(isAtWork({ ...here, host: `not-${here.host}` })).toBeNull();
  expect(isAtWork({ ...here, started: `${boot}/${tick}/pid:[1]` })).toBeNull();
  expect(isAtWork(undefined)).toBeNull();
});

test("one of an older record, which does not name its container, is known as before", () => {
  expect(isAtWork({ ...here, started: `${boot}/${tick}` })).toBe(true);
});

test("where /proc shows the processes of another container, none of them is taken for ours", () => {
  const code = `
    const { isAtWork, thisWriter } = await import(${JSON.stringify(resolve("src/journal/writer.ts"))});
    console.log(process.pid, thisWriter() ?? "none", isAtWork(${JSON.stringify(here)}));
  `;
  const inside = ["--pid", "--fork", process.execPath, "--input-type=module", "-e", code];
  expect(execFileSync("unshare", inside, { encoding: "utf8" })).toBe("1 none null\n");
});
