import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { measure, type Command } from "./measure.ts";
import { median } from "./median.ts";
import { shipped } from "./rivals/runbook.ts";
import { ratio } from "./table.ts";

const STARTS: Readonly<Record<string, Command>> = {
  "node -e 0": { argv: [process.execPath, "-e", "0"] },
  "runbook --help": shipped("--help"),
};

/** One line on how long the command takes to say how it is used, against the same Node doing nothing; interleaved, after one uncounted start of each. */
export async function startup(times: number, parent: string): Promise<string> {
  const dir = await mkdtemp(join(parent, "startup-"));
  const walls = new Map<string, number[]>(Object.keys(STARTS).map((name) => [name, []]));
  for (let time = 0; time <= times; time += 1) {
    for (const [name, command] of Object.entries(STARTS)) {
      const { wall, exit } = await measure(command, dir);
      if (exit !== 0) throw new Error(`\`${name}\` ended with ${exit}`);
      if (time > 0) walls.get(name)?.push(wall);
    }
  }
  await rm(dir, { recursive: true });
  const [nothing, help] = [...walls.values()].map((times) => median(times));
  const ms = [...walls].map(([name, times]) => `\`${name}\` ${(median(times) * 1000).toFixed(0)} ms`);
  return `Start: ${ms.join(", ")}: ${ratio(help ?? Number.NaN, nothing ?? Number.NaN)}× (median of ${times}).\n`;
}
