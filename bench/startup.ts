import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { measure } from "./measure.ts";
import { median } from "./median.ts";
import { BIN } from "./rivals/runbook.ts";
import { ratio } from "./table.ts";

const STARTS = {
  "node -e 0": [process.execPath, "-e", "0"],
  "runbook --help": [process.execPath, BIN, "--help"],
} as const;

/** One line on how long the command takes to say how it is used, against the same Node doing nothing; interleaved, after one uncounted start of each. */
export async function startup(times: number, parent: string): Promise<string> {
  const dir = await mkdtemp(join(parent, "startup-"));
  const walls = new Map<string, number[]>(Object.keys(STARTS).map((name) => [name, []]));
  for (let time = 0; time <= times; time += 1) {
    for (const [name, argv] of Object.entries(STARTS)) {
      const { wall, exit } = await measure({ argv }, dir);
      if (exit !== 0) throw new Error(`\`${name}\` ended with ${exit}`);
      if (time > 0) walls.get(name)?.push(wall);
    }
  }
  await rm(dir, { recursive: true });
  const [nothing, help] = [...walls.values()].map((times) => median(times));
  const ms = [...walls].map(([name, times]) => `\`${name}\` ${(median(times) * 1000).toFixed(0)} ms`);
  return `Start: ${ms.join(", ")}: ${ratio(help ?? Number.NaN, nothing ?? Number.NaN)}× (median of ${times}).\n`;
}
