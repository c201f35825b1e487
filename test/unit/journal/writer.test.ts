import { spawn } from "node:child_process";
import { once } from "node:events";
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
