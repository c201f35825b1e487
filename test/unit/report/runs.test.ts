import { expect, test } from "vitest";
import { runLines, unendedWords, type ListedRun } from "../../../src/report/runs.ts";
import { widthOf } from "../../../src/view/width.ts";

const STARTED = Date.UTC(2026, 10, 3, 14, 5, 9);
const writer = { host: "ops1", pid: 4_194_304, started: "b/1" };

function listed(standing: ListedRun["standing"], runbook = "tapdisk-disk-full", hosts = 1): ListedRun {
  const ended = standing === "ended";
  return {
    run: {
      run: "261103140509-bcdfgh",
      runbook,
      startedAt: STARTED,
      endedAt: ended ? STARTED + 80_000_000 : null,
      exit: ended ? 130 : null,
      hosts,
      check: null,
      schedule: null,
      outcome: null,
    },
    standing,
    writer: ended ? undefined : writer,
  };
}

test("runs are listed with what became of them", () => {
  expect(runLines([listed("running"), listed("died"), listed("unclear"), listed("ended")], 80)).toEqual([
    "run                  began (UTC)  runbook           hosts  ended",
    "261103140509-bcdfgh  11-03 14:05  tapdisk-disk-fu…      1  running (pid 4194304)",
    "261103140509-bcdfgh  11-03 14:05  tapdisk-disk-fu…      1  died",
    "261103140509-bcdfgh  11-03 14:05  tapdisk-disk-fu…      1  not known",
    "261103140509-bcdfgh  11-03 14:05  tapdisk-disk-fu…      1  exit 130, 22 h 13 min",
  ]);
});

test("a run that a schedule asked for says which, where there are such", () => {
  const [own, other] = [listed("ended", "job"), listed("ended", "job")];
  expect(runLines([{ ...own, run: { ...own.run, schedule: "nightly" } }, other], 80)).toEqual([
    "run                  began (UTC)  runbook  hosts  ended                  schedu…",
    "261103140509-bcdfgh  11-03 14:05  job          1  exit 130, 22 h 13 min  nightly",
    "261103140509-bcdfgh  11-03 14:05  job          1  exit 130, 22 h 13 min",
  ]);
});

test("80 columns are enough whatever the names are, and a file gets them whole", () => {
  const long = "a-runbook-with-a-name-of-eighty-characters".padEnd(80, "x");
  const runs = [listed("running", long, 1000), listed("ended", long, 20)];
  for (const line of runLines(runs, 80)) expect(widthOf(line)).toBeLessThanOrEqual(80);
  const own = runs.map((each) => ({ ...each, run: { ...each.run, schedule: `${long}s` } }));
  for (const line of runLines(own, 90)) expect(widthOf(line)).toBeLessThanOrEqual(90);
  const names = [{ ...listed("ended", "job"), run: { ...listed("ended", "job").run, schedule: "every-night-at-two" } }];
  expect(runLines(names, 80)[1]).toBe(
    "261103140509-bcdfgh  11-03 14:05  job          1  exit 130, 22 h 13 min  every-…",
  );
  expect(runLines(runs, Number.POSITIVE_INFINITY).join("\n")).toContain(long);
});

test("of a run without an end it is said where to ask", () => {
  expect(unendedWords("died", writer)).toBe("This run did not get to its end: its process (4194304) is gone.");
  expect(unendedWords("running", writer)).toContain("still at work, as process 4194304");
  expect(unendedWords("unclear", writer)).toContain("can be told on ops1 (process 4194304)");
  expect(unendedWords("unclear", undefined)).toContain("is not known");
});
