import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { workshop } from "../kit/workshop.ts";

const RUNBOOK = `name: x
title: Something
functions: x.sh
applies: |
  # shellcheck disable=SC2046 # words are wanted here
  echo $(cat /etc/hostname) >/dev/null
steps:
  - id: first
    detect:
      run: |
        all=$(helper)
        set -- $(helper) $all
        for each in $(ls /etc); do
          echo "$each"
        done
        echo "$*" $(helper)
`;

const FUNCTIONS = `helper() {
  case $host_name in
    many*) rm $(date) ;;
  esac
}
`;

test("what shellcheck says is told at its place in the file, and is no mistake", async () => {
  await using shop = await workshop({ "x.yml": RUNBOOK, "x.sh": FUNCTIONS });
  const { exit, out, err } = await shop.run("lint", "x.yml");
  expect(err).toBe("");
  expect(exit).toBe(0);
  const told = out.split("\n").filter((line) => /^x\.|^✓/.test(line));
  expect(told).toEqual([
    "x.sh:3:15: warning: shellcheck: Quote this to prevent word splitting. (SC2046)",
    "x.yml:13:21: warning: shellcheck: Iterating over ls output is fragile. Use globs. (SC2045)",
    "x.yml:16:19: warning: shellcheck: Quote this to prevent word splitting. (SC2046)",
    "✓ x.yml: no mistakes, 3 warnings",
  ]);
  expect(out).toContain("  13 |         for each in $(ls /etc); do\n     |                     ^^^^^^^^^^\n");
});

test("what shells read and it calls an error is a warning, at its place behind wide characters, in the order of the file", async () => {
  const script = ["printf '😀😀%s' $(date)", 'grep -q "^$host_name[[:space:]]" /etc/hosts || :', "set +e"];
  const lines = script.map((line) => `        ${line}`).join("\n");
  const text = `name: y\ntitle: Y\nsteps:\n  - id: a\n    detect:\n      run: |\n${lines}\n        :\n`;
  await using shop = await workshop({ "y.yml": text });
  const { exit, out } = await shop.run("lint", "y.yml");
  expect(exit).toBe(0);
  const told = out.split("\n").filter((line) => /^y\.|^✓/.test(line));
  expect(told.map((line) => line.replace(/(warning: \S+).*?( \(SC\d+\))?$/, "$1$2"))).toEqual([
    "y.yml:7:25: warning: shellcheck: (SC2046)",
    "y.yml:8:19: warning: shellcheck: (SC1087)",
    "y.yml:9:9: warning: `set",
    "✓ y.yml: no mistakes, 3 warnings",
  ]);
});

test("it is asked beside mistakes, but not of a script that no shell can read", async () => {
  const odd = RUNBOOK.replace("all=$(helper)", "all=$(helper").replace("title:", "titel:");
  const step = "  - id: second\n    detect: { run: 'printf %s $(date)' }\n";
  await using shop = await workshop({ "x.yml": odd + step, "x.sh": FUNCTIONS });
  const { exit, out } = await shop.run("lint", "x.yml");
  expect(exit).toBe(65);
  const told = out.split("\n").filter((line) => /^x\.|^✗/.test(line));
  expect(told).toEqual([
    "x.yml:2:1: unknown key `titel` in the runbook",
    'x.yml:16:9: a syntax error, says sh: end of file unexpected (expecting ")")',
    "x.sh:3:15: warning: shellcheck: Quote this to prevent word splitting. (SC2046)",
    "x.yml:18:31: warning: shellcheck: Quote this to prevent word splitting. (SC2046)",
    "✗ x.yml: 2 mistakes, 2 warnings",
  ]);
});

test("it is not asked where nobody wants it, and nobody misses it where it is not installed", async () => {
  await using shop = await workshop({ "x.yml": RUNBOOK, "x.sh": FUNCTIONS });
  const sound = { exit: 0, out: "✓ x.yml: no mistakes\n", err: "" };
  expect(await shop.run("lint", "x.yml", "--no-shellcheck")).toEqual(sound);
  const tools = join(shop.directory, "bin");
  mkdirSync(tools);
  for (const name of ["sh", "bash", "cat", "unshare", "mount"]) symlinkSync(`/usr/bin/${name}`, join(tools, name));
  expect(await shop.runWith({ PATH: tools }, "lint", "x.yml")).toEqual(sound);
});

test("where it cannot be asked, that is told, and the file is no worse for it", async () => {
  await using shop = await workshop({ "x.yml": RUNBOOK, "x.sh": FUNCTIONS });
  const { exit, out } = await shop.runWith({ TMPDIR: "/nonexistent" }, "lint", "x.yml");
  expect(exit).toBe(0);
  expect(out).toMatch(/x\.sh:1:1: warning: shellcheck: it cannot be asked: .*ENOENT/);
});
