import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readState, runs } from "../../src/lab/state.ts";

const MAIN = resolve(import.meta.dirname, "../../bin/runbook.js");
// Other test runs on the same machine have other process ids.
const PORT = 20_000 + (process.pid % 5000) * 8;

describe("the practice hosts of `runbook lab up`", { timeout: 120_000 }, () => {
  const home = mkdtempSync(join(tmpdir(), "runbook-lab-"));
  const lab = join(home, "lab");
  const env = {
    ...process.env,
    RUNBOOK_LAB: lab,
    RUNBOOK_LAB_PORT: String(PORT),
    RUNBOOK_STATE: join(home, "state"),
    NO_COLOR: "1",
  };

  function runbook(...argv: readonly string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...argv], {
      encoding: "utf8",
      env,
      timeout: 60_000,
    });
    return { exit: status, out: stdout, err: stderr };
  }
  const run = (...argv: readonly string[]) =>
    runbook("run", "tapdisk-disk-full", "-i", join(lab, "inventory.yml"), "--input", "term_wait=1s", ...argv);

  beforeAll(() => {
    const up = runbook("lab", "up");
    if (up.exit !== 0) throw new Error(up.err);
  });
  afterAll(() => {
    runbook("lab", "down");
    rmSync(home, { recursive: true, force: true });
  });

  it("are two sick, one healthy and one innocent", () => {
    const told = run("--dry-run");
    expect(told.exit).toBe(2);
    expect(told.out + told.err).toMatch(/2 found · 2 clear/);
  });

  it("are cured by the runbook, and stay cured", () => {
    expect(run("--approve", "high").exit).toBe(0);
    const again = run();
    expect(again.exit).toBe(0);
    expect(again.out + again.err).toMatch(/4 clear/);
  });

  it("are sick again after another `lab up`", () => {
    expect(runbook("lab", "up").exit).toBe(0);
    expect(run("--dry-run").exit).toBe(2);
  });

  it("let only the lab's own key in", () => {
    const args = [
      "-p",
      String(PORT),
      "-o",
      "BatchMode=yes",
      "-o",
      `UserKnownHostsFile=${lab}/known_hosts`,
      "-o",
      "IdentitiesOnly=yes",
    ];
    const login = (key: string) =>
      spawnSync("ssh", [...args, "-i", key, "root@127.0.0.1", "hostname"], { encoding: "utf8" });
    expect(login(join(lab, "id_ed25519")).stdout).toBe("xen1\n");
    const stranger = login(join(lab, "host_xen1"));
    expect(stranger.stdout).toBe("");
    expect(stranger.stderr).toContain("Permission denied");
  });

  it("end with a killed keeper, and can be made again", async () => {
    const before = readState(lab);
    expect(before).not.toBeNull();
    process.kill(before?.server.pid ?? Number.NaN, "SIGKILL");
    await expect.poll(() => before?.hosts.filter((host) => runs(host.init))).toEqual([]);
    expect(runbook("lab", "status").exit).toBe(4);
    expect(runbook("lab", "up", "--hosts", "1").exit).toBe(0);
    expect(runbook("lab", "status").out).toContain("xen1");
  });

  it("say which port is taken", async () => {
    runbook("lab", "down");
    const squatter = createServer().listen(PORT, "127.0.0.1");
    await once(squatter, "listening");
    const up = runbook("lab", "up");
    squatter.close();
    expect(up.exit).not.toBe(0);
    expect(up.err).toContain(`xen1 cannot have port ${PORT}`);
  });

  it("leave nothing behind when they go, and keep to their own files", () => {
    expect(runbook("lab", "up", "--hosts", "1").exit).toBe(0);
    const server = readState(lab)?.server;
    writeFileSync(join(lab, "notes.txt"), "mine");
    expect(runbook("lab", "down").exit).toBe(0);
    expect(server !== undefined && runs(server)).toBe(false);
    expect(readdirSync(lab)).toEqual(["notes.txt"]);
    expect(readFileSync("/proc/mounts", "utf8")).not.toContain(lab);
    expect(runbook("lab", "down").exit).toBe(0);
  });
});
