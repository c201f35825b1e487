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

/** The card of one host is shown; and long enough for a key to be meant for it. */
async function seeCard(terminal: Terminal, host: string): Promise<void> {
  await terminal.see(`${host}: A process holds a deleted log`);
  await terminal.settle();
}

test("a yes, a no with its reason and a yes to a group reach the run, and the terminal is given back", async () => {
  await using terminal = open(["medium", "3", "different"]);
  await terminal.see("3 cards in 3 groups");
  expect(terminal.alternate).toBe(true);
  await seeCard(terminal, "web1");
  terminal.press("y");
  await seeCard(terminal, "web2");
  terminal.press("n");
  await terminal.see("No to web2. Why?");
  terminal.press("not today\r");
  await seeCard(terminal, "web3");
  terminal.press("y");
  expect(await terminal.exit()).toBe(0);
  expect(terminal.alternate).toBe(false);
  expect(terminal.lines.filter((line) => line !== "")).toEqual([
    "a line from before",
    "web1 approve by ada at desk",
    "web2 deny by ada at desk: not today",
    "web3 approve by ada at desk",
    "raw mode false",
  ]);
  expect(terminal.raw).toContain("\u001B[?25h");
});

test("a group is approved as far as the batch has room, opened card by card, and shown as hosts", async () => {
  await using terminal = open(["medium", "6"]);
  await terminal.see("approve   these 4 of 6: web[1-4]");
  await terminal.settle();
  terminal.press("y");
  await terminal.see("yes to 4 hosts");
  await terminal.see("web5, web6 (2 hosts): A process holds a deleted log");
  await terminal.settle();
  terminal.press("\r");
  await terminal.see("one group, card by card");
  await seeCard(terminal, "web5");
  terminal.press("y");
  await seeCard(terminal, "web6");
  terminal.press("\t");
  await terminal.see("web6: [card] script output history");
  terminal.press("2");
  await terminal.see("[script]");
  terminal.press("\t");
  await seeCard(terminal, "web6");
  terminal.press("y");
  expect(await terminal.exit()).toBe(0);
  const said = terminal.lines.filter((line) => line.includes("approve by"));
  expect(said).toEqual([1, 2, 3, 4, 5, 6].map((host) => `web${host} approve by ada at desk`));
});

test("a high risk wants a typed yes, of a group its number, whatever else is pressed", async () => {
  await using terminal = open(["high", "3"]);
  await terminal.see("approve   these 3: web[1-3]");
  await terminal.settle();
  terminal.press("y");
  await terminal.see("High risk on 3 hosts: type 3");
  terminal.press("yes\r");
  await terminal.see("that was not 3; nothing was decided");
  terminal.press("\r");
  await terminal.see("one group, card by card");
  await seeCard(terminal, "web1");
  terminal.press("y");
  await terminal.see("type yes");
  terminal.press("y\r");
  await terminal.see("that was not yes");
  terminal.press("y");
  await terminal.see("type yes");
  terminal.press("yes\r");
  await seeCard(terminal, "web2");
  terminal.press("\u001B");
  await terminal.see("approve   these 2: web2, web3");
  await terminal.settle();
  terminal.press("y");
  await terminal.see("type 2");
  terminal.press("2\r");
  expect(await terminal.exit()).toBe(0);
  expect(terminal.lines.filter((line) => line.includes("approve by ada"))).toHaveLength(3);
});

test("findings are waived, hosts skipped, the run paused, and the cards left for later", async () => {
  await using terminal = open(["medium", "3", "different"]);
  await terminal.see("3 cards in 3 groups");
  await seeCard(terminal, "web1");
  terminal.press("w");
  await terminal.see("Waive 1 finding of web1. Until when?");
  terminal.press("2026-12-24");
  await terminal.see("until 2026-12-24 00:00:00 UTC, in 50 d");
  terminal.press("\r");
  await terminal.see("Waive 1 finding of web1. Why?");
  terminal.press("known\r");
  await seeCard(terminal, "web2");
  terminal.press("x");
  await terminal.see("Skip web2. Why?");
  terminal.press("it moves\r");
  await seeCard(terminal, "web3");
  terminal.press("p");
  await terminal.see("PAUSED by ada");
  await terminal.settle();
  terminal.press("p");
  await terminal.until((lines) => !lines.join("\n").includes("PAUSED"), "the run goes on");
  terminal.press("q");
  await terminal.see("leave the cards for later");
  terminal.press("l");
  expect(await terminal.exit()).toBe(0);
  expect(terminal.alternate).toBe(false);
  expect(terminal.lines.filter((line) => line !== "")).toEqual([
    "a line from before",
    "web1 waive 1 until 2026-12-24: known",
    "web2 skip: it moves",
    "pause",
    "continue",
    "detach",
    "raw mode false",
  ]);
});

test("hosts are filtered while one types, and found again", async () => {
  await using terminal = open(["medium", "40"]);
  await terminal.see("approve   these 4 of 40");
  terminal.press("/web1?");
  await terminal.see("hosts ── trouble first ── like web1?: 10 of 40");
  terminal.press("\r");
  await terminal.see("/ filter");
  terminal.press("\u001B[B");
  await terminal.see(/^›◷ web11 /);
  terminal.press("4");
  await terminal.see("web11: card script output [history]");
  terminal.press("\u001B");
  await terminal.see("of 40 hosts ── trouble first ─");
  terminal.press("\u0003\u0003");
  expect(await terminal.exit()).toBe(0);
});

test("the screen follows the terminal's size while a card is open, and the card scrolls", async () => {
  await using terminal = open(["medium", "40"], 80, 24);
  await terminal.see(/lines 1 to \d+ of \d+/);
  terminal.press("\u001B[B");
  await terminal.see(/lines 2 to \d+ of \d+/);
  terminal.resize(200, 60);
  await terminal.see(/^── hosts ── trouble first ─+ │ ── 40 cards wait ─/);
  expect(terminal.lines[0]).toMatch(/^disk-full .* 40 hosts, .*s$/);
  await terminal.see(/approve these 4 of 40: the batch has room for 4.*$/);
  terminal.resize(50, 15);
  await terminal.until(
    (lines) => lines.length === 15 && (lines.at(-1) ?? "").startsWith("y yes to 4  n no"),
    "the keys in the last line",
  );
  expect(Math.max(...terminal.lines.map((line) => line.length))).toBeLessThanOrEqual(50);
  terminal.resize(30, 15);
  await terminal.see("needs 40 columns and 12 lin");
  terminal.press("y");
  terminal.resize(300, 100);
  await terminal.see(/^── hosts ── trouble first ─+ │ ── 40 cards wait ─/);
  terminal.press("\u0003");
  await terminal.see("Ctrl-C again leaves now");
  terminal.press("\u0003");
  expect(await terminal.exit()).toBe(0);
  expect(terminal.lines.filter((line) => line !== "")).toEqual([
    "a line from before",
    "stop by Ctrl-C",
    "leave",
    "raw mode false",
  ]);
});

test("stopped and continued from elsewhere, it gives the terminal back and takes it again with all that was on it", async () => {
  await using terminal = open(["medium", "1"]);
  await seeCard(terminal, "web1");
  terminal.press("n");
  await terminal.see("No to web1. Why?");
  const before = terminal.lines.slice(4);
  terminal.kill("SIGTSTP");
  await terminal.see("a line from before");
  expect(terminal.alternate).toBe(false);
  expect(terminal.lines.join("\n")).not.toContain("web1");
  terminal.kill("SIGCONT");
  await terminal.see("No to web1. Why?");
  expect(terminal.alternate).toBe(true);
  expect(terminal.lines.slice(4, 7)).toEqual(before.slice(0, 3));
  terminal.kill("SIGSTOP");
  terminal.kill("SIGCONT");
  terminal.press("later\r");
  expect(await terminal.exit()).toBe(0);
  expect(terminal.alternate).toBe(false);
  expect(terminal.lines).toContain("web1 deny by ada at desk: later");
});

test("what others write to the terminal's error stream comes after the screen, not across it", async () => {
  await using terminal = open(["medium", "1", "noisy"]);
  await seeCard(terminal, "web1");
  expect(terminal.raw).not.toContain("a warning from elsewhere");
  terminal.press("y");
  expect(await terminal.exit()).toBe(0);
  expect(terminal.lines.filter((line) => line !== "")).toEqual([
    "a line from before",
    "a warning from elsewhere",
    "web1 approve by ada at desk",
    "raw mode false",
  ]);
});

test("nothing is coloured when NO_COLOR is set", async () => {
  await using terminal = open(["medium", "1"], 80, 24, { NO_COLOR: "1" });
  await seeCard(terminal, "web1");
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
