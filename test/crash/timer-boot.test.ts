import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { startMachine } from "../kit/machine.ts";
import { eventually } from "../kit/processes.ts";
import { workshop } from "../kit/workshop.ts";

vi.setConfig({ testTimeout: 120_000 });

/** A fix that keeps everybody out once it has ended. What it does before it waits for `go` is \`first\`. */
const runbook = (first: string): string => `name: cut
title: A file that should not be there
hosts: all
inputs: { dir: { type: string } }
steps:
  - id: mend
    detect: { run: 'cd "$dir"; find . -name bad -type f' }
    fix:
      risk: low
      per: host
      timeout: 30s
      run: |
        echo fixing >>"$dir/count"
        ${first}
        while [ ! -e "$dir/go" ]; do sleep 0.1; done
        rm -f -- "$dir/bad"
        mv "$dir/authorized" "$dir/away"
        echo fixed >>"$dir/count"
    verify: { within: 1s, every: 200ms }
    rollback: { unless_reconnect: 20s, run: 'mv "$dir/away" "$dir/authorized"; echo undone >>"$dir/count"' }
`;

test.concurrent.each([
  [
    "in the middle of the fix, and failed where the problem is still there",
    ":",
    "fixing",
    /^exit 1\n[^]*failed .*still there/,
  ],
  ["in the middle of the fix, and fixed where it has gone", 'rm -- "$dir/bad"', "fixing", /^exit 0\n[^]*fixed/],
  ["after the fix, which is proved all the same", ":", "fixed", /^exit 0\n[^]*fixed/],
])("a fix whose host is booted while its timer is armed is not undone: %s", async (_when, first, last, end) => {
  await using machine = await startMachine();
  await using shop = await workshop({ "cut.yml": runbook(first) });
  const { dir } = machine;
  await shop.write("hosts.yml", JSON.stringify({ all: { hosts: { web1: { ...machine.vars, dir } } } }));
  writeFileSync(join(dir, "bad"), "");
  if (last === "fixed") writeFileSync(join(dir, "go"), "");
  const noted = (): string => (existsSync(join(dir, "count")) ? readFileSync(join(dir, "count"), "utf8") : "");
  const running = shop.start("run", "./cut.yml", "-i", "hosts.yml", "--approve", "low", "--state", "state");
  expect(await eventually(() => noted().endsWith(`${last}\n`), 60)).toBe(true);
  const before = noted();
  expect(machine.inMemory().filter((name) => name.includes(".timer."))).toHaveLength(1);
  await machine.powerOff();
  if (last === "fixed") renameSync(join(dir, "away"), join(dir, "authorized"));
  await machine.powerOn();
  const { exit, out, err } = await running.ended;
  expect(`exit ${exit}\n${out}${err}`).toMatch(end);
  expect(noted()).toBe(before);
  const shown = await shop.run("history", "show", "last", "--state", "state", "--json");
  expect(shown.out).toMatch(/"type":"timer-lost"[^\n]*"over":true/);
  expect(shown.out).not.toContain('"type":"rollback-started"');
});
