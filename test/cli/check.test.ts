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

/** How a check of one host that has something critical ends. */
async function exitOf(...argv: readonly string[]): Promise<number | null> {
  return (await shop.run("check", "disks", "clock", "-i", "hosts.yml", "-l", "web1", ...argv)).exit;
}

/** A day on which a waiver still holds. */
const day = new Date(Date.now() + 9e8).toISOString().slice(0, 10);

function waiver(mount: string, until: string): string {
  return `  - { runbook: disks, until: ${until}, reason: old and known, finding: { mount: ${mount} } }\n`;
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

test("what is compared with the last check is new, still there, or gone", async () => {
  const state = ["--state", join(shop.directory, "compared"), "-l", "web1"];
  const changes = async (full: string): Promise<readonly (readonly string[])[]> => {
    await shop.write("full", full);
    const { health } = await told(...state);
    const gone = health.gone.map(({ what }) => [what, "gone"]);
    return [...health.findings.map(({ values, change }) => [String(values["mount"]), change]), ...gone];
  };
  const first = await told(...state);
  expect(first.health.findings.map(({ change }) => change)).toEqual(["first", "first"]);
  expect(await changes("/var\t98\n/opt\t99\n")).toEqual([
    ["/var", "still"],
    ["/opt", "new"],
    ["/srv", "gone"],
  ]);
  const { health } = await told(...state);
  expect(health.findings.map(({ since }) => since)[0]).toBe(first.health.findings[0]?.since);
  expect(health.gone).toEqual([]);
  expect(await changes("/var\t97\n/srv\t99\n")).toEqual([
    ["/var", "still"],
    ["/srv", "new"],
    ["/opt", "gone"],
  ]);
});

test("a waived finding is shown as such and takes no points, in a run as in a check", async () => {
  await shop.write("w.yml", `waivers:\n${waiver("/var", day)}${waiver("/srv", "2020-01-01")}`);
  const at = ["-l", "db1", "--waivers", "w.yml"];
  const { health, err } = await told(...at);
  expect(err).toMatch(/w\.yml:3:30: warning: this waiver has expired/);
  expect(health.fleet).toMatchObject({ score: 60, waived: 1, findings: { critical: 1 } });
  expect(health.findings.map(({ values, waiver: own }) => [values["mount"], own?.where ?? null])).toEqual([
    ["/srv", null],
    ["/var", "w.yml:2"],
  ]);
  await shop.write("w.yml", `waivers:\n${waiver("/var", day)}${waiver("/srv", day)}`);
  const all = await shop.run("check", "disks", "-i", "hosts.yml", ...at);
  expect(all).toMatchObject({ exit: 0, err: "" });
  expect(all.out).toMatch(/^db1 +100 +100 % +w$/m);
  expect(all.out).toMatch(/w waived {2}disks, full: 1 finding on db1 until .* by w\.yml: old and known \(w\.yml:2\)/);
  const run = await shop.run("run", "disks", "-i", "hosts.yml", ...at, "-n");
  expect(run).toMatchObject({ exit: 0, err: "" });
  expect(run.out).toContain("old and known");
  await shop.write("w.yml", "waivers:\n  - { runbook: disks, until: tomorrow, reason: x }\n");
  expect(await shop.run("check", "-i", "hosts.yml", ...at)).toMatchObject({
    exit: 65,
    err: expect.stringContaining("w.yml:2:30: `until`: expected a day"),
  });
});

test("what needs an input, or cannot be read, is told and left out, unless it is named", async () => {
  await shop.write("runbooks/bad.yml", "name: bad\n");
  // Nobody answers there: the library that is shipped is not for the machine that runs this.
  await shop.write("stray.yml", `waivers: [{ runbook: dsks, until: ${day}, reason: x }]\n`);
  const { exit, out, err } = await shop.run("check", "-i", "hosts.yml", "-l", "web2", "--waivers", "stray.yml");
  expect(err).toContain(
    "stray.yml:1: warning: there is no runbook `dsks`, so this waives nothing\n  → did you mean `disks`?",
  );
  expect(out).toContain("x not checked  logs: needs --input path\n    → --input logs.path=…\n");
  expect(out).toContain("x not checked  bad: 2 mistakes in runbooks/bad.yml\n");
  expect(out).toMatch(/^score –, confidence 0 %/m);
  expect(err).toContain("runbooks/bad.yml:1:1");
  expect(exit).toBe(4);
  const named = await shop.run("check", "logs", "disks", "-i", "hosts.yml", "-l", "db1");
  expect(named).toMatchObject({ exit: 64, out: "", err: "logs: needs --input path\n  → --input path=…\n" });
  const given = await shop.run("check", "logs", "-i", "hosts.yml", "-l", "db1", "--input", "logs.path=/var/log");
  expect(given).toMatchObject({ exit: 0, err: "" });
  const pairs = ["--input", "logs.pth=/x", "--input", "lgs.path=/x"];
  const wrong = await shop.run("check", "logs", "-i", "hosts.yml", ...pairs);
  expect(wrong).toMatchObject({ exit: 64, out: "" });
  expect(wrong.err).toContain("--input logs.pth: logs has no such input\n  → did you mean `path`?");
  expect(wrong.err).toContain("--input lgs.path: lgs is none of the runbooks of this check\n  → did you mean `logs`?");
});

test("--min-score says what counts for the exit code", async () => {
  expect(await exitOf("--min-score", "50")).toBe(0);
  expect(await exitOf("--min-score", "51")).toBe(2);
  expect(await exitOf("--min-score", "101")).toBe(64);
});

test("a check is one line of the history, and is shown and reported from there as it was told", async () => {
  const at = ["--state", join(shop.directory, "told")];
  const { out } = await shop.run("check", "disks", "dark", "-i", "hosts.yml", "-l", "db1", ...at);
  const id = /^check (\S+)$/m.exec(out)?.[1] ?? "";
  const list = await shop.run("history", ...at);
  expect(list.out.split("\n").slice(1)).toEqual([
    expect.stringMatching(new RegExp(`^${id} .* check: 2 runbooks +1 +worst run: exit 2, `)),
    "",
  ]);
  expect((await shop.run("history", "list", "--json", ...at)).out.trim().split("\n")).toHaveLength(2);
  const shown = await shop.run("history", "show", id.slice(0, -1), ...at);
  // How long ago something was found is told from the end of the check.
  expect(shown.out).toBe(out);
  const reports = ["c.html", "c.xml", "c.json"].flatMap((file) => ["--report", file]);
  const written = await shop.run("history", "show", "last", ...reports, ...at);
  expect(written).toMatchObject({ exit: 0, out: "", err: "report: c.html\nreport: c.xml\nreport: c.json\n" });
  const json = JSON.parse(readFileSync(join(shop.directory, "c.json"), "utf8")) as Health;
  expect(json).toMatchObject({ check: id, fleet: { score: 50, confidence: 50 } });
  const one = await shop.run("history", "show", json.runbooks[0]?.run ?? "", ...at);
  expect(one.out).toContain("disks");
  const runs = json.runbooks.map(({ run, runbook }) => `${runbook}: ${run}`).toSorted();
  expect(await shop.run("resume", id, ...at)).toEqual({
    exit: 64,
    out: "",
    err: `\`${id}\` is a check, which has a run for each runbook\n  → name one of them: ${runs.join(", ")}; \`history show\` tells the check\n`,
  });
  expect(await shop.run("history", "verify", ...at)).toMatchObject({ exit: 0 });
});
