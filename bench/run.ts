/** Measures Runbook against its rivals on a fleet of real SSH servers, and prints what came out as Markdown. `--help` says how. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, loadavg, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { aims } from "./aims.ts";
import { readArguments, type Plan } from "./arguments.ts";
import { measureCell } from "./cell.ts";
import { measuredDelay } from "./distance.ts";
import { Fleet } from "./fleet.ts";
import { provenCpu } from "./measure.ts";
import type { Rival } from "./rival.ts";
import { ansible } from "./rivals/ansible.ts";
import { bareExec, bareFrame } from "./rivals/bare.ts";
import { fabric } from "./rivals/fabric.ts";
import { runbook } from "./rivals/runbook.ts";
import { pdsh, pssh } from "./rivals/shell.ts";
import { startup } from "./startup.ts";
import { table, type Row } from "./table.ts";
import { target } from "./target.ts";
import { readWork } from "./work.ts";

const RIVALS: readonly Rival[] = [runbook, bareFrame, bareExec, fabric, pdsh, pssh, ansible];

const say = (line: string): boolean => process.stderr.write(`${line}\n`);
const print = (text: string): boolean => process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  const plan = readArguments(
    process.argv.slice(2),
    RIVALS.map((rival) => rival.name),
  );
  if (plan === null) return;
  const dir = await mkdtemp(join(tmpdir(), "rb-"));
  print(await about(dir));
  if (plan.startup > 0) print(await startup(plan.startup, dir));
  const rows = plan.rivals.length === 0 ? [] : await fleetRows(plan, dir);
  await rm(dir, { recursive: true });
  if (rows.some((row) => row.right !== row.all)) throw new Error("not all results were there and right");
}

async function fleetRows(plan: Plan, dir: string): Promise<readonly Row[]> {
  const work = await readWork();
  const all: Row[] = [];
  say(`starting ${Math.max(...plan.hosts)} SSH servers`);
  await using fleet = await Fleet.start(Math.max(...plan.hosts));
  for (const delay of plan.delays) {
    await using _relay = delay > 0 ? await fleet.relay(delay) : undefined;
    const added =
      delay > 0 ? `${(await measuredDelay(fleet.port)).toFixed(1)} ms added to each round trip` : "no delay";
    for (const hosts of plan.hosts) {
      const rivals = RIVALS.filter((rival) => plan.rivals.includes(rival.name) && plan.takes(rival.name, hosts));
      say(`${hosts} hosts, ${added}, load ${loadavg()[0]?.toFixed(1)}`);
      const rows = await measureCell(plan, rivals, await target(fleet, hosts, delay > 0), work, dir, say);
      print(`### ${hosts} hosts, ${added}\n\n${table(rows)}\n${aims(rows, hosts)}`);
      all.push(...rows);
    }
  }
  return all;
}

/** Where and how this was measured, without which the figures mean nothing. */
async function about(dir: string): Promise<string> {
  const versions = await Promise.all(
    [
      ["ssh", "-V"],
      ["ansible-playbook", "--version"],
      ["fab", "--version"],
      ["pdsh", "-V"],
      ["parallel-ssh", "--version"],
    ].map(version),
  );
  return `${[
    `- ${cpus().length} × ${cpus()[0]?.model ?? "CPU"}, ${(totalmem() / 2 ** 30).toFixed(0)} GB, Linux ${release()}, Node ${process.version}; load ${loadavg()[0]?.toFixed(1)} at the start. Both sides share these cores.`,
    `- ${versions.join(" · ")}`,
    `- CPU of the whole process tree. Of 0.60 s that a child and a detached orphan burned, the tool saw ${(await provenCpu(dir)).toFixed(2)} s.`,
  ].join("\n")}\n`;
}

async function version([command = "", flag = ""]: readonly string[]): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, [flag]);
    const line = (stdout + stderr).split("\n")[0] ?? "";
    return /[a-z]/i.test(line) ? line : `${command} ${line}`;
  } catch {
    return `${command}: not there`;
  }
}

await main().catch((error: unknown) => {
  say(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
