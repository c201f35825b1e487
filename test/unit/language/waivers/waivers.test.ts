import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { isFor } from "../../../../src/engine/waiver.ts";
import { parseInventory } from "../../../../src/language/inventory/inventory.ts";
import { examineWaivers } from "../../../../src/language/waivers/compile.ts";
import { waiversSchemaText } from "../../../../src/language/waivers/json-schema.ts";
import { planWaivers, strayWaivers } from "../../../../src/language/waivers/plan.ts";
import { Runbook } from "../../../../src/model/runbook.ts";
import { told } from "../../../kit/mistakes.ts";

const NOW = Date.UTC(2026, 5, 15);
const FILE = fileURLToPath(new URL("../../../../schema/waivers.schema.json", import.meta.url));
const RUNBOOK = Runbook.parse({
  name: "disks",
  title: "Disks",
  steps: [
    { id: "full", detect: { run: ":", findings: { mount: "string", pid: "integer" } } },
    { id: "worn", detect: { run: ":" } },
  ],
});
const PLACE = { cwd: "/", home: "/" };
const HOSTS = "all:\n  children:\n    web: { hosts: { web1: , web2: } }\n    db: { hosts: { db1: } }\n";

function examined(...lines: readonly string[]): ReturnType<typeof examineWaivers> {
  return examineWaivers(
    ["waivers:", ...lines.map((line) => `  - { ${line} }`), ""].join("\n"),
    "conf/waivers.yml",
    NOW,
  );
}

function planned(...lines: readonly string[]): ReturnType<typeof planWaivers> {
  const read = parseInventory([{ kind: "yaml", text: HOSTS, file: "hosts.yml", directory: "/" }], PLACE);
  if (Array.isArray(read)) throw new Error(told(read).join("\n"));
  const { waivers, faults } = examined(...lines);
  expect(told(faults)).toEqual([]);
  return planWaivers(waivers, { runbook: RUNBOOK, hosts: ["web1", "web2", "db1"], inventory: read.inventory });
}

describe("a file of waivers", () => {
  test("is read with its places; the last day counts whole", () => {
    const { waivers, faults, warnings } = examined(
      "runbook: disks, until: 2026-12-31, reason: old, finding: { pid: 7 }",
    );
    expect([faults, warnings]).toEqual([[], []]);
    expect(waivers).toEqual([
      {
        runbook: "disks",
        hosts: "all",
        finding: { pid: "7" },
        until: Date.UTC(2027, 0, 1),
        reason: "old",
        by: "waivers.yml",
        where: "conf/waivers.yml:2",
      },
    ]);
  });

  test("has every mistake told at once with line and column", () => {
    const { faults } = examined(
      "runbook: disks, reason: x",
      "runbook: disks, until: 31.12.2026, reason: x",
      "runbook: disks, until: 2026-02-30, reason: x",
      "runbook: disks, until: 2028-01-01, reason: x",
      "runbok: disks, until: 2026-12-31, reason: ' '",
      "runbook: disks, until: 2026-12-31, reason: x, hosts: 'web['",
    );
    expect(told(faults)).toEqual([
      "2:5 `until` is missing in waiver 1 → expected a day such as 2026-12-31",
      '3:30 `until`: expected a day such as 2026-12-31, found "31.12.2026" → write it as year-month-day',
      '4:30 `until`: expected a day that there is, found "2026-02-30" → write it as year-month-day',
      "5:30 a waiver lasts at most a year → look at it again by then",
      "6:7 unknown key `runbok` in waiver 5 → did you mean `runbook`?",
      '6:49 `reason`: expected a reason, found " "',
      "7:60 a bracket is not closed in the host pattern `web[` → a slice is written web[0:2]",
    ]);
  });

  test("tells what has expired, and lets it hold no longer", () => {
    const { waivers, faults, warnings } = examined(
      "runbook: disks, until: 2026-06-14, reason: over",
      "runbook: disks, until: 2026-06-15, reason: today",
    );
    expect(faults).toEqual([]);
    expect(told(warnings)).toEqual([
      "2:30 this waiver has expired, and holds no longer → look at the finding again, then renew it or remove it",
    ]);
    expect(waivers.map(({ reason }) => reason)).toEqual(["today"]);
  });

  test("may hold none, and is refused when it is something else altogether", () => {
    expect(examineWaivers("waivers: []\n", "w.yml", NOW)).toEqual({ waivers: [], faults: [], warnings: [] });
    expect(examineWaivers("- a\n", "w.yml", NOW).faults).toHaveLength(1);
  });
});

describe("waivers of a run", () => {
  test("are those of its runbook, steps and hosts", () => {
    const { waivers, notes } = planned(
      "runbook: 'd*', step: full, hosts: web, until: 2026-12-31, reason: x, finding: { mount: /srv }",
      "runbook: memory, until: 2026-12-31, reason: y",
    );
    expect(notes).toEqual([]);
    expect(waivers.map(({ host, step, match }) => ({ host, step, match }))).toEqual([
      { host: "web1", step: "full", match: { mount: "/srv" } },
      { host: "web2", step: "full", match: { mount: "/srv" } },
    ]);
  });

  test("that name what is not there waive nothing, and say so", () => {
    const { waivers, notes } = planned(
      "runbook: disks, step: ful, until: 2026-12-31, reason: x",
      "runbook: disks, step: full, until: 2026-12-31, reason: x, finding: { mont: /srv }",
      "runbook: disks, hosts: wob, until: 2026-12-31, reason: x",
      "runbook: disks, until: 2026-12-31, reason: x, finding: { mont: /srv }",
      "runbook: disks, until: 2026-12-31, reason: x, finding: { pid: 7, message: y }",
      "runbook: 'd*', until: 2026-12-31, reason: x, finding: { other: y }",
    );
    expect(waivers).toEqual([]);
    expect(told(notes)).toEqual([
      "2 disks has no step `ful`, so this waives nothing → did you mean `full`?",
      "3 the findings of disks, full have no column `mont`, so this waives nothing → did you mean `mount`?",
      "4 the inventory has no group or host `wob`, which this waiver names → did you mean `web`?",
      "5 the findings of all steps of disks have no column `mont`, so this waives nothing → did you mean `mount`?",
      "6 no step of disks has all of pid, message, so this waives nothing",
    ]);
  });

  test("that name none of the runbooks there are say so", () => {
    const { waivers } = examined(
      "runbook: diks, until: 2026-12-31, reason: x",
      "runbook: 'd*', until: 2026-12-31, reason: x",
      "runbook: 'z*', until: 2026-12-31, reason: x",
    );
    expect(told(strayWaivers(waivers, ["disks", "memory"]))).toEqual([
      "2 there is no runbook `diks`, so this waives nothing → did you mean `disks`?",
      "4 there is no runbook `z*`, so this waives nothing → `runbook list` shows all that there are",
    ]);
  });

  test("hold for a finding whose columns read so, and without columns for whatever is found", () => {
    const finding = { key: '["/srv",7]', values: { mount: "/srv", pid: 7 } };
    const waiver = { host: "web1", step: "full", key: "", until: NOW, by: "x", reason: "y" };
    expect(isFor({ ...waiver, match: {} }, finding)).toBe(true);
    expect(isFor({ ...waiver, match: { pid: "7" } }, finding)).toBe(true);
    expect(isFor({ ...waiver, match: { mount: "/srv", pid: "8" } }, finding)).toBe(false);
    expect(isFor({ ...waiver, match: { no: "" } }, finding)).toBe(false);
    expect(isFor({ ...waiver, key: finding.key }, finding)).toBe(true);
    expect(isFor({ ...waiver, key: "" }, finding)).toBe(false);
  });
});

test("the schema in the repository is the one that the code makes (`runbook schema waivers > schema/waivers.schema.json`)", async () => {
  expect(await readFile(FILE, "utf8")).toBe(waiversSchemaText());
});
