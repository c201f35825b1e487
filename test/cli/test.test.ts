import { describe, expect, test } from "vitest";
import { workshop } from "../kit/workshop.ts";

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
  test("plays every kind of case under every shell, and knows what the cases show", async () => {
    await using shop = await workshop(FILES);
    const { exit, out, err } = await shop.run("test", "swap-full", "--min-coverage", "100");
    expect(err).toBe("");
    expect(out).toContain("    ✓ it is fixed  dash, bash, busybox\n");
    expect(out).toContain(
      "swap-full free-swap        2     4    1           2        1      1         1            1\n",
    );
    expect(out).toContain("✓ 9 cases as expected, coverage 100 % (8 of 8)\n");
    expect(exit).toBe(0);
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
});
