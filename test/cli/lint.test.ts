import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { withTop } from "../kit/mistakes.ts";
import { workshop } from "../kit/workshop.ts";

const SOUND = withTop();

describe("runbook lint", () => {
  test("tells every mistake with its line, and ends with 65", async () => {
    await using shop = await workshop({ "x.yml": withTop("hots: web", "shell: zsh") });
    expect(await shop.run("lint", "x.yml")).toEqual({
      exit: 65,
      err: "",
      out: [
        "x.yml:3:1: unknown key `hots` in the runbook",
        "  3 | hots: web",
        "    | ^^^^",
        "  → did you mean `hosts`?",
        "",
        'x.yml:4:8: `shell`: expected one of sh, bash, powershell, found "zsh"',
        "  4 | shell: zsh",
        "    |        ^^^",
        "  → did you mean `sh`?",
        "",
        "✗ x.yml: 2 mistakes",
        "",
      ].join("\n"),
    });
  });

  test("warnings do not fail", async () => {
    await using shop = await workshop({ "x.yml": withTop("applies: test -d /x") });
    expect(await shop.run("lint", "x.yml")).toEqual({
      exit: 0,
      err: "",
      out: [
        "x.yml:3:10: warning: `test` says no without a reason: the host would be unknown, not skipped",
        "  3 | applies: test -d /x",
        "    |          ^^^^^^^^^^",
        '  → say why: `… || { echo "no such thing here"; exit 1; }`',
        "",
        "✓ x.yml: no mistakes, 1 warning",
        "",
      ].join("\n"),
    });
  });

  test("checks several, and tells what a directory or a missing file is", async () => {
    await using shop = await workshop({ "x.yml": SOUND });
    expect(await shop.run("lint", "x.yml", "./", "gone.yml")).toEqual({
      exit: 65,
      err: "",
      out: `${shop.directory}: this is a directory, and a file is expected\n\ngone.yml: there is no such file\n\n✗ 3 runbooks: 2 mistakes\n`,
    });
  });

  test("an unknown name is a mistake in the command", async () => {
    await using shop = await workshop({ "runbooks/disk-full.yml": SOUND });
    const { exit, err, out } = await shop.run("lint", "disk-ful");
    expect({ exit, out }).toEqual({ exit: 64, out: "" });
    expect(err).toMatch(/^there is no runbook `disk-ful` in runbooks, .*\n {2}→ did you mean `disk-full`\?\n$/);
  });

  test("escape sequences in a file cannot reach the terminal", async () => {
    await using shop = await workshop({ "x.yml": withTop('tags: "\\e[31mred\\a"') });
    const { out } = await shop.run("lint", "x.yml");
    expect(out).toContain("expected a list");
    expect(out).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/);
  });

  test("as JSON for programs, with line and column as numbers", async () => {
    await using shop = await workshop({ "x.yml": withTop("hots: web") });
    const { exit, out, err } = await shop.run("lint", "--json", "x.yml");
    expect({ exit, err }).toEqual({ exit: 65, err: "" });
    expect(JSON.parse(out)).toEqual([
      {
        path: "x.yml",
        faults: [{ message: "unknown key `hots` in the runbook", line: 3, column: 1, hint: "did you mean `hosts`?" }],
        warnings: [],
      },
    ]);
  });
});

describe("runbook new", () => {
  test("begins a runbook that lints clean and points editors to the schema beside it", async () => {
    await using shop = await workshop();
    expect(await shop.run("new", "disk-full")).toEqual({
      exit: 0,
      err: "",
      out: "schema/runbook.schema.json tells editors what a runbook may hold.\nrunbooks/disk-full.yml is begun. `runbook lint disk-full` checks it, `runbook run disk-full -i HOSTS -n` tries it without a change.\n",
    });
    const text = await readFile(join(shop.directory, "runbooks/disk-full.yml"), "utf8");
    expect(text.split("\n").slice(0, 2)).toEqual([
      "# yaml-language-server: $schema=../schema/runbook.schema.json",
      "name: disk-full",
    ]);
    const schema = await readFile(join(shop.directory, "schema/runbook.schema.json"), "utf8");
    expect((await shop.run("schema")).out).toBe(schema);
    expect(await shop.run("lint", "disk-full")).toEqual({
      exit: 0,
      err: "",
      out: "✓ runbooks/disk-full.yml: no mistakes\n",
    });
  });

  test("overwrites nothing, and takes no name that is none", async () => {
    await using shop = await workshop({ "runbooks/x.yml": "mine" });
    expect(await shop.run("new", "x")).toEqual({
      exit: 64,
      out: "",
      err: "runbooks/x.yml is already there\n  → choose another name, or edit it\n",
    });
    expect(await readFile(join(shop.directory, "runbooks/x.yml"), "utf8")).toBe("mine");
    expect(await shop.run("new", "Disk Full")).toMatchObject({
      exit: 64,
      err: "`Disk Full` cannot be a runbook's name: expected lower-case words joined by -\n  → write it `disk-full`\n",
    });
  });
});

describe("runbook list and show", () => {
  const BOOK = [
    "name: x",
    "title: A fan stands still",
    "about: |",
    "  It is",
    "  hot.",
    "tags: [fan]",
    "inputs: { speed: { type: integer, default: 5, min: 1, about: Turns a second } }",
    "steps:",
    "  - id: fan",
    "    detect: { run: 'echo $speed', timeout: 5s }",
    "    fix: { risk: high, manual: Take a new one }",
    "",
  ].join("\n");

  test("a broken runbook is listed as such", async () => {
    await using shop = await workshop({ "runbooks/x.yml": BOOK, "runbooks/y.yml": "name: y\n" });
    const { exit, out } = await shop.run("list");
    expect(exit).toBe(0);
    expect(out.split("\n").filter((line) => /^(name|x|y) /.test(line))).toEqual([
      expect.stringMatching(/^name +title +tags +steps +risk +path$/),
      expect.stringMatching(/^x +A fan stands still +fan +1 +high +runbooks\/x\.yml$/),
      expect.stringMatching(/^y +invalid: 2 mistakes \(runbook lint\) +runbooks\/y\.yml$/),
    ]);
    const entries: unknown = JSON.parse((await shop.run("list", "--json")).out);
    expect(entries).toContainEqual({
      name: "x",
      path: "runbooks/x.yml",
      title: "A fan stands still",
      tags: ["fan"],
      steps: 1,
      risk: "high",
      mistakes: 0,
    });
  });

  test("a page says what it does, with every script", async () => {
    await using shop = await workshop({ "runbooks/x.yml": BOOK });
    const { exit, out } = await shop.run("show", "x");
    expect(exit).toBe(0);
    expect(out.replace(/digest {4}[0-9a-f]{16}/, "digest    …")).toBe(
      [
        "A fan stands still",
        "",
        "name      x",
        "file      runbooks/x.yml",
        "tags      fan",
        "hosts     all",
        "runs in   sh",
        "rollout   batches of 1, 10%, 100% of the hosts that need a fix; no new fix after 1 failed host, nor",
        "          while more than 10% are unknown",
        "digest    …",
        "",
        "It is hot.",
        "",
        "$speed    integer, default 5, at least 1",
        "          Turns a second",
        "",
        "1. fan: fan",
        "severity  warning",
        "finds     one message a line",
        "detect    read-only, at most 5 s",
        "  │ echo $speed",
        "risk      HIGH",
        "to do     by a person",
        "  │ Take a new one",
        "verify    what was fixed must be gone within 1 min",
        "",
      ].join("\n"),
    );
  });

  test("one that is invalid is not shown but told about", async () => {
    await using shop = await workshop({ "runbooks/y.yml": "name: y\ntitle: Y\nsteps: 5\n" });
    const { exit, out, err } = await shop.run("show", "y");
    expect({ exit, out }).toEqual({ exit: 65, out: "" });
    expect(err).toContain("runbooks/y.yml:3:8: `steps`: expected a list, found the number 5");
  });
});
