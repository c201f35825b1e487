import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judge, keyOf, type Reading } from "../../../src/engine/judge.ts";
import { NO_OUTPUT, type Output } from "../../../src/model/output.ts";
import type { ColumnType } from "../../../src/model/runbook.ts";
import { plain } from "../../../src/model/secret.ts";

function reading(columns: Record<string, ColumnType>, parts: Partial<Reading> = {}): Reading {
  const findings = Object.fromEntries(Object.entries(columns).map(([name, type]) => [name, { type, private: false }]));
  return { findings, format: "tab", ...parts };
}

const print = (text: string): Output => ({ ...NO_OUTPUT, head: plain(text) });
const DISK = reading({ path: "string", bytes: "bytes", pid: "integer" });
const MESSAGE: Reading = { format: "tab" };

function values(judgement: ReturnType<typeof judge>): unknown {
  return "unknown" in judgement ? judgement.unknown : judgement.findings.map((finding) => finding.values);
}

function said(how: Reading, stdout: string, stderr = "", exit = 0): unknown {
  return values(judge(how, exit, print(stdout), print(stderr)));
}

test("healthy is: exit 0, nothing printed, nothing said", () => {
  expect(judge(DISK, 0, NO_OUTPUT, NO_OUTPUT)).toEqual({ findings: [] });
});

test("a finding has its columns as their types, and a key of what does not move by itself", () => {
  expect(judge(DISK, 0, print("/var/log/a b\t1.5 GiB\t41\n"), NO_OUTPUT)).toEqual({
    findings: [{ values: { path: "/var/log/a b", bytes: 1_610_612_736, pid: 41 }, key: '["/var/log/a b",41]' }],
  });
});

test("a dash is an empty cell of any type", () => {
  expect(said(DISK, "-\t-\t-\n")).toEqual([{ path: null, bytes: null, pid: null }]);
});

test("findings with something on stderr are findings", () => {
  expect(said(MESSAGE, "a\n", "du: cannot read /proc/3\n")).toEqual([{ message: "a" }]);
});

test("without columns a whole line is one message, TABs and all", () => {
  expect(said(MESSAGE, "a\tb\nc")).toEqual([{ message: "a\tb" }, { message: "c" }]);
});

test("exact repeats count once", () => {
  expect(said(DISK, "/a\t1\t1\n/a\t1\t1\n")).toEqual([{ path: "/a", bytes: 1, pid: 1 }]);
});

describe("unknown, never healthy:", () => {
  const many = Array.from({ length: 1001 }, (_, at) => `finding ${at}`).join("\n");
  test.each<[string, Reading, string, string, number, string]>([
    ["a failed detect", DISK, "", "df: no such file\n", 2, "detect exited 2: df: no such file"],
    ["a failed detect that found something", DISK, "/a\t1\t1\n", "", 1, "detect exited 1"],
    [
      "nothing found, but a complaint",
      DISK,
      "",
      "awk: not found\n",
      0,
      "detect found nothing but said: awk: not found",
    ],
    ["white space on stderr", DISK, "", " \n", 0, "detect found nothing but said: (white space, on stderr)"],
    ["too few columns", DISK, "/a\t1\n", "", 0, 'line 1 has 2 columns, not 3: "/a\\t1"'],
    ["too many columns", DISK, "/a\t1\t1\n/b\t1\t1\tx\n", "", 0, 'line 2 has 4 columns, not 3: "/b\\t1\\t1\\tx"'],
    ["an empty line", DISK, "\n", "", 0, 'line 1 has 0 columns, not 3: ""'],
    ["an empty line after findings", MESSAGE, "a\n\n", "", 0, 'line 2 has 0 columns, not 1: ""'],
    ["a bad integer", DISK, "/a\t1\tx41\n", "", 0, 'finding 1: pid: "x41" is not an integer'],
    ["a bad size", DISK, "/a\tbig\t41\n", "", 0, 'finding 1: bytes: "big" is not a bytes'],
    [
      "one key, two findings",
      DISK,
      "/a\t1\t1\n/a\t2\t1\n",
      "",
      0,
      'two findings have the same key (path, pid): "[\\"/a\\",1]"',
    ],
    ["too many findings", MESSAGE, many, "", 0, "detect printed 1001 findings; at most 1000 count"],
  ])("%s", (_, how, stdout, stderr, exit, reason) => {
    expect(said(how, stdout, stderr, exit)).toBe(reason);
  });

  test("output of which the middle was dropped", () => {
    const cut = { head: plain("a\n"), tail: plain("b\n"), omitted: 5 };
    expect(judge(MESSAGE, 0, cut, NO_OUTPUT)).toEqual({ unknown: "detect printed more than can be kept" });
  });

  test("only the last line of a long complaint, and not more than a line's worth of it", () => {
    expect(said(DISK, "", `one\n${"x".repeat(1000)}\n\n`)).toBe(`detect found nothing but said: ${"x".repeat(300)}`);
  });

  test("a thousand findings still count", () => {
    expect(said(MESSAGE, many.split("\n").slice(1).join("\n"))).toHaveLength(1000);
  });
});

describe("JSON", () => {
  const json = { ...DISK, format: "json" } as const;
  const one = { path: "/a", bytes: "2K", pid: 1 };
  const row = { path: "/a", bytes: 2048, pid: 1 };

  test.each([
    ["one object", JSON.stringify(one), [row]],
    ["an array", JSON.stringify([one, { ...one, pid: 2 }]), [row, { ...row, pid: 2 }]],
    ["a printed array over many lines", JSON.stringify([one], null, 2), [row]],
    ["a line an object", `${JSON.stringify(one)}\n${JSON.stringify({ ...one, pid: 2 })}\n`, [row, { ...row, pid: 2 }]],
    ["an empty array", "[]\n", []],
    ["nothing", "\n", []],
    ["null for an empty cell", JSON.stringify({ ...one, path: null }), [{ ...row, path: null }]],
  ])("takes %s", (_, stdout, rows) => {
    expect(said(json, stdout)).toEqual(rows);
  });

  test.each([
    ["what is no JSON", "{path", 'detect printed no valid JSON: "{path"'],
    ["a missing column", '{"path": "/a", "bytes": 1}', "finding 1 lacks the column pid"],
    ["a column too many", JSON.stringify({ ...one, user: "x" }), 'finding 1 has a column "user" that is not declared'],
    ["a value that is none", JSON.stringify({ ...one, path: {} }), "finding 1: path is not a plain value"],
    ["a fraction for an integer", JSON.stringify({ ...one, pid: 1.5 }), 'finding 1: pid: "1.5" is not an integer'],
    ["what is no object", "[1]", "finding 1 is not a JSON object"],
    ["null", "null", "finding 1 is not a JSON object"],
    ["a NUL", JSON.stringify({ ...one, path: "a\0b" }), "finding 1: path holds a NUL byte, which no shell can take"],
  ])("does not take %s", (_, stdout, reason) => {
    expect(said(json, stdout)).toBe(reason);
  });

  test("names that every object has are no columns", () => {
    const how = reading(JSON.parse('{"constructor": "string"}'), { format: "json" });
    expect(said(how, "{}")).toBe("finding 1 lacks the column constructor");
  });
});

describe("NUL", () => {
  const nul = { ...DISK, format: "nul" } as const;

  test("a value may hold newlines", () => {
    expect(said(nul, "/a\nb\t1\t1\t\0/c\t2\t2\t\0")).toEqual([
      { path: "/a\nb", bytes: 1, pid: 1 },
      { path: "/c", bytes: 2, pid: 2 },
    ]);
  });

  test("a single column takes the whole record, TABs included", () => {
    expect(said({ format: "nul" }, "tab\there\t\0-\t\0")).toEqual([{ message: "tab\there" }, { message: null }]);
  });

  test.each([
    ["an empty record", "/a\t1\t1\t\0\0", 'line 2 has 0 columns, not 3: ""'],
    ["a record that is cut short", "/a\t1\t1\t\0/b\t", 'line 2 has 1 column, not 3: "/b\\t"'],
  ])("unknown: %s", (_, stdout, reason) => {
    expect(said(nul, stdout)).toBe(reason);
  });
});

test.each<[Record<string, ColumnType>, string[] | undefined, string[]]>([
  [{ pid: "integer", bytes: "bytes", path: "string" }, undefined, ["pid", "path"]],
  [{ used: "percent", bytes: "bytes" }, undefined, ["used", "bytes"]],
  [{ pid: "integer", path: "string" }, ["path"], ["path"]],
])("the key of %j declared as %j is %j", (columns, declared, key) => {
  expect(keyOf(reading(columns, declared === undefined ? {} : { key: declared }))).toEqual(key);
});

test("whatever a detect prints is judged without a fault, and findings have distinct keys", () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom("a", "1", "-", "\t", "\n", "\0", "{", "}", '"', ",", ":") }),
  );
  fc.assert(
    fc.property(fc.constantFrom("tab", "json", "nul"), text, text, fc.nat(2), (format, stdout, stderr, exit) => {
      const judgement = judge({ ...DISK, format }, exit, print(stdout), print(stderr));
      if ("unknown" in judgement) return;
      const keys = judgement.findings.map((finding) => finding.key);
      expect(new Set(keys).size).toBe(keys.length);
      expect(exit).toBe(0);
      expect(keys.length > 0 || stderr.trim() === "").toBe(true);
    }),
  );
});
