import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { SchedulesFile, WrittenSchedule } from "../../../src/model/schedule.ts";
import { examineSchedules } from "../../../src/schedule/compile.ts";
import { preview } from "../../../src/schedule/preview.ts";
import { told } from "../../kit/mistakes.ts";

const REFERENCE = await readFile(resolve(import.meta.dirname, "../../../docs/schedules.md"), "utf8");
const EXAMPLES = [...REFERENCE.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = ""]) => text);
const NOW = Date.UTC(2026, 9, 1);

test("the files in the reference are sound ones, and one fires", () => {
  const examined = EXAMPLES.map((text) => examineSchedules(text, "schedules.yml", NOW));
  expect(examined.map(({ faults, warnings }) => told([...faults, ...warnings]))).toEqual([[], []]);
  const tuesdays = examined[0]?.schedules?.find(({ name }) => name === "second-tuesday");
  if (tuesdays === undefined) throw new Error("the reference has another example");
  const [fire] = preview(tuesdays, { from: NOW, to: Number.POSITIVE_INFINITY, most: 1 }).fires;
  expect(fire).toMatchObject({ local: "2026-10-13 03:00:00 UTC+2", act: "run" });
});

test("the reference tells of every key", () => {
  const top = Object.keys(SchedulesFile.shape).filter((key) => !REFERENCE.includes(`\`${key}\``));
  const own = Object.keys(WrittenSchedule.shape).filter((key) => !REFERENCE.includes(`| \`${key}\` |`));
  expect([...top, ...own]).toEqual([]);
});

test("what is previewed in the reference is what is previewed", () => {
  const lines = { name: "a", runbook: "job", inventory: "web1,", cron: "30 * * * *", timezone: "Europe/Berlin" };
  const window = { days: "mon-fri", from: "22:00", to: "05:00" };
  const text = JSON.stringify({ schedules: [{ ...lines, window }] });
  const [schedule] = examineSchedules(text, "schedules.yml", NOW).schedules ?? [];
  if (schedule === undefined) throw new Error("it cannot be read");
  const span = { from: Date.parse("2026-10-24T23:00Z"), to: Date.parse("2026-10-25T03:00Z"), most: 10 };
  const { fires } = preview(schedule, span);
  const shown = fires.map(({ local, why, notes }) => `${local}  ${[...why, ...notes].join("; ")}`);
  const [, block = ""] = /schedule preview --from 2026-10-24T23:00Z.*?\n.*?\n(.*?)```/s.exec(REFERENCE) ?? [];
  const written = block.trimEnd().split("\n");
  expect(written.map((line) => line.replace(/ {2}Europe\/Berlin {2}a {9}only looks/, ""))).toEqual(shown);
});
