import { spawn } from "node:child_process";
import { readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { firesIn, scheduled, startDaemon, until } from "../kit/daemon-command.ts";
import type { Workshop } from "../kit/workshop.ts";

const OFTEN = "*/2 * * * * *";

const stages = async (shop: Workshop): Promise<string[]> => (await firesIn(shop)).map(({ stage }) => stage);

test.concurrent("a fault is found at the next tick, waits, is approved from another process, fixed and proved; all of it is told on loopback", async () => {
  await using shop = await scheduled(`{ name: often, runbook: job, cron: "${OFTEN}" }`);
  await shop.write("a/1.bad", "");
  const daemon = startDaemon(shop, "--listen", "127.0.0.1:0");
  const begun = await daemon.said(({ event }) => event === "daemon");
  const get = async (path: string, method = "GET"): Promise<Response> =>
    fetch(`${String(begun["listening"])}${path}`, { method });
  const { run } = await daemon.said(({ event }) => event === "waiting");
  const health = await get("/healthz");
  expect([health.status, await health.json()]).toMatchObject([200, { ok: true, role: "leader", problems: [] }]);

  const { out } = await shop.run("approvals", String(run), "--json", "--state", "state");
  const { digest } = JSON.parse(out) as { digest: string };
  expect((await shop.run("approvals", String(run), "--state", "state")).out).toContain(
    `nobody: once it is decided, the daemon (process ${daemon.child.pid} on `,
  );
  expect(await shop.run("approve", String(run), "--digest", digest, "--state", "state")).toMatchObject({
    exit: 0,
    err: expect.stringMatching(`^The daemon \\(process ${daemon.child.pid} on .*\\) goes on with the run\\.\n$`),
  });
  await daemon.said((line) => line.event === "over" && line["run"] === run && line["exit"] === 0);
  expect(await readdir(join(shop.directory, "a"))).toEqual(["here"]);

  const metrics = await (await get("/metrics")).text();
  expect(metrics).toContain("# TYPE runbook_schedule_fires_total counter\n");
  expect(metrics).toMatch(/^runbook_schedule_fires_total\{schedule="often",act="run"\} \d+$/m);
  expect(metrics).toContain("\nrunbook_daemon_leader 1\n");
  expect(metrics).not.toContain("1.bad");
  expect((await get("/other")).status).toBe(404);
  expect((await get("/healthz", "POST")).status).toBe(405);
  // Cards are not for the log.
  expect(JSON.stringify(daemon.lines())).not.toContain("1.bad");

  daemon.child.kill("SIGTERM");
  expect(await daemon.ended).toMatchObject({ exit: 0, err: "" });
});

test.concurrent("an address that others reach is warned of", async () => {
  await using shop = await scheduled(`{ name: often, runbook: job, cron: "@yearly" }`);
  const daemon = startDaemon(shop, "--listen", "0.0.0.0:0");
  const { note } = await daemon.said(({ event, level }) => event === "daemon" && level === "warning");
  expect(note).toMatch(/^not on loopback: /);
  daemon.child.kill("SIGTERM");
  expect((await daemon.ended).exit).toBe(0);
});

test.concurrent("of two one acts; the other takes over when the first is killed, and neither loses a fire nor has one twice", async () => {
  await using shop = await scheduled(`{ name: often, runbook: job, cron: "${OFTEN}" }`);
  const first = startDaemon(shop);
  await first.said(({ event }) => event === "leader");
  const second = startDaemon(shop, "--listen", "127.0.0.1:0");
  await second.said(({ event }) => event === "standby");
  const { listening } = await second.said(({ event }) => event === "daemon");
  expect(await (await fetch(`${String(listening)}/healthz`)).json()).toMatchObject({ ok: true, role: "standby" });
  await first.said(({ event }) => event === "started");
  expect(second.lines().filter(({ event }) => event === "fired")).toEqual([]);
  first.child.kill("SIGKILL");
  await second.said(({ event }) => event === "leader");
  await second.said(({ event }) => event === "started");
  second.child.kill("SIGTERM");
  expect((await second.ended).exit).toBe(0);
  const fires = await firesIn(shop);
  const nominals = fires.map(({ nominal }) => nominal);
  const span = ((nominals.at(-1) ?? 0) - (nominals[0] ?? 0)) / 2000;
  expect(nominals).toEqual(Array.from({ length: span + 1 }, (_, at) => (nominals[0] ?? 0) + at * 2000));
});

test.concurrent("a file that becomes wrong leaves what was in force: its fires go on, and it is told", async () => {
  await using shop = await scheduled(`{ name: often, runbook: job, cron: "${OFTEN}", approve: low }`);
  // More than one argument of a process may hold.
  const file = join(shop.directory, "schedules.yml");
  await writeFile(
    file,
    `${await readFile(file, "utf8")}${"# a file that is long, as many others are\n".repeat(7_500)}`,
  );
  const daemon = startDaemon(shop, "--listen", "127.0.0.1:0");
  await daemon.said(({ event }) => event === "over");
  await shop.write("schedules.yml", "schedules: [{ name: often, runbook: nothing, cron: '61 * * * *' }]");
  daemon.child.kill("SIGHUP");
  const wrong = await daemon.said(({ event, level }) => event === "schedules" && level === "error");
  expect(wrong["where"]).toMatch(/^schedules\.yml:1:/);
  await shop.write("a/1.bad", "");
  await until(async () => !(await readdir(join(shop.directory, "a"))).includes("1.bad"));
  const { listening } = await daemon.said(({ event }) => event === "daemon");
  expect(await (await fetch(`${String(listening)}/healthz`)).json()).toMatchObject({ ok: true, schedules: 1 });
  expect(await (await fetch(`${String(listening)}/metrics`)).text()).toMatch(/^runbook_daemon_schedules_faults [1-9]/m);
  daemon.child.kill("SIGTERM");
  expect((await daemon.ended).exit).toBe(0);
});

test.concurrent("without any right file it waits for one, and is not healthy until then", async () => {
  await using shop = await scheduled(`{ name: often, runbook: nothing, cron: "${OFTEN}" }`);
  const daemon = startDaemon(shop, "--listen", "127.0.0.1:0");
  await daemon.said(({ event }) => event === "schedules");
  const { listening } = await daemon.said(({ event }) => event === "daemon");
  const health = await fetch(`${String(listening)}/healthz`);
  expect([health.status, await health.json()]).toMatchObject([
    503,
    { ok: false, problems: ["the file of schedules is wrong, and there is no earlier one"] },
  ]);
  await rm(join(shop.directory, "schedules.yml"));
  await shop.write(
    "schedules.yml",
    `schedules: [{ name: often, runbook: job, cron: "${OFTEN}", inventory: hosts.yml }]`,
  );
  // Nobody tells it: it sees that the file is another.
  await daemon.said(({ event }) => event === "started");
  expect((await fetch(`${String(listening)}/healthz`)).status).toBe(200);
  daemon.child.kill("SIGINT");
  expect((await daemon.ended).exit).toBe(0);
});

test.concurrent("a schedule that is paused is skipped with the reason, and told so in the list, until it is resumed", async () => {
  await using shop = await scheduled(`{ name: often, runbook: job, cron: "${OFTEN}" }`);
  expect(await shop.run("schedule", "pause", "oftn", "--state", "state")).toMatchObject({
    exit: 64,
    err: expect.stringContaining("did you mean `often`"),
  });
  const paused = await shop.run("schedule", "pause", "often", "--for", "2h", "--reason", "a move", "--state", "state");
  expect(paused).toMatchObject({ exit: 0, err: expect.stringMatching(/^Schedule often is paused by .*: a move$/m) });
  expect(paused.err).toContain(`\`runbook schedule resume often --state ${shop.directory}/state\``);
  const daemon = startDaemon(shop);
  const skipped = await daemon.said(({ event }) => event === "skipped");
  expect(skipped["why"]).toEqual([expect.stringMatching(/^paused by .* since .*, until .*: a move$/)]);
  const list = async () => (await shop.run("schedule", "list", "--state", "state")).out;
  expect(await list()).toMatch(/^often .* paused by .*: a move/m);
  expect((await shop.run("schedule", "resume", "often", "--state", "state")).err).toContain(
    "Schedule often fires again",
  );
  expect((await shop.run("schedule", "resume", "often", "--state", "state")).err).toBe(
    "Schedule often was not paused.\n",
  );
  await daemon.said(({ event }) => event === "over");
  expect(await list()).toMatch(/^often .* UTC, (clear|at work|skipped)/m);
  expect(await stages(shop)).toContain("over");
  daemon.child.kill("SIGTERM");
  expect((await daemon.ended).exit).toBe(0);
});

test.concurrent("a daemon behind one with another file says that nothing of its own fires, and so do the commands", async () => {
  await using shop = await scheduled(`{ name: often, runbook: job, cron: "@yearly" }`);
  await shop.write("other.yml", await readFile(join(shop.directory, "schedules.yml")));
  const first = startDaemon(shop);
  await first.said(({ event }) => event === "leader");
  const second = startDaemon(shop, "--schedules", "other.yml");
  const { problem } = await second.said((line) => line.event === "standby" && "problem" in line);
  expect(problem).toBe(
    `the daemon in charge goes by ${shop.directory}/schedules.yml: nothing in ${shop.directory}/other.yml fires; give it a --state of its own`,
  );
  // Another name of the same file.
  await symlink("schedules.yml", join(shop.directory, "link.yml"));
  const words = `this record is kept for ${shop.directory}/schedules.yml`;
  const list = async (file: string) => shop.run("schedule", "list", "--state", "state", "--schedules", file);
  expect((await list("other.yml")).err).toContain(words);
  for (const own of ["./schedules.yml", "link.yml"]) expect((await list(own)).err).toBe("");
  const pause = await shop.run("schedule", "pause", "often", "--state", "state", "--schedules", "other.yml");
  expect(pause).toMatchObject({ exit: 0, err: expect.stringContaining(words) });
  first.child.kill("SIGTERM");
  expect((await first.ended).exit).toBe(0);
  const { note } = await second.said((line) => line.event === "schedules" && line["level"] === "warning");
  expect(note).toContain(`this record was kept for ${shop.directory}/schedules.yml`);
  second.child.kill("SIGTERM");
  expect((await second.ended).exit).toBe(0);
  // One that was moved is not there any more.
  await rm(join(shop.directory, "other.yml"));
  expect((await list("schedules.yml")).err).toBe("");
});

test.concurrent("where something is listened for already it is told, and an address that is none", async () => {
  await using shop = await scheduled(`{ name: often, runbook: job, cron: "@yearly" }`);
  const daemon = startDaemon(shop, "--listen", "127.0.0.1:0");
  const { listening } = await daemon.said(({ event }) => event === "daemon");
  const taken = String(listening).replace("http://", "");
  expect(await shop.run("daemon", "--state", "state", "--listen", taken)).toMatchObject({
    exit: 64,
    err: expect.stringContaining(`${taken} cannot be listened on`),
  });
  expect((await shop.run("daemon", "--listen", "nine")).exit).toBe(64);
  daemon.child.kill("SIGTERM");
  expect((await daemon.ended).exit).toBe(0);
});

test.concurrent("what a daemon that waits has read is nothing to the fires of the one that acts", async () => {
  await using shop = await scheduled(`{ name: often, runbook: job, cron: "${OFTEN}" }`);
  await shop.write("other.yml", `schedules: [{ name: other, runbook: job, inventory: hosts.yml, cron: "@yearly" }]`);
  const first = startDaemon(shop);
  await first.said(({ event }) => event === "over");
  const second = startDaemon(shop, "--schedules", "other.yml");
  await second.said(({ event }) => event === "schedules");
  const [then = ""] = (await firesIn(shop)).toReversed().map(({ run }) => run);
  await first.said(({ event, run }) => event === "over" && String(run) > String(then));
  for (const daemon of [second, first]) {
    daemon.child.kill("SIGTERM");
    expect((await daemon.ended).exit).toBe(0);
  }
  const ends = (await firesIn(shop)).flatMap(({ stage, exit }) => (stage === "over" ? [exit] : []));
  expect(new Set(ends)).toEqual(new Set([0]));
});

test.concurrent("as the first process of a container it says what that leaves behind", async () => {
  await using shop = await scheduled(`{ name: often, runbook: job, cron: "@yearly" }`);
  const main = join(import.meta.dirname, "../../bin/runbook.js");
  const first = ["--pid", "--fork", "--kill-child=KILL", process.execPath, main, "daemon", "--state", "state"];
  const child = spawn("unshare", first, { cwd: shop.directory, stdio: ["ignore", "pipe", "inherit"] });
  try {
    let said = "";
    for await (const line of createInterface(child.stdout)) {
      said = line;
      if (line.includes('"level":"warning"')) break;
    }
    expect(said).toContain("give the container an init");
  } finally {
    child.kill("SIGKILL");
  }
});
