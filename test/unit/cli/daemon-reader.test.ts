import { spawn } from "node:child_process";
import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { scheduleReader } from "../../../src/cli/daemon-reader.ts";
import { openSchedules } from "../../../src/load/schedules.ts";

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "runbook-reader-"));
  file = join(directory, "schedules.yml");
  await writeFile(
    join(directory, "job.yml"),
    'name: job\ntitle: A job\nsteps:\n  - id: a\n    detect: { run: "true" }\n    fix: { risk: low, run: "true" }\n',
  );
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const FIRST = "schedules:\n  - { name: a, runbook: ./job.yml, inventory: 'web1,', cron: '@hourly' }\n";
const SECOND = "  - { name: b, runbook: ./job.yml, inventory: 'web1,', cron: '@daily' }\n";

/** The names of the schedules that a reading brings; null: there is nothing new. */
async function names(reader: ReturnType<typeof scheduleReader>): Promise<readonly string[] | null> {
  const reading = await reader.read();
  if (reading !== null && "faults" in reading) throw new Error(JSON.stringify(reading.faults));
  return reading?.schedules.map(({ name }) => name) ?? null;
}

test("a file that somebody is writing is taken once they have done, or when somebody says so", async () => {
  await writeFile(file, FIRST);
  const reader = scheduleReader(file, { pause: 0, open: openSchedules });
  expect(await names(reader)).toEqual(["a"]);
  expect(await names(reader)).toBeNull();
  // Half of a file is right, too.
  await writeFile(file, FIRST + SECOND);
  expect(await names(reader)).toBeNull();
  expect(reader.current()?.text).toBe(FIRST);
  await utimes(file, new Date(), Date.now() / 1000 - 60);
  expect(await names(reader)).toEqual(["a", "b"]);
  await writeFile(file, FIRST);
  reader.again();
  expect(await names(reader)).toEqual(["a"]);
  expect(reader.current()?.text).toBe(FIRST);
});

test("a file that is dated later than now is taken, too", async () => {
  await writeFile(file, FIRST);
  const reader = scheduleReader(file, { pause: 0, open: openSchedules });
  await names(reader);
  await writeFile(file, FIRST + SECOND);
  await utimes(file, new Date(), Date.now() / 1000 + 3600);
  expect(await names(reader)).toEqual(["a", "b"]);
});

test("what is changed while it is read is read again", async () => {
  await writeFile(file, FIRST);
  let changes = 1;
  const reader = scheduleReader(file, {
    pause: 0,
    open: async (...how) => {
      const opened = await openSchedules(...how);
      if ((changes -= 1) < 0) return opened;
      await writeFile(file, FIRST + SECOND);
      await utimes(file, new Date(), Date.now() / 1000 - 60);
      return opened;
    },
  });
  expect(await names(reader)).toEqual(["a"]);
  expect(await names(reader)).toEqual(["a", "b"]);
  expect(await names(reader)).toBeNull();
});

test("what the system refuses for a while is told, ends nobody, and is tried again; a bug is no such thing", async () => {
  await writeFile(file, FIRST);
  const { promise, reject } = Promise.withResolvers<never>();
  spawn("/no/such/program").once("error", reject);
  const refused: unknown = await promise.catch((error: unknown) => error);
  let tries = 0;
  const reader = scheduleReader(file, {
    pause: 0,
    open: async (...how) => {
      if ((tries += 1) === 1) throw refused;
      if (tries === 3) throw new TypeError("a bug");
      return openSchedules(...how);
    },
  });
  expect(await reader.read()).toMatchObject({ faults: [{ where: file, message: expect.stringContaining("ENOENT") }] });
  expect(await names(reader)).toEqual(["a"]);
  reader.again();
  await expect(reader.read()).rejects.toThrow("a bug");
});
