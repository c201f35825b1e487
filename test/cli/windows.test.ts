import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, killIfThere } from "../kit/processes.ts";
import { loginsOf } from "../kit/sshd.ts";
import { startWindows, type Windows } from "../kit/windows/sshd.ts";
import { workshop, type Workshop } from "../kit/workshop.ts";

// A real sshd; behind it a stand-in for Windows and its PowerShell.
let windows: Windows;
let shop: Workshop;
let flags: string;
beforeAll(async () => {
  windows = await startWindows();
  const fixture = readFileSync(join(import.meta.dirname, "../fixtures/windows/stale-flags.yml"));
  shop = await workshop({ "runbooks/stale-flags.yml": fixture });
  const { port, dir } = windows.sshd;
  const vars = [
    "ansible_host: 127.0.0.1",
    `ansible_port: ${port}`,
    "ansible_user: root",
    `ansible_ssh_private_key_file: ${dir}/key`,
    `ansible_ssh_common_args: -o UserKnownHostsFile=${dir}/known -o IdentitiesOnly=yes`,
    "ansible_shell_type: cmd",
  ];
  await shop.write(
    "hosts.yml",
    `win: { vars: { ${vars.join(", ")} }, hosts: { win1: {} } }\nlinux: { hosts: { lin1: {} } }\n`,
  );
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
  await windows[Symbol.asyncDispose]();
});

/** The list of flags on a host that is made anew. */
function list(...lines: readonly string[]): void {
  const { dir } = windows.be();
  mkdirSync(join(dir, "flags"), { recursive: true });
  flags = join(dir, "flags", "flags.txt");
  writeFileSync(flags, lines.map((line) => `${line}\r\n`).join(""));
}

const left = (): string[] =>
  readFileSync(flags, "utf8")
    .split("\r\n")
    .filter((line) => line !== "");
const run = (...more: readonly string[]) =>
  shop.run("run", "stale-flags", "-i", "hosts.yml", "-l", "win1", "--input", `directory=${join(flags, "..")}`, ...more);

test(
  "a runbook for PowerShell finds, fixes and proves on a Windows host, under its lock, and cleans up",
  { timeout: 120_000 },
  async () => {
    list("größe 漢字\t9", "young\t1", "it's ‘odd’\t5");
    const { out, err, exit } = await run("--approve", "low");
    expect(`${out}${err}`).toContain("fixed");
    expect(left()).toEqual(["young\t1"]);
    // What is left in the list is found by the second step, as JSON.
    expect(`${out}${err}`).toContain("10.0.17763");
    expect(exit).toBe(2);
    const { dir } = windows.machine();
    expect(readdirSync(join(dir, "LocalAppData"))).toEqual([]);
    expect(readdirSync(join(dir, "ProgramData", "runbook-lock"))).toEqual(["past"]);
  },
);

test("a fix that stumbles is rolled back with what it kept", { timeout: 120_000 }, async () => {
  list("stubborn\t3");
  const { out, exit } = await run("--approve", "low", "--step", "flags");
  expect(out).toContain("line 7: stubborn cannot be taken out");
  expect(left()).toEqual(["stubborn\t3"]);
  expect(exit).toBe(1);
});

test("a dry run shows what the fix would change, and changes nothing", { timeout: 120_000 }, async () => {
  list("old\t7");
  const { out, exit } = await run("--dry-run");
  expect(out).toContain("would take out old, 7 days old");
  expect(left()).toEqual(["old\t7"]);
  expect(exit).toBe(2);
});

test("a reboot is ordered once, and proved by another boot of the same machine", { timeout: 120_000 }, async () => {
  const dir = join(flags, "..");
  await shop.write(
    "runbooks/boot.yml",
    `name: boot
title: Boot
shell: powershell
steps:
  - id: boot
    detect:
      run: if (Test-Path -LiteralPath '${dir}/wanted') { 'a boot is wanted' }
    fix: { risk: high, reboot: true, guard: "Remove-Item -LiteralPath '${dir}/wanted'" }
`,
  );
  list();
  writeFileSync(join(dir, "wanted"), "");
  const { out, exit } = await shop.run("run", "boot", "-i", "hosts.yml", "-l", "win1", "--approve", "high");
  expect(out).toMatch(/win1 +boot +fixed/);
  expect(exit).toBe(0);
});

test("a fix whose connection is lost is in doubt, goes on, and is not begun again", { timeout: 120_000 }, async () => {
  const dir = join(flags, "..");
  const fix = `[IO.File]::AppendAllText('${dir}/begun', 'x'); Start-Sleep 2; 'printed into nothing'; [IO.File]::AppendAllText('${dir}/ended', 'x')`;
  await shop.write(
    "runbooks/slow.yml",
    `name: slow
title: Slow
shell: powershell
steps:
  - { id: slow, detect: { run: "'found'" }, fix: { risk: low, run: "${fix}" } }
`,
  );
  list();
  const running = shop.start("run", "slow", "-i", "hosts.yml", "-l", "win1", "--approve", "low");
  expect(await eventually(() => existsSync(join(dir, "begun")))).toBe(true);
  for (const login of loginsOf(windows.sshd.pid)) killIfThere(login);
  const { out, exit } = await running.ended;
  expect(out).toMatch(/win1 +slow +in doubt/);
  expect(exit).toBe(1);
  expect(await eventually(() => existsSync(join(dir, "ended")))).toBe(true);
  expect(readFileSync(join(dir, "begun"), "utf8")).toBe("x");
});

test("hosts of another kind are refused before anything is done", async () => {
  const { err, exit } = await shop.run("run", "stale-flags", "-i", "hosts.yml", "--input", "directory=x");
  expect(err).toContain("lin1 does not run Windows, and the scripts of stale-flags are for PowerShell");
  expect(exit).toBe(64);
});
