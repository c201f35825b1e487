import { spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crontabLine } from "../../../src/schedule/crontab.ts";
import type { ExportPlace } from "../../../src/schedule/export.ts";
import { EXPORTED, scheduleOf } from "../../kit/schedules.ts";

/** The program tells its arguments, each with a NUL after it. */
const PLACE: ExportPlace = { ...EXPORTED, program: ["printf", String.raw`%s\0`], directory: "/" };

function exported(lines: Readonly<Record<string, unknown>>, place: Partial<ExportPlace> = {}) {
  return crontabLine(scheduleOf(lines), { ...PLACE, ...place });
}

/** The command of the one line, as the file has it. */
function commandIn(lines: Readonly<Record<string, unknown>>, place: Partial<ExportPlace> = {}): string {
  const made = exported(lines, place);
  if ("refusals" in made) throw new Error(made.refusals.join("\n"));
  const line = (made.files.get("runbook.crontab") ?? "").split("\n").find((each) => !each.startsWith("#")) ?? "";
  return line.split(" ").slice(5).join(" ");
}

/** What Debian's cron has a shell do, as it was seen to: a \% is a %, two backslashes are one, and a bare % is the end. `kept`: others keep both. */
function asCron(command: string, kept: boolean): string {
  let told = "";
  for (let at = 0; at < command.length; at += 1) {
    const [char = "", next = ""] = [command[at], command[at + 1]];
    if (char === "%") return told;
    if (char !== "\\") told += char;
    else {
      told += next === "%" || (next === "\\" && !kept) ? next : char + next;
      at += 1;
    }
  }
  return told;
}

function toldBy(command: string): readonly string[] {
  const { stdout, stderr } = spawnSync("/bin/sh", ["-c", command], { encoding: "utf8" });
  if (stderr !== "") throw new Error(stderr);
  return stdout.split("\0").slice(0, -1);
}

describe("a line of a crontab", () => {
  test("gives the program every value as it is written, whatever cron and the shell make of signs", () => {
    const sign = fc.constantFrom("\\", "%", "'", '"', "$", "`", " ", "a", "ü", "#", "~", "*", "!", ";");
    const value = fc.array(sign, { minLength: 1, maxLength: 12 }).map((signs) => `x${signs.join("")}`);
    fc.assert(
      fc.property(value, fc.boolean(), (size, kept) => {
        const command = commandIn({ inputs: { size } });
        expect(toldBy(asCron(command, kept))).toContain(`size=${size}`);
      }),
      {
        numRuns: 60,
        examples: [
          [String.raw`\%`, true],
          [String.raw`\\%`, false],
          [String.raw`\\\\d`, false],
        ],
      },
    );
  });

  test("is refused where cron would ignore the whole crontab for its length", () => {
    const used = new TextEncoder().encode(commandIn({ inputs: { size: "" } })).length;
    const fits = "x".repeat(998 - used);
    expect(commandIn({ inputs: { size: fits } })).toHaveLength(998);
    expect(exported({ inputs: { size: `${fits}x` } })).toEqual({
      refusals: ["its command has 999 bytes, and for more than 998 cron ignores the whole crontab"],
    });
  });

  test("goes by this machine's clocks, whichever of its names a zone is given", () => {
    expect(exported({ timezone: "Asia/Kolkata" }, { zone: "Asia/Calcutta" })).toHaveProperty("files");
    expect(exported({ timezone: "Asia/Kolkata" }, { zone: "Etc/Unknown" })).toHaveProperty("refusals");
    expect(commandIn({ timezone: "utc", blackout: ["2036-01-01"] })).toContain("TZ=UTC date");
  });

  test("is refused where a path has a line break, which would begin a line of its own", () => {
    expect(exported({}, { source: "/etc/a\n* * * * * reboot" })).toHaveProperty("refusals");
  });
});
