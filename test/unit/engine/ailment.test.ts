import { describe, expect, it } from "vitest";
import { ailmentHint, ailmentIn, faultReason, withAilment } from "../../../src/engine/ailment.ts";
import { judge } from "../../../src/engine/judge.ts";
import { Ailment } from "../../../src/model/ailment.ts";
import type { Output } from "../../../src/model/output.ts";
import { plain } from "../../../src/model/secret.ts";

function printed(text: string): Output {
  return { head: plain(text), tail: plain(""), omitted: 0 };
}

describe("what ails a host", () => {
  it.each([
    ["disk-full", "cp: error copying '/etc/passwd' to '/var/y': No space left on device\n"],
    ["disk-full", "touch: cannot touch 'x': Disk quota exceeded"],
    ["read-only", "sh: 1: eval: cannot create /var/x: Read-only file system\n"],
    ["no-processes", "sh: 12: eval: Cannot fork\n"],
    [
      "no-processes",
      "bash: fork: retry: Resource temporarily unavailable\nbash: fork: retry: Resource temporarily unavailable",
    ],
    ["no-processes", "sh: can't fork: Resource temporarily unavailable\n"],
    ["no-memory", "bash: fork: Cannot allocate memory\n"],
    ["no-memory", "sh: can't fork: Cannot allocate memory\n"],
    ["no-memory", "bash: xmalloc: cannot allocate 18446744071562067968 bytes\n"],
    ["no-files", "bash: /etc/passwd: Too many open files in system\n"],
    ["disk-error", "ls: reading directory '/var/log': Input/output error\nls: closing it\n"],
    ["stale-mount", "df: /mnt: Stale file handle\r\n"],
    ["stale-mount", "ls: cannot access '/mnt': Transport endpoint is not connected\n"],
  ])("is %s where a script says %j", (ailment, said) => {
    expect(ailmentIn(said)).toBe(ailment);
  });

  it.each([
    "",
    "no problem at all",
    "the log told: No space left on device, but that was yesterday",
    "sh: 1: echo: echo: I/O error",
  ])("is not told by %j", (said) => {
    expect(ailmentIn(said)).toBe(null);
  });

  it("is what the last line says that tells one", () => {
    expect(ailmentIn("a: Read-only file system\nb: No space left on device\ngiving up\n")).toBe("disk-full");
  });

  it("is never guessed from what a script printed that succeeded", () => {
    const reading = { format: "tab" } as const;
    const said = printed("x: No space left on device\n");
    expect(judge(reading, 1, printed(""), said)).toEqual({
      unknown: "disk full: detect exited 1: x: No space left on device",
    });
    expect(judge(reading, 0, printed(""), said)).toEqual({
      unknown: "detect found nothing but said: x: No space left on device",
    });
    expect(judge(reading, 1, said, printed(""))).toEqual({ unknown: "detect exited 1" });
  });

  it("has words and a hint of its own, whichever it is", () => {
    const told = Ailment.options.map((kind) => faultReason({ kind, message: "why" }));
    expect(new Set(told).size).toBe(Ailment.options.length);
    expect(told).toEqual(Ailment.options.map((ailment) => withAilment(ailment, "why")));
    expect(new Set(Ailment.options.map(ailmentHint)).size).toBe(Ailment.options.length);
  });
});
