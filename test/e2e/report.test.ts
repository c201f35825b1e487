import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startTapdisk, type Tapdisk } from "../../src/lab/tapdisk.ts";
import { Site } from "../kit/practice.ts";

const LOG = "/var/log/blktap/tapdisk.2345.log";
const SICK: Tapdisk = { domid: 18, log: LOG, flood: 1e9, deleted: true, running: false, onTerm: "exit", onHup: "exit" };

describe("the reports of a run on practice hosts", { timeout: 120_000 }, () => {
  let site: Site;
  beforeEach(() => {
    site = new Site();
  });
  afterEach(() => site[Symbol.asyncDispose]());

  const at = (name: string): string => join(site.directory, name);
  const read = (name: string): string => readFileSync(at(name), "utf8");
  const reports = (name: string): string[] =>
    ["html", "xml", "json"].flatMap((end) => ["--report", at(`${name}.${end}`)]);

  it("tell what was found, decided and done, and are the same from the history", async () => {
    const sick = await site.host("xen1");
    await site.host("xen2");
    const pid = await startTapdisk(sick, SICK);
    const told = await site.run("--approve", "high", ...reports("run"));
    expect(told.exit).toBe(0);

    const document = JSON.parse(read("run.json"));
    expect(document).toMatchObject({ version: 1, outcome: "fixed", exit: 0, counts: { fixed: 1, clear: 1 } });
    const [xen1] = document.hosts;
    const fixed = xen1.steps.find((step: { outcome: string }) => step.outcome === "fixed");
    expect(fixed.findings[0]).toMatchObject({ state: "fixed", values: { pid } });
    expect(fixed.decisions.at(-1)).toMatchObject({ kind: "approved", auto: true });
    expect(fixed.fixes[0]).toMatchObject({ end: "exited", exit: 0 });
    expect(fixed.verifications[0]).toMatchObject({ ok: true });
    const script = document.steps[0].scripts.find(({ role }: { role: string }) => role === "fix").text;
    expect(script).toContain("kill");

    expect(read("run.html")).toContain(String(pid));
    const cases = execFileSync("xmllint", ["--xpath", "count(//testcase)", at("run.xml")]).toString();
    expect(Number(cases)).toBe(2 * document.steps.length);
    const bad = execFileSync("xmllint", ["--xpath", "count(//failure | //error)", at("run.xml")]).toString();
    expect(Number(bad)).toBe(0);

    const again = await site.command("history", "show", "last", ...reports("history"));
    expect(again).toMatchObject({ exit: 0, out: "" });
    for (const end of ["html", "xml", "json"]) expect(read(`history.${end}`)).toBe(read(`run.${end}`));
  });

  it("are written for a run that waits, and replace what was there", async () => {
    await startTapdisk(await site.host("xen1"), SICK);
    writeFileSync(at("run.xml"), "before");
    const told = await site.run(...reports("run"));
    expect(told.exit).toBe(3);
    expect(read("run.xml")).toContain('<skipped message="waiting');
    const { hosts } = JSON.parse(read("run.json"));
    expect(hosts[0].steps[0].decisions[0]).toMatchObject({
      kind: "asked",
      digest: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });
});
