import { describe, expect, test } from "vitest";
import { mistakes, warnings } from "../../../kit/mistakes.ts";

function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => `        ${line}\n`)
    .join("");
}

/** A runbook whose detect and fix are these; the detect's first line is line 9. */
function runbook(detect: string, fix = "'x'", more: readonly string[] = []): string {
  const inputs = "inputs: { mount: { type: string, default: C }, full_percent: { type: integer, default: 90 } }";
  return `name: x\ntitle: X\nshell: powershell\n${inputs}\nsteps:\n  - id: a\n    detect:\n      run: |\n${indented(detect)}      findings: { pid: integer, path: string }\n    fix:\n      risk: low\n      run: |\n${indented(fix)}${more.join("\n")}`;
}

describe("a PowerShell script of a runbook", () => {
  test("takes its values from $rb, and nothing else is given to it", () => {
    expect(
      mistakes(runbook('"$($rb.mount)`t$($rb.full_percent)"; $rb.host_name', "Stop-Process -Id $rb.pid; $rb.keep")),
    ).toEqual([]);
    expect(mistakes(runbook("$rb.mont"))).toEqual([
      "9:9 nothing gives `$rb.mont` to this script → did you mean `mount`?",
    ]);
    expect(mistakes(runbook("'x'", "$rb.findings"))).toEqual([
      "14:9 nothing gives `$rb.findings` to this script → this script has $rb.mount, $rb.full_percent, $rb.host_name, $rb.run_id, $rb.since, $rb.pid, $rb.path, $rb.keep",
    ]);
  });

  test("is told where a variable is not the value that it looks like", () => {
    expect(mistakes(runbook("$mount"))).toEqual([
      "9:9 `$mount` is not set: values are members of `$rb` → write `$rb.mount`",
    ]);
    expect(mistakes(runbook("$mount = 1; $mount"))).toEqual([]);
    expect(mistakes(runbook("'x'", "Stop-Process -Id $pid"))).toEqual([
      "14:26 `$pid` is PowerShell's own: values are members of `$rb` → write `$rb.pid`",
    ]);
    expect(mistakes(runbook('"at $rb.mount"'))).toEqual([
      "9:13 in a string `$rb.mount` is all of `$rb` and then text → write `$($rb.mount)`",
    ]);
  });

  test("that has no end is refused", () => {
    expect(mistakes(runbook("Write-Output it's"))).toEqual([
      "9:24 this quote is never closed, and PowerShell would not begin it",
    ]);
  });

  test("is warned of what lets a failed look pass for a healthy host, in a look", () => {
    const text =
      "Get-Item x -ErrorAction SilentlyContinue\ntry { 1 } catch { }\n$ErrorActionPreference = 'Continue'\nWrite-Host x";
    expect(warnings(runbook(text)).map((line) => line.split(" ").slice(0, 6).join(" "))).toEqual([
      "9:20 this may make a failure",
      "10:19 a `catch` without anything in",
      "11:9 another `$ErrorActionPreference` may make a",
      "12:9 `write-host` does not print what",
    ]);
    expect(warnings(runbook("'x'", text))).toEqual([]);
  });
});
