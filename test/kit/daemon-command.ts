import { StringDecoder } from "node:string_decoder";
import { setTimeout as sleep } from "node:timers/promises";
import { SqliteRecord } from "../../src/journal/sqlite.ts";
import type { BookedFire } from "../../src/schedule/book.ts";
import { localJob, sweep } from "./shelf.ts";
import type { Running, Workshop } from "./workshop.ts";

/** A line of a daemon's log. */
export type Logged = { readonly event: string; readonly [key: string]: unknown };

/** A daemon at work in a workshop. */
export type Daemon = Running & {
  /** All that it has said so far. */
  lines(): Logged[];
  /** Waits for a line that it says. */
  said(wanted: (line: Logged) => boolean): Promise<Logged>;
};

/** A workshop of one host with a file that says these schedules, a line each. */
export async function scheduled(...lines: readonly string[]): Promise<Workshop> {
  const shop = await localJob(sweep());
  await shop.write(
    "schedules.yml",
    `inventory: hosts.yml\nschedules:\n${lines.map((line) => `  - ${line}\n`).join("")}`,
  );
  return shop;
}

/** Starts `runbook daemon` in a workshop whose record is in `state`. */
export function startDaemon(shop: Workshop, ...argv: readonly string[]): Daemon {
  const running = shop.start("daemon", "--state", "state", ...argv);
  const decoder = new StringDecoder("utf8");
  let out = "";
  let over = false;
  running.child.stdout?.on("data", (bytes: Buffer) => {
    out += decoder.write(bytes);
  });
  running.child.once("close", () => {
    over = true;
  });
  const lines = (): Logged[] =>
    out
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Logged);
  return {
    ...running,
    lines,
    said: async (wanted) => {
      for (;;) {
        const found = lines().find(wanted);
        if (found !== undefined) return found;
        if (over) throw new Error(`it ended without saying so:\n${out}${(await running.ended).err}`);
        await sleep(50);
      }
    },
  };
}

/** Every fire in the book of a workshop, oldest first. */
export async function firesIn({ directory }: Workshop): Promise<readonly BookedFire[]> {
  await using record = SqliteRecord.open(`${directory}/state`);
  return await record.book.fires();
}

/** Waits until something holds, for at most a minute; `otherwise` is what there is instead, told where it does not. */
export async function until(
  holds: () => Promise<boolean>,
  otherwise: () => Promise<unknown> = async () => undefined,
): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`it does not come to that: ${JSON.stringify(await otherwise())}`);
    await sleep(100);
  }
}
