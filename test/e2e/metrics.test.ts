import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import * as z from "zod";
import { startPrometheus, type Prometheus } from "../kit/prometheus.ts";
import { localJob, sweep } from "../kit/shelf.ts";
import type { Workshop } from "../kit/workshop.ts";

const MONITORING = resolve(import.meta.dirname, "../../docs/monitoring");
const RULES = join(MONITORING, "runbook.rules.yml");

const Target = z.object({ refId: z.string(), expr: z.string(), legendFormat: z.string() });
const Panel = z.object({
  id: z.int(),
  type: z.enum(["stat", "table", "timeseries"]),
  title: z.string().min(1),
  datasource: z.object({ type: z.literal("prometheus"), uid: z.literal("${datasource}") }),
  gridPos: z.object({ x: z.int().min(0), y: z.int().min(0), w: z.int().min(1), h: z.int().min(1) }),
  targets: z.array(Target).min(1),
  fieldConfig: z.object({ defaults: z.looseObject({}), overrides: z.array(z.looseObject({})) }),
  options: z.looseObject({}),
});
const Variable = z.object({
  name: z.string(),
  type: z.enum(["datasource", "query"]),
  definition: z.string().optional(),
});
const Dashboard = z.object({
  title: z.string(),
  uid: z.string().max(40),
  schemaVersion: z.int().min(36),
  templating: z.object({ list: z.array(Variable) }),
  panels: z.array(Panel),
});

const dashboard = Dashboard.parse(JSON.parse(readFileSync(join(MONITORING, "grafana-dashboard.json"), "utf8")));
const queries = dashboard.panels.flatMap(({ title, targets }) =>
  targets.map(({ expr, legendFormat }) => ({ title, expr, legendFormat })),
);

const promtool = (...args: readonly string[]): string =>
  execFileSync("promtool", args, { encoding: "utf8", stdio: "pipe" });

test("the alert rules are what promtool takes, and alert when they should", () => {
  expect(promtool("check", "rules", RULES)).toContain("SUCCESS");
  expect(promtool("test", "rules", join(MONITORING, "runbook.rules.test.yml"))).toContain("SUCCESS");
  const names = [...readFileSync(RULES, "utf8").matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
  const tests = readFileSync(join(MONITORING, "runbook.rules.test.yml"), "utf8");
  // Each is seen to alert at least once, and not to.
  for (const name of names) {
    expect(tests).toContain(`alertname: ${name}, exp_alerts: []`);
    expect(tests).toMatch(new RegExp(`alertname: ${name}\\n +exp_alerts:\\n`));
  }
});

test("the dashboard has its panels side by side, each with an id of its own", () => {
  const { panels } = dashboard;
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
  const known = new Set(dashboard.templating.list.map(({ name }) => name));
  for (const { expr } of queries) for (const [, name = ""] of expr.matchAll(/\$(\w+)/g)) expect(known).toContain(name);
});

describe("a Prometheus that scrapes what check and run have written", { timeout: 60_000 }, () => {
  let shop: Workshop;
  let prometheus: Prometheus;

  beforeAll(async () => {
    // A host that is ill, and one that is well; a problem that waits for a person.
    const other = `  - id: other\n    severity: critical\n    detect: { run: 'cd "$dir"; ls *.worse 2>/dev/null | cat' }\n`;
    const steps = sweep("sweep", "high") + other;
    shop = await localJob(steps, { hosts: ["a", "b"], files: { "a/x.bad": "", "a/y.worse": "", "metrics/none": "" } });
    const at = ["-i", "hosts.yml"] as const;
    await shop.run("check", "job", ...at, "--metrics", "metrics/fleet.prom");
    await shop.run("check", "job", ...at, "-l", "b", "--metrics", "metrics/well.prom");
    await shop.run("run", "job", ...at, "--metrics", "metrics/nightly.prom");
    prometheus = await startPrometheus(join(shop.directory, "metrics"), RULES);
    await prometheus.known("runbook_run_hosts");
  }, 60_000);
  afterAll(async () => {
    await prometheus?.[Symbol.asyncDispose]();
    await shop?.[Symbol.asyncDispose]();
  });

  it("answers the score of each file, and what waits", async () => {
    expect(prometheus.promtool('runbook_fleet_health_score{source="fleet"}')).toMatch(
      /^runbook_fleet_health_score\{instance="127\.0\.0\.1:\d+", job="bastion", source="fleet"\} => 61 @/,
    );
    expect(prometheus.promtool('runbook_host_health_score{source="well"}')).toMatch(/host="b".* => 100 @/);
    expect(await prometheus.ask("sum(runbook_run_waiting_approvals)")).toMatchObject([{ value: 1 }]);
    const [age] = await prometheus.ask('time() - runbook_check_end_timestamp_seconds{source="fleet"}');
    expect(age?.value).toSatisfy((seconds: number) => seconds >= 0 && seconds < 600);
    expect(await prometheus.ask("node_textfile_scrape_error")).toMatchObject([{ value: 0 }]);
  });

  it("answers every query of the dashboard, and knows every metric that it and the rules ask for, by its labels", async () => {
    const unanswered: string[] = [];
    const unlabelled: string[] = [];
    for (const { title, expr, legendFormat } of queries) {
      const answers = await prometheus.ask(expr.replaceAll(/\$\w+/g, ".*"));
      if (answers.length === 0) unanswered.push(title);
      const wanted = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = ""]) => name);
      if (answers.some(({ labels }) => wanted.some((name) => labels[name] === undefined))) unlabelled.push(title);
    }
    // Nothing recurs here.
    expect(unanswered).toEqual(["Recurring problems"]);
    expect(unlabelled).toEqual([]);
    const asked = `${JSON.stringify(dashboard)}${readFileSync(RULES, "utf8")}`.matchAll(/\brunbook_\w+/g);
    const names = [...new Set(Array.from(asked, ([name]) => name))];
    const known = await Promise.all(names.map((name) => prometheus.ask(`count(${name})`)));
    expect(names.filter((_, at) => known[at]?.length === 0)).toEqual([]);
    expect(names.length).toBeGreaterThan(15);
    await prometheus.known('ALERTS{alertname="RunbookCriticalFindings",runbook="job",alertstate="pending"} == 1');
  });

  it("sees the next check, and never half of one", async () => {
    await shop.run("run", "job", "-i", "hosts.yml", "--approve", "high", "--metrics", "metrics/nightly.prom");
    writeFileSync(join(shop.directory, "metrics/.runbook-x.part"), "runbook_half");
    await prometheus.known('runbook_run_hosts{outcome="found"} == 1');
    expect(await prometheus.ask("sum(runbook_run_waiting_approvals)")).toMatchObject([{ value: 0 }]);
    expect(await prometheus.ask("node_textfile_scrape_error")).toMatchObject([{ value: 0 }]);
  });
});
