/** Measures what it costs that a fix runs as a job of its host, against `--no-jobs`, and prints what came out as Markdown. `--help` says how. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { cpus, loadavg, release, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measuredDelay } from "./distance.ts";
import { Fleet } from "./fleet.ts";
import { fixAll, type Fixed, type Way } from "./fixes.ts";
import { median } from "./median.ts";
import { ratio } from "./table.ts";
import { target, type Target } from "./target.ts";

const USAGE = `node bench/jobs.ts   (as root; needs openssh-server and a built bin/runbook.js)

    --hosts 200     size of the fleet that five fixes a host are timed on
    --few 4         hosts that single fixes are timed on
    --delay 20      round trip in ms that they are also timed at
    --rounds 5      rounds of each, interleaved
`;

/** The run with jobs may take so many times the one without. */
const AIM = 1.3;

const say = (line: string): boolean => process.stderr.write(`${line}\n`);
const print = (text: string): boolean => process.stdout.write(`${text}\n`);

type Plan = { readonly hosts: number; readonly few: number; readonly delay: number; readonly rounds: number };

function readArguments(): Plan | null {
  const { values } = parseArgs({
    options: {
      help: { type: "boolean", short: "h", default: false },
      hosts: { type: "string", default: "200" },
      few: { type: "string", default: "4" },
      delay: { type: "string", default: "20" },
      rounds: { type: "string", default: "5" },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return null;
  }
  const { hosts, few, delay, rounds } = values;
  return { hosts: Number(hosts), few: Number(few), delay: Number(delay), rounds: Number(rounds) };
}

async function main(): Promise<void> {
  const plan = readArguments();
  if (plan === null) return;
  const dir = await mkdtemp(join(tmpdir(), "rb-"));
  say(`starting ${Math.max(plan.hosts, plan.few)} SSH servers`);
  await using fleet = await Fleet.start(Math.max(plan.hosts, plan.few));
  print(
    `- ${cpus().length} × ${cpus()[0]?.model ?? "CPU"}, Linux ${release()}, Node ${process.version}; load ${loadavg()[0]?.toFixed(1)} at the start.\n`,
  );
  await singleFixes(fleet, plan, dir);
  await wholeFleet(fleet, plan, dir);
  await rm(dir, { recursive: true });
}

/** How long one fix takes, and how many round trips that is: what the delay adds to it, by what it adds to one round trip. */
async function singleFixes(fleet: Fleet, plan: Plan, dir: string): Promise<void> {
  const near = await both(await target(fleet, plan.few, false), plan.rounds, dir);
  await using _relay = await fleet.relay(plan.delay);
  const added = await measuredDelay(fleet.port);
  const far = await both(await target(fleet, plan.few, true), plan.rounds, dir);
  const row = (name: string, way: Way): string => {
    const [here, there] = [time(near[way]), time(far[way])];
    return `| ${name} | ${here.toFixed(1)} | ${there.toFixed(1)} | ${((there - here) / added).toFixed(2)} |`;
  };
  print(
    [
      `| one fix, ${plan.few} hosts | ms, no delay | ms, ${added.toFixed(1)} ms added to each round trip | round trips |`,
      "| --- | --: | --: | --: |",
      row("as a job", "jobs"),
      row("`--no-jobs`", "no-jobs"),
      "",
    ].join("\n"),
  );
}

function time(fixed: readonly Fixed[]): number {
  return median(fixed.flatMap(({ fixes }) => fixes));
}

/** What five fixes a host cost a whole fleet. */
async function wholeFleet(fleet: Fleet, plan: Plan, dir: string): Promise<void> {
  const fixed = await both(await target(fleet, plan.hosts, false), plan.rounds, dir);
  const middle = (way: Way, what: "wall" | "cpu"): number => median(fixed[way].map(({ cost }) => cost[what]));
  const row = (name: string, way: Way): string => {
    const cells = [middle(way, "wall").toFixed(2), middle(way, "cpu").toFixed(2)];
    return `| ${name} | ${cells.join(" | ")} | ${Math.max(...fixed[way].map(({ cost }) => cost.largest / 1e6)).toFixed(0)} |`;
  };
  const walls = [middle("jobs", "wall"), middle("no-jobs", "wall")] as const;
  const verdict = walls[0] <= AIM * walls[1] ? "reached" : "**missed**";
  print(
    [
      `| ${plan.hosts} hosts × 5 fixes | wall s | CPU s | MB |`,
      "| --- | --: | --: | --: |",
      row("as jobs", "jobs"),
      row("`--no-jobs`", "no-jobs"),
      "",
      `${ratio(...walls)} of the wall, ${ratio(middle("jobs", "cpu"), middle("no-jobs", "cpu"))} of the CPU of \`--no-jobs\`; aim: at most ${AIM} of the wall: ${verdict}`,
    ].join("\n"),
  );
}

/** Both ways in turns, after one round that does not count. */
async function both(hosts: Target, rounds: number, parent: string): Promise<Readonly<Record<Way, readonly Fixed[]>>> {
  const all: Record<Way, Fixed[]> = { jobs: [], "no-jobs": [] };
  for (let round = 0; round <= rounds; round += 1) {
    for (const way of round % 2 === 0 ? (["jobs", "no-jobs"] as const) : (["no-jobs", "jobs"] as const)) {
      const dir = await mkdtemp(join(parent, "r-"));
      await mkdir(join(dir, "place"));
      const fixed = await fixAll(hosts, way, dir);
      say(`  round ${round}, ${hosts.hosts.length} hosts: ${way} ${fixed.cost.wall.toFixed(2)} s wall`);
      if (round > 0) all[way].push(fixed);
      await rm(dir, { recursive: true });
    }
  }
  return all;
}

await main().catch((error: unknown) => {
  say(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
