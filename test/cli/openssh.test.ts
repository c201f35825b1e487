import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test, vi } from "vitest";
import { loginsOf, startSshd } from "../kit/sshd.ts";
import { eventually, processesWith } from "../kit/processes.ts";
import { Terminal } from "../kit/terminal.ts";
import { workshop } from "../kit/workshop.ts";

vi.setConfig({ testTimeout: 90_000 });

const BIN = resolve(import.meta.dirname, "../../bin/runbook.js");

test("Ctrl-C on a terminal does not reach the ssh that a fix is followed by, and nothing of that is left at the end", async () => {
  await using sshd = await startSshd();
  await using shop = await workshop({
    "hosts.yml": `all:
  vars:
    runbook_connection: openssh
    ansible_host: 127.0.0.1
    ansible_port: ${sshd.port}
    ansible_user: root
    ansible_ssh_private_key_file: ${sshd.dir}/key
    ansible_ssh_common_args: -o UserKnownHostsFile=${sshd.dir}/known
  hosts: { web1: }
`,
  });
  const [begun, going, done] = ["begun", "going", "done"].map((name) => join(shop.directory, name));
  await shop.write(
    "runbooks/job.yml",
    `name: job
title: A job
steps:
  - id: step
    detect: { run: "[ -e ${done} ] || echo stale" }
    fix: { risk: low, run: "touch ${begun}; while [ ! -e ${going} ]; do sleep 0.1; done; touch ${done}" }
`,
  );
  const control = join(shop.directory, "run");
  await shop.write("run/none", "");
  await using terminal = new Terminal(process.execPath, [BIN, "run", "job", "-i", "hosts.yml", "--no-tui", "-y"], {
    columns: 100,
    rows: 30,
    cwd: shop.directory,
    env: { HOME: shop.directory, XDG_RUNTIME_DIR: control },
  });
  await vi.waitUntil(() => existsSync(begun ?? ""), 30_000);
  expect(processesWith(control)).toHaveLength(1);
  terminal.press("\u0003");
  await terminal.see("no new fix");
  await shop.write("going", "");
  expect(await terminal.exit()).toBe(130);
  expect(terminal.raw).toMatch(/1 fixed/);
  expect(await eventually(() => processesWith(control).length + loginsOf(sshd.pid).length === 0)).toBe(true);
  expect(readdirSync(control)).toEqual(["none"]);
});
