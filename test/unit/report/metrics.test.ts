import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RunDocument } from "../../../src/report/document.ts";
import { expositionOf } from "../../../src/report/exposition.ts";
import { documentOf } from "../../../src/report/fold.ts";
import { metricsOf } from "../../../src/report/metrics.ts";
import { everyOutcome, fleetStory } from "../../kit/fleet-story.ts";
import { someHealth } from "../../kit/health.ts";
import { diskFinding, diskRunbook, Story } from "../../kit/story.ts";

function documentFor(entries: Parameters<typeof documentOf>[0]): RunDocument {
  const document = documentOf(entries);
  if (document === null) throw new Error("no document");
  return document;
}

const check = (source = "fleet", names?: readonly string[]): string =>
  metricsOf([{ kind: "check", source, health: someHealth(names) }]);
const run = (entries: Parameters<typeof documentOf>[0], source = "nightly"): string =>
  metricsOf([{ kind: "run", source, document: documentFor(entries) }]);

/** Series → value. */
function seriesOf(text: string): Map<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  );
}

/** What Debian's promtool says against a text: nothing, where it is well. */
function promtool(text: string): string {
  return execFileSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
}

/** Of a host where the same was fixed so many times in the last hours. */
const recurringIn = (fixes: number): number | undefined => {
  const story = new Story(diskRunbook(), ["xen1", "xen2"]);
  const past = Array.from({ length: fixes }, (_, at) => {
    return {
      host: "xen1",
      step: "release-log",
      run: `r${at}`,
      at: story.state.startedAt - (at + 1) * 3_600_000,
      outcome: "fixed" as const,
    };
  });
  story.asks("xen1", [diskFinding(1)]);
  const [first, ...rest] = story.entries;
  if (first?.event.type !== "run-started") throw new Error("a story begins with run-started");
  const text = run([{ ...first, event: { ...first.event, plan: { ...first.event.plan, past } } }, ...rest]);
  return seriesOf(text).get('runbook_run_recurring_problems{source="nightly",runbook="disk-full",step="release-log"}');
};

const sample = (value: number) => expositionOf([{ name: "x", help: "a\\b\nc", samples: [{ labels: {}, value }] }]);

describe("the metrics of a check", () => {
  const series = seriesOf(check());
  const statusOf = (host: string, runbook: string): number | undefined =>
    series.get(`runbook_check_host_status{source="fleet",host="${host}",runbook="${runbook}"}`);

  test("tell scores, and confidence beside them; a host that nobody reached has no score", () => {
    expect(series.get('runbook_host_health_score{source="fleet",host="web1"}')).toBe(50);
    expect(series.get('runbook_host_confidence_ratio{source="fleet",host="web2"}')).toBe(0.5);
    expect(series.get('runbook_host_confidence_ratio{source="fleet",host="db1"}')).toBe(0);
    expect(series.has('runbook_host_health_score{source="fleet",host="db1"}')).toBe(false);
    expect(series.get('runbook_group_health_score{source="fleet",group="web"}')).toBe(62);
    expect(series.get('runbook_fleet_health_score{source="fleet"}')).toBe(66);
  });

  test("tell findings by runbook and severity, 0 where there are none, and none of a runbook that was left out", () => {
    const of = (name: string, runbook: string, severity: string): number | undefined =>
      series.get(`runbook_check_${name}{source="fleet",runbook="${runbook}",severity="${severity}"}`);
    expect(of("findings", "disk-full", "critical")).toBe(2);
    expect(of("new_findings", "disk-full", "critical")).toBe(1);
    expect(of("persisting_findings", "disk-full", "critical")).toBe(1);
    expect(of("findings", "disk-full", "info")).toBe(0);
    expect(of("findings", "old-kernel", "warning")).toBe(0);
    expect(of("findings", "left-out", "warning")).toBeUndefined();
    expect(series.get('runbook_check_waived_findings{source="fleet",runbook="old-kernel"}')).toBe(1);
    expect(series.get('runbook_check_gone_findings{source="fleet",runbook="old-kernel"}')).toBe(1);
    expect(series.get('runbook_check_runbook_checked{source="fleet",runbook="left-out"}')).toBe(0);
    expect([...series.keys()].filter((one) => one.includes("for-others"))).toEqual([]);
    expect([...series.keys()].filter((one) => one.includes("left-out"))).toHaveLength(1);
  });

  test("give each runbook on each host a number for its colour, and none where it does not concern it", () => {
    expect([statusOf("web1", "disk-full"), statusOf("web1", "old-kernel")]).toEqual([4, 1]);
    expect([statusOf("web2", "disk-full"), statusOf("web2", "old-kernel")]).toEqual([0, 5]);
    expect([statusOf("db2", "disk-full"), statusOf("db2", "old-kernel")]).toEqual([0, undefined]);
  });

  test("count each host once, by the worst of it, and tell when it was", () => {
    const states = ["unreachable", "found", "unknown", "waived", "clear", "skipped"];
    expect(states.map((state) => series.get(`runbook_check_hosts{source="fleet",state="${state}"}`))).toEqual([
      1, 1, 1, 0, 1, 0,
    ]);
    expect(series.get('runbook_check_end_timestamp_seconds{source="fleet"}')).toBe(
      Date.UTC(2026, 10, 3, 14, 5, 8) / 1000 + 0.5,
    );
    const unended = metricsOf([{ kind: "check", source: "a", health: { ...someHealth(), endedAt: null } }]);
    expect(unended).not.toContain("runbook_check_end_timestamp_seconds");
  });
});

describe("the metrics of a run", () => {
  test("tell hosts and steps by every outcome there is", () => {
    const series = seriesOf(run(everyOutcome()));
    for (const outcome of [
      "failed",
      "in-doubt",
      "rolled-back",
      "waiting",
      "found",
      "unknown",
      "fixed",
      "clear",
      "skipped",
    ]) {
      expect(series.get(`runbook_run_hosts{source="nightly",runbook="disk-full",outcome="${outcome}"}`)).toBe(1);
    }
    const waiting = 'runbook_run_waiting_approvals{source="nightly",runbook="disk-full",step="release-log"}';
    expect(series.get(waiting)).toBe(1);
    expect(series.get('runbook_run_exit_code{source="nightly",runbook="disk-full"}')).toBe(1);
  });

  test("tell what looks and fixes took, and what is still there", () => {
    const series = seriesOf(run(fleetStory(30)));
    const of = (name: string, labels = ""): number =>
      series.get(`runbook_run_${name}{source="nightly",runbook="disk-full"${labels}}`) ?? Number.NaN;
    const document = documentFor(fleetStory(30));
    const cells = document.hosts.flatMap(({ steps }) => steps);
    const parts = ["detect", "fix", "verify", "rollback"].map((part) => of(`${part}_duration_seconds`));
    const all = cells.reduce((sum, { ms }) => sum + ms, 0) / 1000;
    expect(parts.every((part) => part > 0)).toBe(true);
    expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(all, 2);
    const there = cells.flatMap(({ findings }) => findings).filter(({ state }) => state === "there");
    expect(of("findings", ',severity="critical"')).toBe(there.length);
  });

  test("tell what comes back again and again, which is what a card warns of", () => {
    expect([recurringIn(2), recurringIn(3)]).toEqual([0, 1]);
  });
});

describe("the text", () => {
  test("is what promtool wants, by its format, its names and its units", () => {
    expect(promtool(check() + run(fleetStory(12)))).toBe("");
  });

  test("holds no series twice, whatever hosts and files are called, and is read by promtool all the same", () => {
    const odd = fc.string({ unit: fc.constantFrom(...Array.from('ab"\\{}=,\n\r\t\u202e\u0000漢😀 ')), maxLength: 300 });
    const texts: string[] = [];
    fc.assert(
      fc.property(fc.uniqueArray(odd, { minLength: 4, maxLength: 4 }), odd, (names, source) => {
        const text = check(source, names);
        const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
        expect(new Set(lines.map((line) => line.slice(0, line.lastIndexOf(" ")))).size).toBe(lines.length);
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(2000);
        texts.push(text);
      }),
      { numRuns: 60 },
    );
    for (const text of texts.slice(0, 12)) promtool(text);
  });

  test("of two files of one directory has no series in common, and of a process that shows both has one HELP a metric", () => {
    const [one, two] = [seriesOf(check("a")), seriesOf(check("b"))];
    expect([...one.keys()].filter((series) => two.has(series))).toEqual([]);
    const both = metricsOf([
      { kind: "check", source: "a", health: someHealth() },
      { kind: "check", source: "b", health: someHealth() },
      { kind: "run", source: "c", document: documentFor(everyOutcome()) },
    ]);
    expect(seriesOf(both).size).toBe(one.size + two.size + seriesOf(run(everyOutcome(), "c")).size);
    expect(promtool(both)).toBe("");
  });

  test("holds nothing of what was found, and no reasons", () => {
    expect(check()).not.toMatch(/of-a-secret|secret reason|no route/);
    expect(run(fleetStory(12))).not.toContain("/var/");
  });

  test("writes what no number is as the format has it", () => {
    expect(sample(Number.NaN)).toBe("# HELP x a\\\\b\\nc\n# TYPE x gauge\nx NaN\n");
    expect(sample(Number.POSITIVE_INFINITY)).toContain("x +Inf\n");
    expect(expositionOf([{ name: "x", help: "", samples: [] }])).toBe("");
  });
});
