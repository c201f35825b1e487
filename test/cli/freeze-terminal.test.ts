import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { localJob, sweep } from "../kit/shelf.ts";
import { Terminal } from "../kit/terminal.ts";

const BIN = resolve(import.meta.dirname, "../../bin/runbook.js");

test("a run on a terminal waits while all is frozen, shows by whom and why, and goes on by itself after it", async () => {
  await using shop = await localJob(sweep(), { files: { "a/x.bad": "" } });
  await shop.run("freeze", "--reason", "the end of the year");
  const options = { columns: 120, rows: 30, cwd: shop.directory, env: { HOME: shop.directory } };
  await using terminal = new Terminal(process.execPath, [BIN, "run", "job", "-i", "hosts.yml", "-y"], options);
  await terminal.see("waits for `runbook unfreeze`");
  await terminal.see("the end of the year; no fix starts until");
  expect(terminal.lines.join("\n")).toContain("FROZEN by ");
  expect(await readdir(join(shop.directory, "a"))).toContain("x.bad");
  await shop.run("unfreeze");
  expect(await terminal.exit()).toBe(0);
  expect(terminal.lines.join("\n")).toMatch(/1 fixed/);
  expect(terminal.lines.join("\n")).toMatch(/^ *head [0-9a-f]{64}$/m);
  expect(await readdir(join(shop.directory, "a"))).toEqual(["here"]);
});
