import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { localJob, sweep } from "../kit/shelf.ts";
import { Terminal } from "../kit/terminal.ts";
import type { Workshop } from "../kit/workshop.ts";

const BIN = resolve(import.meta.dirname, "../../bin/runbook.js");

/** The built command on a terminal of its own, in a workshop. */
function open(shop: Workshop, argv: readonly string[], env: Readonly<Record<string, string>> = {}): Terminal {
  const home = { HOME: shop.directory, ...env };
  return new Terminal(process.execPath, [BIN, ...argv], { columns: 100, rows: 30, cwd: shop.directory, env: home });
}

const run = ["run", "job", "-i", "hosts.yml"] as const;
const THREE = { hosts: ["a", "b", "c"], files: { "a/x.bad": "", "b/x.bad": "", "c/x.bad": "" } };

test("yes fixes, no leaves alone, and the summary stays on the terminal that is given back", async () => {
  await using shop = await localJob(sweep("sweep", "medium"), THREE);
  await using terminal = open(shop, run);
  await terminal.see("3 cards wait");
  expect(terminal.alternate).toBe(true);
  // Which host's card comes first is the hosts' affair.
  const shown = (): string => /^(\w): sweep$/m.exec(terminal.lines.join("\n"))?.[1] ?? "";
  await terminal.settle();
  const first = shown();
  terminal.press("y");
  await terminal.until(() => !["", first].includes(shown()), "the next card");
  await terminal.settle();
  const denied = shown();
  terminal.press("n");
  await terminal.see(`No to ${denied}. Why?`);
  terminal.press("in use\r");
  await terminal.until(() => !["", denied].includes(shown()), "the last card");
  await terminal.settle();
  terminal.press("y");
  expect(await terminal.exit()).toBe(2);
  expect(terminal.alternate).toBe(false);
  expect(terminal.raw).toContain("\u001B[?25h");
  const text = terminal.lines.join("\n");
  expect(text).toMatch(/^! job · 3 hosts · /m);
  expect(text).toContain("1 found · 2 fixed");
  expect(text).toMatch(/denied by \w+: in use/);
  for (const host of THREE.hosts) {
    expect(await readdir(join(shop.directory, host))).toEqual(host === denied ? ["here", "x.bad"] : ["here"]);
  }
  expect(text).toContain("job: A job (runbooks/job.yml), 3 hosts of hosts.yml");
  const { out } = await shop.run("history", "show", "last");
  expect(out).toContain("1 found · 2 fixed");
});

test("quitting leaves what was not answered waiting; Ctrl-C says so by its exit code", async () => {
  await using shop = await localJob(sweep("sweep", "medium"), THREE);
  {
    await using terminal = open(shop, run);
    await terminal.see("3 cards wait");
    terminal.press("q");
    await terminal.see("Stop the run?");
    terminal.press("y");
    expect(await terminal.exit()).toBe(3);
    expect(terminal.lines.join("\n")).toContain("3 waiting");
  }
  {
    await using terminal = open(shop, run);
    await terminal.see("3 cards wait");
    terminal.press("q");
    await terminal.see("leave the cards for later");
    terminal.press("l");
    expect(await terminal.exit()).toBe(3);
    expect(terminal.alternate).toBe(false);
    expect(terminal.lines.join("\n")).toContain("3 waiting");
  }
  await using terminal = open(shop, run);
  await terminal.see("3 cards wait");
  terminal.press("\u0003");
  expect(await terminal.exit()).toBe(130);
  expect(terminal.alternate).toBe(false);
  expect(await readdir(join(shop.directory, "a"))).toContain("x.bad");
});

test("a run that needs nobody ends by itself, and --no-tui and a dry run draw no screen", async () => {
  await using shop = await localJob(sweep("sweep", "medium"), THREE);
  for (const [more, env, exit, screen] of [
    [["-n"], {}, 2, false],
    [["--no-tui"], {}, 3, false],
    [[], { CI: "true" }, 3, false],
    [[], { TERM: "dumb" }, 3, false],
    [["-y"], {}, 0, true],
  ] as const) {
    await using terminal = open(shop, [...run, ...more], env);
    expect(await terminal.exit()).toBe(exit);
    expect(terminal.raw.includes("\u001B[?1049h")).toBe(screen);
    await terminal.see(/^. job/);
  }
});

test("a screen that cannot be shown ends no run: plain lines follow, and the first question stops it", async () => {
  await using shop = await localJob(sweep("sweep", "medium"), THREE);
  // Run from its source, the command cannot load its screen: Node reads no JSX.
  const main = resolve(import.meta.dirname, "../../src/cli/main.ts");
  const fromSource = (...more: string[]): Terminal =>
    new Terminal(process.execPath, [main, ...run, ...more], {
      columns: 160,
      rows: 40,
      cwd: shop.directory,
      env: { HOME: shop.directory },
    });
  {
    await using asked = fromSource();
    expect(await asked.exit()).toBe(3);
    expect(asked.raw).toContain("The screen cannot be shown, so plain lines follow, and nobody is asked: ");
    expect(asked.raw).toMatch(/waiting .* card [0-9a-f]{12}/);
  }
  await using approved = fromSource("-y");
  expect(await approved.exit()).toBe(0);
  for (const host of THREE.hosts) expect(await readdir(join(shop.directory, host))).toEqual(["here"]);
});

test("what is typed at a prompt is never shown, and can be corrected or given up", async () => {
  const top = "inputs: { dir: { type: string }, token: { type: string, secret: true, about: of the shop } }\n";
  const step = `  - id: step
    detect: { run: '[ "$token" = "hunter2" ] || echo "another: \${#token}"' }
`;
  await using shop = await localJob(step, { top });
  {
    await using terminal = open(shop, [...run, "--no-tui", "--ask-pass"]);
    await terminal.see("token (of the shop):");
    terminal.press("wrong\u0015huntex\u007Fr2\r");
    await terminal.see("SSH password:");
    terminal.press("\r");
    expect(await terminal.exit()).toBe(0);
    for (const typed of ["wrong", "hunte", "r2"]) expect(terminal.raw).not.toContain(typed);
  }
  await using terminal = open(shop, [...run, "--no-tui"]);
  await terminal.see("token (of the shop):");
  terminal.press("hun\u0003");
  expect(await terminal.exit()).toBe(130);
  expect(terminal.raw).not.toContain("hun");
});
