import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { isAtWork, thisWriter, type Writer } from "../../../src/cli/writer.ts";

const here = thisWriter() as Writer;

test("a process is known by its number and its start together", async () => {
  expect(isAtWork(here)).toBe(true);
  expect(isAtWork({ ...here, started: `${here.started}0` })).toBe(false);
  const child = spawn("true");
  const { pid = 0 } = child;
  await once(child, "exit");
  expect(isAtWork({ ...here, pid })).toBe(false);
});

test("of a writer on another machine, or of none, nothing is said", () => {
  expect(isAtWork({ ...here, host: `not-${here.host}` })).toBeNull();
  expect(isAtWork(undefined)).toBeNull();
});
