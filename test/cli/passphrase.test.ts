import { execFileSync } from "node:child_process";
import { chmod, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { startSshd, type Sshd } from "../kit/sshd.ts";
import { Terminal } from "../kit/terminal.ts";
import { workshop, type Workshop } from "../kit/workshop.ts";

const BIN = resolve(import.meta.dirname, "../../bin/runbook.js");
const BOOK = `name: job
title: A job
steps:
  - id: step
    detect: { run: echo stale }
    fix: { risk: low, run: "true" }
`;

/** A workshop whose two hosts are one real server, and whose key to it is locked. */
async function lockedOut(sshd: Sshd, connection = "ssh"): Promise<Workshop> {
  const shop = await workshop({ "runbooks/job.yml": BOOK });
  await shop.write(
    "hosts.yml",
    `all:
  vars:
    runbook_connection: ${connection}
    ansible_port: ${sshd.port}
    ansible_user: root
    ansible_ssh_private_key_file: ${sshd.dir}/key
    ansible_ssh_common_args: -o UserKnownHostsFile=${sshd.dir}/known
  hosts: { a: { ansible_host: 127.0.0.1 }, b: { ansible_host: 127.0.0.1 } }
`,
  );
  execFileSync("ssh-keygen", ["-q", "-p", "-P", "", "-N", "open sesame", "-f", join(sshd.dir, "key")]);
  return shop;
}

test.each(["ssh", "openssh"])(
  "a locked key's passphrase is asked for once, before the screen takes the terminal: %s",
  async (connection) => {
    await using sshd = await startSshd();
    await using shop = await lockedOut(sshd, connection);
    await using terminal = new Terminal(process.execPath, [BIN, "run", "job", "-i", "hosts.yml"], {
      columns: 100,
      rows: 30,
      cwd: shop.directory,
      env: { HOME: shop.directory },
    });
    await terminal.see(`Passphrase of ${sshd.dir}/key:`);
    expect(terminal.alternate).toBe(false);
    terminal.press("shut sesame\r");
    await terminal.see("Wrong (1 of 3).");
    terminal.press("open sesame\r");
    await terminal.see("2 cards wait");
    expect(terminal.alternate).toBe(true);
    terminal.press("\u0003");
    expect(await terminal.exit()).toBe(130);
    expect(terminal.raw).not.toContain("sesame");
  },
);

test("without a terminal nobody is asked: the hosts are unknown, and it says why and what to do", async () => {
  await using sshd = await startSshd();
  await using shop = await lockedOut(sshd);
  const { exit, out } = await shop.run("run", "job", "-i", "hosts.yml");
  expect(exit).toBe(4);
  expect(out).toMatch(/is encrypted, and no passphrase was given/);
  expect(out).toMatch(/2 unknown/);
  expect(out).toContain("not reached: ");
});

test("a code that a host asks for is typed unseen on the terminal, after the password", async () => {
  await using shop = await workshop({});
  const [check, pam] = ["check", "pam"].map((name) => join(shop.directory, name));
  await shop.write("check", '#!/bin/sh\n[ "$(tr -d "\\0")" = "open sesame" ]\n');
  await chmod(join(shop.directory, "check"), 0o755);
  const modules = [`auth required pam_exec.so quiet expose_authtok ${check}`, "auth required pam_stress.so"];
  const rest = ["account required pam_permit.so", "session required pam_permit.so", ""];
  await shop.write("pam", [...modules, ...rest].join("\n"));
  await using sshd = await startSshd({
    config: ["UsePAM yes", "KbdInteractiveAuthentication yes", "AuthenticationMethods keyboard-interactive"],
    before: `mount --bind ${pam} /etc/pam.d/sshd`,
  });
  await shop.write(".ssh/known_hosts", await readFile(join(sshd.dir, "known")));
  await using terminal = new Terminal(
    process.execPath,
    [BIN, "ping", "-i", `127.0.0.1:${sshd.port},`, "-u", "root", "--ask-pass"],
    { columns: 100, rows: 30, cwd: shop.directory, env: { HOME: shop.directory } },
  );
  await terminal.see("SSH password:");
  terminal.press("open sesame\r");
  await terminal.see("root@127.0.0.1: STRESS Password:");
  terminal.press("123456\r");
  await terminal.see("1 of 1 answered");
  expect(await terminal.exit()).toBe(0);
  expect(terminal.raw).not.toMatch(/sesame|123456/);
});
