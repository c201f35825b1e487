import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { chmod, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import * as z from "zod";
import { describe, expect, test } from "vitest";
import { workshop } from "../kit/workshop.ts";

const MAIN = resolve(import.meta.dirname, "../../src/cli/main.ts");

const Told = z.object({
  runbooks: z.array(
    z.object({ cases: z.array(z.object({ passed: z.boolean(), results: z.array(z.object({ kind: z.string() })) })) }),
  ),
});

const RUNBOOK = `
name: swap-full
title: Swap is full
applies: |
  command -v tool >/dev/null || { echo "there is no tool"; exit 1; }
inputs:
  limit: { type: integer, default: 50 }
facts:
  kernel: uname -r
steps:
  - id: free-swap
    detect:
      run: |
        free=$(awk '/^SwapFree:/ { print $2 }' /proc/meminfo)
        case $free in '' | *[!0-9]*) echo "cannot read SwapFree" >&2; exit 2 ;; esac
        [ "$free" -lt "$limit" ] || exit 0
        for process in /proc/[0-9]*; do
          printf '%s\\t%s\\t%s\\n' "\${process#/proc/}" "$(tr '\\0' ' ' <"$process/cmdline")" "$((free * 1024))"
        done
      findings: { pid: integer, command: string, free: bytes }
    fix:
      risk: high
      preview: echo "would end $(printf '%s\\n' "$findings" | cut -f 1)"
      guard: '[ ! -e /etc/no ] || { echo "not today"; exit 1; }'
      run: tool free "$pid" "it's $kernel"
    verify: { within: 10s }
    rollback: { run: tool undo }
`;

const COMMON = `
files:
  /proc/meminfo: "SwapFree: 9 kB"
  /proc/101/cmdline: "leaky\\0-v\\0"
commands:
  uname: { "-r": "5.10" }
  tool:
    "free *": { out: done, files: { /proc/meminfo: "SwapFree: 900 kB" } }
    undo: { out: undone, files: { /etc/undone: "yes" } }
`;

const CASES = `${COMMON}
cases:
  - title: swap is there
    files: { /proc/meminfo: "SwapFree: 90 kB" }
    expect: { free-swap: clear }
  - title: swap is short
    expect:
      free-swap:
        outcome: found
        findings: [{ pid: 101, command: /leaky -v/, free: 9KiB }]
        exact: true
        preview: would end 101
  - { title: a command with several answers says nothing else, commands: { awk: { "*": ["90", "9"] } }, expect: { free-swap: clear } }
  - title: a limit that is an input
    inputs: { limit: 5 }
    expect: { "*": clear }
  - title: no tool here
    commands: { tool: null }
    expect: { free-swap: { outcome: skipped, reason: there is no tool } }
  - title: meminfo is torn
    odd: true
    files: { /proc/meminfo: { text: SwapFr } }
    expect: { free-swap: { outcome: unknown, reason: /^detect exited 2.*SwapFree/ } }
  - title: it is fixed
    fix: run
    expect:
      free-swap:
        outcome: fixed
        guard: go
        fix: done
        fixes: [{ pid: 101, kernel: "5.10", limit: 50 }]
        ran: ["tool free 101 it's 5.10"]
        left: { /proc/meminfo: "SwapFree: 900 kB", /etc/undone: null }
  - title: what the fix does is in vain
    commands: { tool: { "free *": { err: no, exit: 3 } } }
    fix: run
    expect:
      free-swap:
        outcome: rolled-back
        ran: ["tool free 101 it's 5.10", tool undo]
        rollback: undone
        left: { /etc/undone: "yes" }
  - title: the guard puts it off
    files: { /etc/no: "" }
    fix: run
    expect: { free-swap: { outcome: found, guard: not today, fixes: [] } }
  - title: what a host once said
    scripts:
      applies: ""
      facts: { kernel: "4.1" }
      steps: { free-swap: { detect: ["7\\tx\\t9k", ""], guard: "", fix: ok } }
    fix: run
    expect: { free-swap: { outcome: unknown, reason: is not a bytes } }
`;

const FILES = { "runbooks/swap-full.yml": RUNBOOK, "runbooks/swap-full.cases/all.yml": CASES };

describe("runbook test", () => {
  test("plays every kind of case under every shell, or under each in turn, and knows what the cases show", async () => {
    await using shop = await workshop(FILES);
    const { exit, out, err } = await shop.run("test", "swap-full", "--min-coverage", "100");
    expect(err).toBe("");
    expect(out).toContain("    ✓ it is fixed  dash, bash, busybox\n");
    expect(out).toContain(
      "swap-full free-swap        3     4    1           2        1      1         1            1\n",
    );
    expect(out).toContain("✓ 10 cases as expected, coverage 100 % (8 of 8)\n");
    expect(exit).toBe(0);
    const quick = await shop.run("test", "swap-full", "--quick");
    for (const shell of ["dash", "bash", "busybox"]) expect(quick.out).toMatch(new RegExp(`✓ .*  ${shell}\\n`));
  });

  test("shows what was expected beside what came, and which step has no case", async () => {
    const wrong = `${COMMON}
cases:
  - title: all wrong
    expect:
      free-swap: { outcome: found, findings: [{ pid: 101, free: 8k }, { pid: 7 }], preview: /^nothing/ }
  - title: not answered for
    commands: { uname: { "-r": { exit: 1, err: broken } } }
    expect: { free-swap: clear }
`;
    await using shop = await workshop({
      "swap-full.yml": RUNBOOK,
      "swap-full.cases/wrong.yml": wrong,
    });
    const { exit, out } = await shop.run("test", "swap-full.yml", "--shell", "dash", "--coverage");
    expect(out).toContain(
      [
        "    ✗ all wrong  dash  swap-full.cases/wrong.yml:12",
        "      free-swap: findings (- expected, + got)",
        '        - { pid: 101, free: "8k" }',
        "        - { pid: 7 }",
        "        + { pid: 101, free: 9216 }",
        "      free-swap: preview",
        "        expected  /^nothing/",
        "        got       would end 101",
        "",
      ].join("\n"),
    );
    expect(out).toContain("        expected  clear\n        got       unknown: fact kernel exited 1: broken\n");
    expect(out).toContain(
      "→ swap-full free-swap: no case is healthy, sick, odd, unreadable, skipped, fixed, deferred, rolled back\n",
    );
    expect(out).toContain("✗ 0 cases as expected, 2 not, coverage 0 % (0 of 8)\n");
    expect(exit).toBe(2);
  });

  test("tells every mistake in a file of cases with its line and column, and what was meant", async () => {
    const mistakes = `
inputs: { limt: 3 }
commands: { df: { exit: 1 } }
cases:
  - title: wrong
    shels: [dash]
    expect: { free-swap: claer }
`;
    const deeper = `
inputs: { limit: many }
commands: { df: { out: x } }
processes: { 7: { name: x } }
cases:
  - title: wrong
    scripts: { facts: { kernl: x }, steps: { free-swap: { verify: "" } } }
    expect: { free-swop: clear, free-swap: { outcome: fixed, findings: [{ pdi: 1 }], reason: /(/ } }
  - title: wrong
    expect: { "*": clear }
`;
    await using shop = await workshop({
      "swap-full.yml": RUNBOOK,
      "swap-full.cases/a.yml": mistakes,
      "swap-full.cases/b.yml": deeper,
    });
    const { exit, out, err } = await shop.run("test", "swap-full.yml");
    const told = err.split("\n").filter((line) => /^swap-full|→/.test(line));
    expect(told).toEqual([
      "swap-full.cases/a.yml:3:25: `exit`: expected a text or a mapping or a list, found the number 1",
      '  → write `df: { "*": { exit: … } }` for whatever it is called with',
      "swap-full.cases/a.yml:6:5: unknown key `shels` in case 1",
      "  → did you mean `shells`?",
      'swap-full.cases/a.yml:7:26: `free-swap`: expected one of clear, found, unknown, skipped, fixed, failed, rolled-back, in-doubt, waiting, found "claer"',
      "  → did you mean `clear`?",
      "swap-full.cases/b.yml:2:18: `limit`: expected a whole number",
      "swap-full.cases/b.yml:3:19: `out` stands where arguments are expected",
      '  → write `df: { "*": { out: … } }` for whatever it is called with',
      "swap-full.cases/b.yml:7:25: the runbook has no fact `kernl`",
      "  → did you mean `kernel`?",
      "swap-full.cases/b.yml:7:59: the step `free-swap` has no `verify`",
      "swap-full.cases/b.yml:8:15: the runbook has no step `free-swop`",
      "  → did you mean `free-swap`?",
      "swap-full.cases/b.yml:8:55: `fixed` is what a fix comes to, and this case runs none",
      "  → write `fix: run` beside `expect`",
      "swap-full.cases/b.yml:8:75: the runbook has no column `pdi`",
      "  → did you mean `pid`?",
      "swap-full.cases/b.yml:8:94: `reason`: Invalid regular expression: /(/mu: Unterminated group",
      "swap-full.cases/b.yml:9:12: another case has the title `wrong`, on line 6",
      "  → say what tells them apart",
    ]);
    expect({ exit, out }).toEqual({ exit: 65, out: "" });
  });

  test("what cannot run here is told, and is not taken for well: as JSON, as JUnit, and by its exit code", async () => {
    await using shop = await workshop(FILES);
    const none = "echo 0 >/proc/sys/user/max_mnt_namespaces; exec node";
    const { stdout, status } = spawnSync(
      "unshare",
      [
        "--user",
        "--map-root-user",
        "sh",
        "-c",
        `${none} "$@"`,
        "sh",
        MAIN,
        "test",
        "swap-full",
        "--json",
        "--report",
        "x.xml",
      ],
      { cwd: shop.directory, encoding: "utf8" },
    );
    expect(status).toBe(4);
    const { runbooks } = Told.parse(JSON.parse(stdout));
    const kinds = runbooks.flatMap(({ cases }) =>
      cases.map(({ results, passed }) => [passed, results.map(({ kind }) => kind)]),
    );
    expect(kinds.slice(0, 2)).toEqual([
      [false, ["not-run", "not-run", "not-run"]],
      [false, ["not-run", "not-run", "not-run"]],
    ]);
    const report = await readFile(join(shop.directory, "x.xml"), "utf8");
    expect(report).toContain('<testsuite name="swap-full" tests="30" failures="0" errors="30"');
    expect(report).toContain(
      '<testcase name="swap is there (dash)" classname="swap-full" file="runbooks/swap-full.cases/all.yml" line="12"',
    );
  });

  test("needs no privileges, touches nothing of this machine, and leaves nothing behind", async () => {
    const nosy = `
name: nosy
title: It looks around
steps:
  - id: look
    detect:
      run: |
        id -u
        ls / | grep -v lib | tr '\\n' ' '; echo
        cat /etc/passwd /proc/[0-9]*/comm 2>/dev/null || :
        { echo mine >/usr/bin/awk; echo theirs >/usr/bin/stolen; rm -rf /var/*; } 2>/dev/null || :
        command -v df mount systemctl || echo bare
`;
    const cases = `
shells: [dash]
processes: { 101: { name: only } }
commands: { id: { "*": { real: true } } }
cases:
  - title: what there is
    expect:
      look:
        outcome: found
        findings: ["0", "bin dev etc proc root run sbin sys tmp usr var ", only, bare]
`;
    await using shop = await workshop({ "nosy.yml": nosy, "nosy.cases/a.yml": cases });
    await chmod(shop.directory, 0o755);
    const scratch = join(shop.directory, "scratch");
    mkdirSync(scratch);
    chmodSync(scratch, 0o1777);
    const { stdout, status } = spawnSync(
      "setpriv",
      ["--reuid", "65534", "--regid", "65534", "--clear-groups", "node", MAIN, "test", "nosy.yml"],
      {
        cwd: shop.directory,
        encoding: "utf8",
        env: { PATH: process.env["PATH"], HOME: "/nonexistent", TMPDIR: scratch },
      },
    );
    expect(stdout).toContain("✓ 1 case as expected");
    expect(status).toBe(0);
    expect(existsSync("/usr/bin/stolen")).toBe(false);
    expect(readdirSync(scratch)).toEqual([]);
  });
});
