import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Health } from "../../src/report/health.ts";
import { freePort, type Sshd, startSshd } from "../kit/sshd.ts";
import { workshop, type Workshop } from "../kit/workshop.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const DISKS = `name: disks
title: Disks that are full
steps:
  - id: full
    severity: critical
    detect:
      run: cat "$dir/full" 2>/dev/null || true
      findings: { mount: string, used: percent }
    fix: { risk: low, preview: 'touch "$dir/previewed"', run: 'touch "$dir/fixed"' }
inputs:
  dir: { type: string }
`;
const CLOCK = `name: clock
title: Clocks that are wrong
hosts: web
facts: { name: 'echo here' }
steps:
  - id: offset
    detect: { run: 'exit 0' }
  - id: source
    severity: info
    applies: 'echo no chrony here; exit 1'
    detect: { run: 'exit 0' }
`;
const LOGS = `name: logs
title: Logs that cannot be read
inputs: { path: { type: string } }
steps:
  - id: readable
    detect: { run: 'exit 0' }
`;
const DARK = `name: dark
title: What nobody can tell
steps:
  - id: told
    detect: { run: 'echo no such tool >&2; exit 3' }
`;

let sshd: Sshd;
let shop: Workshop;
beforeAll(async () => {
  sshd = await startSshd({ config: ["LogLevel VERBOSE"] });
  const gone = await freePort();
  shop = await workshop({
    "runbooks/disks.yml": DISKS,
    "runbooks/clock.yml": CLOCK,
    "runbooks/logs.yml": LOGS,
    "runbooks/dark.yml": DARK,
    full: "/var\t97\n/srv\t99\n",
  });
  const at = (name: string, port: number) => ({ [name]: { ...sshd.vars, ansible_port: port, dir: shop.directory } });
  const hosts = {
    all: {
      children: {
        web: { hosts: { ...at("web1", sshd.port), ...at("web2", gone) } },
        db: { hosts: at("db1", sshd.port) },
      },
    },
  };
  await shop.write("hosts.yml", JSON.stringify(hosts));
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
  await sshd[Symbol.asyncDispose]();
});

/** Logins that the real sshd has let in so far. */
function logins(): number {
  return readFileSync(join(sshd.dir, "log"), "utf8")
    .split("\n")
    .filter((line) => line.includes("Accepted publickey")).length;
}

async function told(...argv: readonly string[]): Promise<{ exit: number | null; health: Health; err: string }> {
  const { exit, out, err } = await shop.run("check", "disks", "clock", "dark", "-i", "hosts.yml", "--json", ...argv);
  if (out === "") throw new Error(err);
  return { exit, err, health: JSON.parse(out) as Health };
}

test("one login a host serves all runbooks, and nothing is written on any", async () => {
  const before = logins();
  const { exit, health, err } = await told();
  expect({ exit, err, logins: logins() - before }).toEqual({ exit: 2, err: "", logins: 2 });
  const states = health.hosts.map(({ host, cells }) => [host, ...cells.map(({ state }) => state)]);
  expect(states).toEqual([
    ["web1", "found", "clear", "unknown"],
    ["web2", "unknown", "unknown", "unknown"],
    ["db1", "found", "none", "unknown"],
  ]);
  expect(existsSync(join(shop.directory, "previewed"))).toBe(false);
  expect(existsSync(join(shop.directory, "fixed"))).toBe(false);
});

test("a host that cannot be reached is tried once, told once, and unknown for every runbook", async () => {
  const { health } = await told();
  expect(health.hosts[1]).toMatchObject({ score: null, confidence: 0, judged: 0, unknown: 4 });
  expect(health.unknowns.filter(({ hosts }) => hosts.includes("web2"))).toMatchObject([
    { runbook: null, step: null, hosts: ["web2"], reason: expect.stringContaining("refused") },
  ]);
});
