import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";

const ROOT = resolve(import.meta.dirname, "../..");

/** Shipped runbooks that have no cases for all of their steps yet. Nothing is added here, and whatever has them all is taken off. */
const INCOMPLETE = new Set([
  "hyperv-enlightenments",
  "kernel-cfs-throttle",
  "kvm-guest-restart",
  "kvm-host-health",
  "lvm-snapshot-rollback",
  "lvm-thin-pool-full",
]);

const Told = z.object({
  runbooks: z.array(
    z.object({
      runbook: z.string(),
      cases: z.array(z.object({ title: z.string(), passed: z.boolean(), results: z.array(z.unknown()) })),
      coverage: z.array(z.object({ step: z.string(), cases: z.record(z.string(), z.number().nullable()) })),
    }),
  ),
});

test("every shipped runbook passes its cases, and has one for each outcome of each step", { timeout: 300_000 }, () => {
  const { stdout, stderr } = spawnSync("node", ["bin/runbook.js", "test", "--json"], {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 100_000_000,
  });
  expect(stderr).toBe("");
  const { runbooks } = Told.parse(JSON.parse(stdout));
  expect(runbooks.map(({ runbook }) => `${runbook}.yml`).toSorted()).toEqual(
    readdirSync(`${ROOT}/runbooks`).filter((name) => name.endsWith(".yml")),
  );
  const wrong = runbooks.flatMap(({ cases }) => cases.filter(({ passed }) => !passed));
  expect(wrong.map(({ title, results }) => `${title}: ${JSON.stringify(results)}`)).toEqual([]);
  const gaps = runbooks.flatMap(({ runbook, coverage }) =>
    coverage.flatMap(({ step, cases }) =>
      Object.entries(cases).flatMap(([aspect, count]) =>
        count === 0 ? [{ runbook, gap: `${runbook} ${step}: ${aspect}` }] : [],
      ),
    ),
  );
  expect(gaps.filter(({ runbook }) => !INCOMPLETE.has(runbook)).map(({ gap }) => gap)).toEqual([]);
  const open = new Set(gaps.map(({ runbook }) => runbook));
  const complete = runbooks.filter(({ runbook }) => INCOMPLETE.has(runbook) && !open.has(runbook));
  expect(complete.map(({ runbook }) => `${runbook} has all its cases: take it off the list above`)).toEqual([]);
});
