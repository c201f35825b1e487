import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { Event } from "../src/model/event.ts";
import { measure, type Cost } from "./measure.ts";
import { BIN, shipped } from "./rivals/runbook.ts";
import { WIDTH, type Target } from "./target.ts";

/** Whether fixes are jobs of their hosts. */
export type Way = "jobs" | "no-jobs";

/** What a run of five fixes a host has cost, and how many ms each of them took, as its record says. */
export type Fixed = { readonly cost: Cost; readonly fixes: readonly number[] };

const RUNBOOK = join(import.meta.dirname, "work", "fixes.yml");
const STEPS = ["one", "two", "three", "four", "five"];

/** Lets Runbook fix all hosts of a target, which write into `dir/place`. Throws unless every fix was done, and once. */
export async function fixAll(target: Target, way: Way, dir: string): Promise<Fixed> {
  const [place, state] = [join(dir, "place"), join(dir, "state")];
  const given = ["-i", target.inventory, "--no-tui", "-y", "-p", `${WIDTH}`, "--state", state];
  const more = ["--input", `place=${place}`, ...(way === "no-jobs" ? ["--no-jobs"] : [])];
  // What the one before has left to do on the servers' side must not be charged to this one.
  await sleep(300);
  const cost = await measure(shipped("run", RUNBOOK, ...given, ...more), dir);
  if (cost.exit !== 0) throw new Error(`the run ended with ${cost.exit}, not 0; see ${dir}/stdout and stderr`);
  const files = target.hosts.flatMap(({ name }) => STEPS.map((step) => join(place, `${name}-${step}`)));
  for (const file of files) {
    if ((await readFile(file, "utf8")) !== "done\n") throw new Error(`${file}: not written exactly once`);
  }
  return { cost, fixes: times(await told(state)) };
}

/** An event as `--json` prints it. */
type Told = Event & { readonly at: string };

async function told(state: string): Promise<readonly Told[]> {
  const show = [BIN, "history", "show", "last", "--json", "--state", state];
  const { stdout } = await promisify(execFile)(process.execPath, show, { maxBuffer: 1 << 30 });
  const lines = stdout.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Told);
}

/** ms from the start of each fix to its end. */
function times(events: readonly Told[]): number[] {
  const begun = new Map<string, number>();
  return events.flatMap((event) => {
    if (event.type === "fix-started") begun.set(`${event.host} ${event.step}`, Date.parse(event.at));
    const since = event.type === "fix-finished" ? begun.get(`${event.host} ${event.step}`) : undefined;
    return since === undefined ? [] : [Date.parse(event.at) - since];
  });
}
