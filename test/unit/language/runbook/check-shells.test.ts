import { describe, expect, test } from "vitest";
import { mistakes, withStep, withTop } from "../../../kit/mistakes.ts";

const DETECT = "detect: { run: 'Get-Date' }";
const FIX = "fix: { risk: low, run: 'Get-Date' }";
const windows = (...lines: readonly string[]): string =>
  withTop("shell: powershell").replace("detect: { run: ':' }\n", "") +
  lines
    .map((line) => `    ${line}\n`)
    .join("")
    .trimStart();

describe("a runbook for PowerShell", () => {
  test("says so at its top, once for all steps", () => {
    expect(mistakes(windows(DETECT, FIX))).toEqual([]);
    expect(mistakes(windows(DETECT, "shell: powershell"))).toEqual([]);
  });

  test.each([
    [
      withStep(DETECT, "shell: powershell"),
      "6:12 a step for PowerShell in a runbook for POSIX shells: no host has both → write `shell: powershell` for the whole runbook, or make two of it",
    ],
    [
      windows(DETECT, "shell: bash"),
      "7:12 a step for a POSIX shell in a runbook for PowerShell: no host has both → leave `shell` out, or make two runbooks of it",
    ],
    [
      windows(DETECT, "on: controller"),
      "7:9 a step on the controller runs on this machine, in sh or bash → write `shell: sh`",
    ],
    [
      withStep(DETECT, "on: controller", "shell: powershell"),
      "7:12 a step on the controller runs on this machine, in sh or bash → write `shell: sh`",
    ],
    [
      windows(DETECT, "become: true"),
      "7:5 on Windows scripts run as the login user, and as nobody else → leave it out: over SSH an administrator has all rights at once",
    ],
    [
      withTop("shell: powershell", "become: ada"),
      "4:1 on Windows scripts run as the login user, and as nobody else → leave it out: over SSH an administrator has all rights at once",
    ],
    [
      windows("detect: { run: 'Get-Date', format: nul }"),
      "6:40 PowerShell ends what it prints with newlines, not with NUL → use `format: json`: ConvertTo-Json writes every character",
    ],
    [
      windows(DETECT, FIX, "rollback: { run: 'Get-Date', unless_reconnect: 1m }"),
      "8:34 nothing on a Windows host could undo a fix by itself: there are no jobs there → leave it out",
    ],
  ])("%#: is told what does not go", (text, message) => {
    expect(mistakes(text)).toEqual([message]);
  });

  test("may have steps on the controller that say their shell", () => {
    expect(mistakes(windows(DETECT, "on: controller", "shell: sh"))).toEqual([]);
  });
});
