import { chmod, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { localJob, sweep } from "./shelf.ts";
import type { Ran, Workshop } from "./workshop.ts";

/** The input is read where the fix can be seen to have got it. */
const STEPS = `${sweep()}  - id: told
    independent: true
    detect:
      run: if [ ! -s "$dir/told" ]; then echo "nobody told $dir"; fi
    fix: { risk: low, run: 'printf "%s/%s" "$word" "$key" > "$dir/told"' }
    verify: { within: 1s, every: 200ms }
`;
const TOP =
  "inputs: { dir: { type: string }, word: { type: string, default: none }, key: { type: string, secret: true } }\n";

/** Days without fixes, as they lie around now. */
const today = new Date();
/** A day before or after today. */
export const day = (from: number): string => new Date(today.getTime() + from * 86_400_000).toISOString().slice(0, 10);
/** The hour in which one schedule may fix. */
export const shut = (today.getUTCHours() + 12) % 24;
/** An hour as files write it. */
export const clock = (hour: number): string => `${String(hour % 24).padStart(2, "0")}:00`;

const SCHEDULES = `inventory: ../hosts.yml
schedules:
  - { name: open, runbook: ../runbooks/job.yml, cron: "@hourly", approve: low, inputs: { word: "@home", key: { command: [./key, web] } } }
  - { name: asks, runbook: ../runbooks/job.yml, cron: "@hourly", inputs: { key: { file: key.txt } } }
  - { name: dark, runbook: ../runbooks/job.yml, cron: "@hourly", approve: low, blackout: [{ from: ${day(-1)}, to: ${day(1)}, reason: audit }], inputs: { key: { file: key.txt } } }
  - { name: shut, runbook: ../runbooks/job.yml, cron: "@hourly", approve: low, window: { from: "${clock(shut)}", to: "${clock(shut + 1)}" }, inputs: { key: { file: key.txt } } }
  - { name: few, runbook: ../runbooks/job.yml, cron: "@hourly", approve: low, max_hosts_per_day: 1, inputs: { key: { file: key.txt } } }
  - { name: late, runbook: ../runbooks/job.yml, cron: "@hourly", approve: low, deadline: 1ms, inputs: { key: { file: key.txt } } }
  - { name: often, runbook: ../runbooks/job.yml, cron: "@hourly", approve: low, stop_after: { fixes: 2 }, inputs: { key: { command: [./key, web] } } }
  - { name: shy, runbook: ../runbooks/job.yml, cron: "@hourly", max_hosts_per_day: 1, inputs: { key: { file: key.txt } } }
  - { name: brief, runbook: ../runbooks/job.yml, cron: "@hourly", deadline: 1h, inputs: { key: { file: key.txt } } }
  - { name: look, check: [../runbooks/job.yml], cron: "@hourly", inputs: { key: { file: key.txt } } }
  - { name: lost, runbook: ../runbooks/job.yml, cron: "@hourly", inputs: { key: { env: NO_SUCH_KEY } } }
  - { name: loud, runbook: ../runbooks/job.yml, cron: "@hourly", inputs: { key: { command: [./loud] } } }
`;

/** The moment that every fire here is known by. */
export const NOMINAL = "2026-01-01T00:00:00.000Z";

/** Two hosts, a runbook, and a file of schedules in a directory of its own; ends with everything in it. */
export type Fires = AsyncDisposable & {
  readonly shop: Workshop;
  readonly nextId: () => string;
  readonly fire: (name: string, run?: string, ...more: readonly string[]) => Promise<Ran>;
  /** These hosts have a file to remove, and nobody has told them anything; the others are well. */
  readonly spoil: (...hosts: readonly string[]) => Promise<void>;
  /** The runs in which a card waits. */
  readonly asking: () => Promise<string[]>;
  /** Says yes to the one card of a run, and goes on with it. */
  readonly approved: (run: string) => Promise<Ran>;
  /** What lies on a host. */
  readonly files: (host: string) => Promise<string[]>;
};

/** Makes the place in which schedules fire. */
export async function firesHere(): Promise<Fires> {
  const own = {
    "home/schedules.yml": SCHEDULES,
    "home/key": '#!/bin/sh\necho "tok-$1-1234"\n',
    "home/key.txt": "from-a-file\n",
    "home/loud": "#!/bin/sh\nyes\n",
  };
  const shop = await localJob(STEPS, { hosts: ["a", "b"], top: TOP, files: own });
  await Promise.all(["key", "loud"].map((program) => chmod(join(shop.directory, "home", program), 0o755)));
  let ids = 10;
  const nextId = (): string => `260101000000-bcdf${(ids += 1)}`;
  return {
    shop,
    nextId,
    fire: (name, run = nextId(), ...more) => {
      const at = ["--schedules", "home/schedules.yml", "--nominal", NOMINAL, "--act", "run", "--run", run];
      return shop.run("schedule", "fire", name, ...at, "--json", ...more);
    },
    spoil: async (...hosts) => {
      for (const host of ["a", "b"]) {
        await rm(join(shop.directory, host, "1.bad"), { force: true });
        await writeFile(join(shop.directory, host, "told"), hosts.includes(host) ? "" : "told");
      }
      for (const host of hosts) await shop.write(`${host}/1.bad`, "");
    },
    asking: async () => {
      const { out } = await shop.run("approvals", "--json");
      return [...new Set(out.split("\n").flatMap((line) => (line === "" ? [] : [String(JSON.parse(line).run)])))];
    },
    approved: async (run) => {
      const { digest } = JSON.parse((await shop.run("approvals", run, "--json")).out);
      return await shop.run("approve", run, "--digest", String(digest), "--resume");
    },
    files: (host) => readdir(join(shop.directory, host)),
    [Symbol.asyncDispose]: () => shop[Symbol.asyncDispose](),
  };
}
