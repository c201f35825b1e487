import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, readFile, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../kit/daemon-command.ts";
import { eventually } from "../kit/processes.ts";
import { inventoryOf, sweep } from "../kit/shelf.ts";
import { workshop, type Workshop } from "../kit/workshop.ts";

/** All that shells, cron and systemd have a meaning for. */
const ODD = String.raw`a\\b \%c %d "q" $HOME 's' \\% end\ `.trim();
const PLACE = `ada's 100% $d "desk"`;

const RUNBOOK = `name: job
title: A job
inputs: { dir: { type: string }, odd: { type: string, default: none } }
steps:
${sweep().replace(`'rm -- "$dir/$file"'`, `'printf %s "$odd" > "$dir/told"; rm -- "$dir/$file"'`)}`;

const SCHEDULES = `timezone: UTC
inventory: hosts.yml
schedules:
  - name: minutely
    runbook: job
    cron: "* * * * *"
    approve: low
    deadline: 5m
    blackout: [2090-01-01]
    window: [{ from: "00:00", to: "12:00" }, { from: "12:00", to: "24:00" }]
    inputs: { odd: ${JSON.stringify(ODD)} }
`;

/** Every user of this machine has a crontab of its own there; what cron would do for the system it does not. */
const CRON = `
mount --bind "$1" /var/spool/cron
mount -t tmpfs tmpfs /etc/cron.d
mount --bind /dev/null /etc/crontab
mount -t tmpfs tmpfs /run
exec cron -f
`;

/** A command of so many bytes that makes a file. */
function padded(file: string, bytes: number): string {
  const command = `touch ${file} #`;
  return command + "x".repeat(bytes - command.length);
}

describe("an exported crontab, with the real cron", () => {
  let shop: Workshop;
  let cron: ChildProcess;
  const history = async () => (await shop.run("history", "--json", "--state", `${PLACE}/state`)).out;
  const inShop = (...parts: readonly string[]): string => join(shop.directory, ...parts);

  beforeAll(async () => {
    shop = await workshop({ [`${PLACE}/runbooks/job.yml`]: RUNBOOK, [`${PLACE}/schedules.yml`]: SCHEDULES });
    await shop.write(`${PLACE}/hosts.yml`, inventoryOf(shop.directory, ["a"]));
    await shop.write("a/x.bad", "");
    await mkdir(inShop("open"));
    for (const path of [shop.directory, inShop("open")]) await chmod(path, 0o777);
    const at = ["--schedules", `${PLACE}/schedules.yml`, "--state", `${PLACE}/state`];
    const { exit, err } = await shop.runWith({ TZ: "UTC" }, "schedule", "export", "--crontab", "--dir", "tabs", ...at);
    if (exit !== 0) throw new Error(err);
    const lines = {
      [userInfo().username]: await readFile(inShop("tabs/runbook.crontab"), "utf8"),
      daemon: `* * * * * ${padded(inShop("open/longest"), 998)}\n`,
      nobody: `* * * * * touch ${inShop("open/short")}\n* * * * * ${padded(inShop("open/longer"), 999)}\n`,
    };
    await mkdir(inShop("spool/crontabs"), { recursive: true });
    for (const [user, text] of Object.entries(lines)) await crontab(user, text);
    const inside = ["--mount", "--propagation", "private", "sh", "-ec", CRON, "cron", inShop("spool")];
    cron = spawn("unshare", inside, { stdio: "inherit" });
  }, 60_000);
  afterAll(async () => {
    cron?.kill("SIGKILL");
    await shop?.[Symbol.asyncDispose]();
  });

  async function crontab(user: string, text: string): Promise<void> {
    const file = inShop("spool/crontabs", user);
    await writeFile(file, text, { mode: 0o600 });
    const line = (await readFile("/etc/passwd", "utf8")).split("\n").find((each) => each.startsWith(`${user}:`));
    const [, , uid, gid] = line?.split(":") ?? [];
    await chown(file, Number(uid), Number(gid));
  }

  test("fixes when its minute has come, with every value as it is written", { timeout: 120_000 }, async () => {
    expect(await eventually(() => existsSync(inShop("a/told")) && !existsSync(inShop("a/x.bad")), 90)).toBe(true);
    expect(await readFile(inShop("a/told"), "utf8")).toBe(ODD);
    await until(async () => (await history()).includes('"outcome":"fixed"'), history);
  });

  test("is no longer than what cron reads: for one byte more it ignores all that stands there", async () => {
    expect(await eventually(() => existsSync(inShop("open/longest")), 90)).toBe(true);
    expect([existsSync(inShop("open/short")), existsSync(inShop("open/longer"))]).toEqual([false, false]);
  });
});
