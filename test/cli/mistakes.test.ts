import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { localJob } from "../kit/shelf.ts";
import { workshop } from "../kit/workshop.ts";

describe("a mistyped command line", () => {
  test.each([
    [["rn"], /unknown command 'rn'\n.*run/],
    [["run"], /missing required argument 'name-or-file'/],
    [["run", "job", "--aprove", "low"], /unknown option '--aprove'\n.*--approve/],
    [["run", "job", "-p", "0"], /--parallel.*expected a whole number/],
    [["run", "job", "-p", "x"], /--parallel.*expected a whole number/],
    [["history", "shw", "last"], /no such command: history shw\n\(Did you mean `show`\?\)/],
    [["history", "20261121"], /no such command: history 20261121\n\(Did you mean `history show 20261121`\?\)/],
    [["run", "job", "more"], /too many arguments/],
  ])("%j is told what is wrong, and where to read on", async (argv, words) => {
    await using shop = await workshop();
    const { exit, out, err } = await shop.run(...argv);
    expect({ exit, out }).toEqual({ exit: 64, out: "" });
    expect(err).toMatch(words);
    expect(err).toContain("--help");
  });

  test("help and version are no mistakes", async () => {
    await using shop = await workshop();
    expect(await shop.run("--version")).toEqual({ exit: 0, out: `${manifest.version}\n`, err: "" });
    const help = await shop.run("run", "--help");
    expect({ exit: help.exit, err: help.err }).toEqual({ exit: 0, err: "" });
    for (const word of ["--inventory", "--dry-run", "--approve", "--step", "--json"]) expect(help.out).toContain(word);
    expect(await shop.run()).toMatchObject({ exit: 64, out: "", err: expect.stringContaining("Usage: runbook") });
  });
});

test("a directory that is gone is told, and is no bug", async () => {
  await using shop = await workshop({ "gone/x": "" });
  const command = `rm -r "$PWD"; exec "$0" "$1" list`;
  const main = join(import.meta.dirname, "../../src/cli/main.ts");
  const list = spawnSync("sh", ["-c", command, process.execPath, main], {
    cwd: join(shop.directory, "gone"),
    encoding: "utf8",
  });
  expect({ exit: list.status, out: list.stdout, err: list.stderr }).toEqual({
    exit: 64,
    out: "",
    err: "the directory that you are in is gone\n  → go to another one (cd)\n",
  });
});

describe("what is printed where", () => {
  const STEP = "  - id: step\n    detect: { run: echo bad }\n";

  test("--json: only JSON lines on stdout, people on stderr", async () => {
    await using shop = await localJob(STEP);
    const { exit, out, err } = await shop.run("run", "job", "-i", "hosts.yml", "--json");
    expect(exit).toBe(2);
    const types = out
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toEqual(["run-started", "reached", "detected", "step-ended", "run-ended"]);
    expect(err).toMatch(/^a {2}step {2}found/m);
  });
});
