import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Terminal } from "../kit/terminal.ts";

/** Node cannot strip types from the .tsx that the program imports, so it is bundled, beside the packages that it imports. */
let folder = "";
let program = "";

beforeAll(async () => {
  const cache = join(import.meta.dirname, "../../node_modules/.cache");
  await mkdir(cache, { recursive: true });
  folder = await mkdtemp(join(cache, "tui-"));
  program = join(folder, "program.mjs");
  const entryPoints = [fileURLToPath(new URL("program.ts", import.meta.url))];
  await build({
    entryPoints,
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    jsx: "automatic",
  });
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function open(args: readonly string[], columns = 80, rows = 24, env: Readonly<Record<string, string>> = {}): Terminal {
  return new Terminal(process.execPath, [program, ...args], { columns, rows, env });
}

test("a yes, a no with its reason and a yes to all reach the run, and the terminal is given back", async () => {
  await using terminal = open(["medium", "5"]);
  await terminal.see("5 cards wait");
  expect(terminal.alternate).toBe(true);
  await terminal.see("web1: A process holds a deleted log");
  terminal.press("y");
  await terminal.see("web2: A process holds a deleted log");
  terminal.press("n");
  await terminal.see("No to web2. Why?");
  terminal.press("not today\r");
  await terminal.see("web3: A process holds a deleted log");
  terminal.press("a");
  expect(await terminal.exit()).toBe(0);
  expect(terminal.alternate).toBe(false);
  expect(terminal.lines.filter((line) => line !== "")).toEqual([
    "a line from before",
    "web1 approve by ada",
    "web2 deny by ada: not today",
    "web3 approve by ada",
    "web4 approve by ada",
    "web5 approve by ada",
    "raw mode false",
  ]);
  expect(terminal.raw).toContain("\u001B[?25h");
});

test("a high risk wants a typed yes, whatever else is pressed", async () => {
  await using terminal = open(["high", "1"]);
  await terminal.see("a card waits");
  terminal.press("y");
  await terminal.see("type yes");
  terminal.press("y\r");
  await terminal.see("that was not yes");
  terminal.press("y");
  await terminal.see("type yes");
  terminal.press("yes\r");
  expect(await terminal.exit()).toBe(0);
  expect(terminal.lines).toContain("web1 approve by ada");
});

test("the screen follows the terminal's size, and the card scrolls", async () => {
  await using terminal = open(["medium", "40"], 80, 24);
  await terminal.see(/lines 1 to \d+ of \d+/);
  terminal.press("\u001B[B");
  await terminal.see(/lines 2 to \d+ of \d+/);
  terminal.resize(200, 60);
  await terminal.until((lines) => lines.some((line) => line.startsWith("card ")), "the card's last line");
  expect(terminal.lines[0]).toMatch(/^disk-full .* 40 hosts, .*s$/);
  expect(terminal.lines.at(-1)).toContain("yes to all 40 like this");
  terminal.resize(50, 15);
  await terminal.until(
    (lines) => lines.length === 15 && (lines.at(-1) ?? "").startsWith("y yes"),
    "the keys in the last line",
  );
  expect(Math.max(...terminal.lines.map((line) => line.length))).toBeLessThanOrEqual(50);
  terminal.press("\u0003");
  await terminal.see("Ctrl-C again leaves now");
  terminal.press("\u0003");
  expect(await terminal.exit()).toBe(0);
  expect(terminal.lines).toContain("stop by Ctrl-C");
  expect(terminal.lines).toContain("leave");
});

test("nothing is coloured when NO_COLOR is set", async () => {
  await using terminal = open(["medium", "1"], 80, 24, { NO_COLOR: "1" });
  await terminal.see("a card waits");
  terminal.press("y");
  await terminal.exit();
  expect(terminal.raw).not.toMatch(/\u001B\[[\d;]*m/);
});

test("without a terminal it says so instead of drawing", () => {
  const result = spawnSync(process.execPath, [program], { encoding: "utf8", timeout: 15_000, input: "" });
  expect(result.status).not.toBe(0);
  expect(result.stderr).toContain("needs a terminal");
});

test("a bug in drawing gives the terminal back, stops the run and is told at the end", async () => {
  await using terminal = open(["medium", "1", "broken"]);
  expect(await terminal.exit()).toBe(0);
  expect(terminal.alternate).toBe(false);
  const lines = terminal.lines.filter((line) => line !== "");
  expect(lines).toContain("thrown: Error: a bug in drawing");
  expect(lines).toContain("stop by the loss of its screen");
});
