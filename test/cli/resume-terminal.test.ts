import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { localJob, sweep } from "../kit/shelf.ts";
import { Terminal } from "../kit/terminal.ts";

const BIN = resolve(import.meta.dirname, "../../bin/runbook.js");

test("a run that waits shows its card at once when it goes on on a terminal, and a yes there fixes", async () => {
  await using shop = await localJob(sweep("sweep", "medium"), { files: { "a/x.bad": "" } });
  expect((await shop.run("run", "job", "-i", "hosts.yml")).exit).toBe(3);
  const options = { columns: 100, rows: 30, cwd: shop.directory, env: { HOME: shop.directory } };
  await using terminal = new Terminal(process.execPath, [BIN, "resume", "last"], options);
  await terminal.see("a: sweep");
  expect(terminal.alternate).toBe(true);
  await terminal.settle();
  terminal.press("y");
  expect(await terminal.exit()).toBe(0);
  expect(terminal.lines.join("\n")).toMatch(/1 fixed/);
  expect(await readdir(join(shop.directory, "a"))).toEqual(["here"]);
});
