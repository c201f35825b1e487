import { expect, test } from "vitest";
import { checkExit, type Wanted } from "../../../src/cli/check-exit.ts";
import type { Health, HealthRunbook } from "../../../src/report/health.ts";
import { someHealth } from "../../kit/health.ts";

/** A check that found so much, whose score is 82. */
function healthWith(found: Partial<Health["fleet"]["findings"]>, over: { readonly unknown?: boolean } = {}): Health {
  const health = someHealth();
  const findings = { info: 0, warning: 0, critical: 0, ...found };
  const known = health.hosts.map((host) => ({ ...host, cells: host.cells.map((cell) => ({ ...cell, unknown: 0 })) }));
  const hosts = over.unknown === true ? health.hosts : known;
  return { ...health, hosts, fleet: { ...health.fleet, score: 82, findings } };
}

/** A check that left a runbook out. */
function lacking(lacks: "input" | "soundness"): Health {
  const health = healthWith({});
  const runbooks = health.runbooks.map((one): HealthRunbook => ({
    ...one,
    left: one.left && { lacks, reason: "why", hint: null },
  }));
  return { ...health, runbooks };
}

function exit(health: Health, wanted: Partial<Wanted> = {}): number {
  return checkExit(health, { interrupted: false, ...wanted });
}

test("a check ends with 0 where all is well, 2 where something was found, and 4 where something is unknown", () => {
  expect(exit(healthWith({}))).toBe(0);
  expect(exit(healthWith({ info: 1 }))).toBe(2);
  expect(exit(healthWith({}, { unknown: true }))).toBe(4);
  expect(exit(healthWith({ info: 1 }, { unknown: true }))).toBe(2);
  expect(exit({ ...healthWith({}), endedAt: null })).toBe(4);
  expect(exit(healthWith({ info: 1 }), { interrupted: true })).toBe(130);
});

test("--fail-on lets milder findings pass, but nothing that is unknown", () => {
  expect(exit(healthWith({ info: 9, warning: 9 }), { failOn: "critical" })).toBe(0);
  expect(exit(healthWith({ warning: 1 }), { failOn: "warning" })).toBe(2);
  expect(exit(healthWith({ warning: 1 }, { unknown: true }), { failOn: "critical" })).toBe(4);
});

test("--min-score has findings count through the score alone, and together with --fail-on both", () => {
  expect(exit(healthWith({ critical: 1 }), { minScore: 82 })).toBe(0);
  expect(exit(healthWith({ critical: 1 }), { minScore: 83 })).toBe(2);
  expect(exit(healthWith({ critical: 1 }), { minScore: 82, failOn: "critical" })).toBe(2);
  const none = healthWith({});
  expect(exit({ ...none, fleet: { ...none.fleet, score: null } }, { minScore: 1 })).toBe(4);
  expect(exit({ ...none, fleet: { ...none.fleet, score: null } })).toBe(0);
});

test("a runbook that needs an input nobody gave changes no exit code, and one with mistakes does", () => {
  expect(exit(lacking("input"))).toBe(0);
  expect(exit(lacking("soundness"))).toBe(4);
});
