import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { healthHtml } from "../../../src/report/health-html.ts";
import { healthJunit } from "../../../src/report/health-junit.ts";
import { healthLines } from "../../../src/report/health-lines.ts";
import type { Health, HealthCell, HealthRunbook } from "../../../src/report/health.ts";
import { widthOf } from "../../../src/view/width.ts";
import { healthFinding, someHealth } from "../../kit/health.ts";

function cell(host: number, at: number): HealthCell {
  const blank = {
    runbook: `runbook-number-${at}`,
    severity: null,
    findings: 0,
    waived: 0,
    unknown: 0,
    reason: "",
  } as const;
  if (host === 0)
    return { ...blank, state: "found", severity: at % 2 === 0 ? "critical" : "info", findings: 12, unknown: 1 };
  return host % 7 === 0 ? { ...blank, state: "unknown", unknown: 1 } : { ...blank, state: "clear" };
}

/** The same check with more hosts and runbooks: the first host is ill in each, every seventh is unknown. */
function wide(hosts: number, runbooks: number): Health {
  const health = someHealth();
  const [model] = health.runbooks;
  const [first] = health.hosts;
  if (model === undefined || first === undefined) throw new Error("the kit has no host");
  const books = Array.from({ length: runbooks }, (_, at): HealthRunbook => ({
    ...model,
    runbook: `runbook-number-${at}`,
  }));
  const all = Array.from({ length: hosts }, (_, host) => ({
    ...first,
    host: `web${String(host).padStart(3, "0")}`,
    score: host === 0 ? 10 : 100,
    confidence: host % 7 === 0 ? 50 : 100,
    cells: books.map((_book, at) => cell(host, at)),
  }));
  return { ...health, runbooks: books, hosts: all };
}

const room = (width: number) => ({ width, colour: false });

const unknownOf = (unknowns: Health["unknowns"]): string[] =>
  healthLines({ ...someHealth(), unknowns }, room(200)).filter((line) => /^\? |more reason|Is sshd/.test(line));

describe("a check in lines", () => {
  it("fits 80 columns, and tells the worst first without a colour", () => {
    const lines = healthLines(someHealth(), room(80));
    expect(lines.filter((line) => widthOf(line) > 80)).toEqual([]);
    expect(lines.slice(0, 6)).toEqual([
      "host  score   sure  disk-full  old-kernel",
      "web1     50  100 %  C2         w",
      "db1       –    0 %  ?",
      "web2    100   50 %  ·          ?",
      "db2     100  100 %  ·          –",
      "  C critical  ? unknown  w waived  · clear  – does not apply",
    ]);
    expect(lines.slice(7)).toEqual([
      "C critical  disk-full, release-log: A process holds a deleted log; 2 findings o…",
      "    web1: /var/log/of-a-secret (found 2 d 14 h ago)",
      "    web1: /var/log/of-a-secret (new)",
      "",
      "w waived  old-kernel, release-log: 1 finding on web1 until 2027-01-01 00:00:00 …",
      "✓ gone  old-kernel, s: an old one on db2",
      "x not checked  left-out: an input has no value",
      "concerned with none of these hosts: for-others",
      "",
      "score 66 of 100, confidence 71 % · 2 unknown · 4 hosts, 2 runbooks, 8.5 s",
      "check c1",
    ]);
  });

  it("tells a kind of reason once, however many hosts have it with their own address, and no more reasons than fit", () => {
    const away = Array.from({ length: 200 }, (_, at) => ({
      runbook: null,
      step: null,
      reason: `unreachable: refused: nothing listens at 10.0.0.${at} port 22`,
      hint: "Is sshd running there?",
      hosts: [`web${at}`],
    }));
    const odd = Array.from({ length: 20 }, (_, at) => ({ ...away[0], reason: `${at}: strange: again`, hint: null }));
    expect(unknownOf(away)).toEqual([
      "? unknown  web[0-199]: unreachable: refused: nothing listens at 10.0.0.0 port 22 (web0; the others alike)",
      "    → Is sshd running there?",
    ]);
    const many = unknownOf([...away, ...odd.map((one) => ({ runbook: null, step: null, hosts: ["db1"], ...one }))]);
    expect(many).toHaveLength(13);
    expect(many.at(-1)).toBe("    … and 10 more reasons (--json and --report tell all)");
  });

  it("names the runbook of the worst finding that has a fix, and none where only a person can mend it", () => {
    const health = someHealth();
    const next = (mends: boolean, path: string): string | undefined => {
      const runbooks = health.runbooks.map((one) => ({
        ...one,
        path,
        steps: [{ step: "release-log", title: "", severity: "critical" as const, mends }],
      }));
      return healthLines({ ...health, runbooks }, room(200)).find((line) => line.startsWith("→"));
    };
    expect(next(true, "runbooks/disk-full.yml")).toBe("→ to see what would be done: runbook run disk-full -n -i …");
    expect(next(true, "./my own.yml")).toBe("→ to see what would be done: runbook run './my own.yml' -n -i …");
    expect(next(false, "runbooks/disk-full.yml")).toBeUndefined();
  });

  it("calls all clear only what was judged, in a check that has ended", () => {
    const health = someHealth();
    const told = (judged: number, endedAt: string | null): string => {
      const fleet = { ...health.fleet, judged, unknown: 0, score: judged > 0 ? 100 : null };
      const so = { ...health, fleet, endedAt };
      const words = / · (.*?) · /.exec(healthLines(so, room(200)).join("\n"))?.[1] ?? "";
      expect(healthHtml(so)).toContain(`: ${words}.</p>`);
      return words;
    };
    expect(told(5, health.endedAt)).toBe("all clear");
    expect(told(0, health.endedAt)).toBe("nothing was to be judged");
    expect(told(5, null)).toBe("nothing found so far");
  });

  it("numbers runbooks that are too wide, goes on in further tables, and puts hosts that look the same in one row", () => {
    const narrow = healthLines(wide(300, 30), room(80));
    expect(narrow.filter((line) => widthOf(line) > 80)).toEqual([]);
    expect(narrow.filter((line) => line.startsWith("host "))).toHaveLength(3);
    expect(narrow[0]).toMatch(/^host {2,}score {3}sure {2}1 2 3 4 5 6 7 8 9 10 /);
    expect(narrow[1]).toMatch(/^web000 +10 +50 % {2}C i C i /);
    expect(narrow[2]).toMatch(/^web007, web014, web021 and 39 m… +100 +50 % {2}\? /);
    expect(narrow[3]).toMatch(/^web\[001-006\], .* +100 +100 % {2}· /);
    expect(narrow[4]).toMatch(/^host /);
    const broad = healthLines(wide(300, 6), room(200));
    expect(broad.filter((line) => widthOf(line) > 200)).toEqual([]);
    expect(broad[0]).toMatch(/^host .* runbook-number-0 {2}runbook-number-1 .* runbook-number-5$/);
    expect(broad.filter((line) => line.startsWith("host "))).toHaveLength(1);
  });

  it("keeps to its width whatever the room", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 40, max: 250 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        (width, hosts, books) => {
          const lines = healthLines(wide(hosts, books), room(width));
          expect(lines.filter((line) => widthOf(line) > width)).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("tells everything that has a colour in words or signs, too", () => {
    const bare = healthLines(someHealth(), { width: 100, colour: true }).map((line) =>
      line.replaceAll(/\u001b\[\d+m/g, ""),
    );
    expect(bare).toEqual(healthLines(someHealth(), room(100)));
  });
});

describe("the reports of a check", () => {
  it("are sound XML, with a failure for what was found and an error for what is unknown", () => {
    const xml = healthJunit(someHealth());
    const query = (path: string): string =>
      execFileSync("xmllint", ["--nonet", "--xpath", path, "-"], { input: xml }).toString().trim();
    expect(query("string(/testsuites/@failures)")).toBe("1");
    expect(query("string(/testsuites/@errors)")).toBe("2");
    expect(query("string(//testsuite[1]/testcase[@name='web1']/failure/@message)")).toBe("2 critical");
    expect(query("count(//testsuite)")).toBe("2");
  });

  it("show nothing of a host as markup", () => {
    const evil = '<script>alert(1)</script>"&]]>';
    const health = someHealth([evil, "b", "c", "d"]);
    const findings = [healthFinding({ host: evil, values: { path: evil }, title: evil })];
    for (const page of [healthHtml({ ...health, findings }), healthJunit({ ...health, findings })]) {
      expect(page).not.toContain("<script>alert");
      expect(page).toContain("&lt;script&gt;alert");
    }
    execFileSync("xmllint", ["--noout", "--nonet", "-"], { input: healthJunit({ ...health, findings }) });
  });
});
