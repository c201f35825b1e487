import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";

const ROOT = resolve(import.meta.dirname, "../..");

const Told = z.object({
  runbooks: z.array(
    z.object({
      runbook: z.string(),
      cases: z.array(z.object({ title: z.string(), passed: z.boolean(), results: z.array(z.unknown()) })),
      coverage: z.array(z.object({ step: z.string(), cases: z.record(z.string(), z.number().nullable()) })),
    }),
  ),
});

/** Their cases alone take a minute. They, and all others under all of their shells, are played by `npm run proof:cases`. */
const LARGE = new Set(["kernel-cfs-throttle", "kvm-host-health"]);

test(
  "every shipped runbook but the largest passes its cases, and has one for each outcome of each step",
  { timeout: 600_000 },
  () => {
    const shipped = readdirSync(`${ROOT}/runbooks`).filter((name) => name.endsWith(".yml"));
    const names = shipped.map((name) => name.slice(0, -".yml".length)).filter((name) => !LARGE.has(name));
    expect(names).toHaveLength(shipped.length - LARGE.size);
    const { stdout, stderr } = spawnSync("node", ["bin/runbook.js", "test", ...names, "--quick", "--json"], {
      cwd: ROOT,
      encoding: "utf8",
      maxBuffer: 100_000_000,
    });
    expect(stderr).toBe("");
    const { runbooks } = Told.parse(JSON.parse(stdout));
    expect(runbooks.map(({ runbook }) => runbook).toSorted()).toEqual(names.toSorted());
    const wrong = runbooks.flatMap(({ cases }) => cases.filter(({ passed }) => !passed));
    expect(wrong.map(({ title, results }) => `${title}: ${JSON.stringify(results)}`)).toEqual([]);
    const gaps = runbooks.flatMap(({ runbook, coverage }) =>
      coverage.flatMap(({ step, cases }) =>
        Object.entries(cases).flatMap(([aspect, count]) => (count === 0 ? [`${runbook} ${step}: ${aspect}`] : [])),
      ),
    );
    expect(gaps).toEqual([]);
  },
);
