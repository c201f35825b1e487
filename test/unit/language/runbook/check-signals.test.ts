import { describe, expect, test } from "vitest";
import { mistakes, warnings, withStep, withTop } from "../../../kit/mistakes.ts";

/** A runbook whose detect is this script, its first line on line 7. */
function detect(script: string): string {
  return withStep("detect:", "  run: |", ...script.split("\n").map((line) => `    ${line}`));
}

const EXIT = "say the reason on stderr and write `exit 2`, in a subshell too";
const LEAVE = "leave it out: what a look leaves running is ended after it";
const tells = (said: string, hint = EXIT): string =>
  `\`${said}\` sends this script a signal: it ends with a signal's exit status, or hangs → ${hint}`;

describe("a look that sends itself a signal is warned of", () => {
  test.each([
    ["kill $$\n:", "7:9", "kill $$"],
    ["df / || kill -9 $$\n:", "7:17", "kill -9 $$"],
    ['(df / || kill -s TERM "$$")\n:', "7:18", 'kill -s TERM "$$"'],
    ["kill -TERM -${$}\n:", "7:9", "kill -TERM -${$}"],
    ["kill -STOP $$\n:", "7:9", "kill -STOP $$"],
    ["kill 0\n:", "7:9", "kill 0"],
    ["/bin/kill -KILL -- 0\n:", "7:9", "/bin/kill -KILL -- 0"],
    ["command kill $$\n:", "7:9", "command kill $$"],
    ["kill -$run_id $$\n:", "7:9", "kill -$run_id $$"],
    ['die() {\n  echo "$1" >&2\n  kill $$\n}\n:', "9:11", "kill $$"],
    ['x=$(df / || kill $$)\necho "$x"', "7:21", "kill $$"],
    ["trap 'kill 0' EXIT\n:", "7:9", "trap 'kill 0' EXIT"],
    ['trap "rm -f /x; kill $$" INT\n:', "7:9", 'trap "rm -f /x; kill $$" INT'],
  ])("%j", (script, place, said) => {
    expect(mistakes(detect(script))).toEqual([]);
    expect(warnings(detect(script))).toEqual([`${place} ${tells(said, said.startsWith("trap") ? LEAVE : EXIT)}`]);
  });

  test.each([
    "kill -0 $$\n:",
    "kill -s 0 $$\n:",
    "kill -l 0\n:",
    'kill -0 "$(cat /run/x.pid)"\n:',
    "sleep 5 & kill $!",
    "echo kill $$",
    "ls /proc/$$",
    "kill '$$'\n:",
    "trap 'rm -f /x' EXIT\n:",
    "trap - EXIT\n:",
    "kill\n:",
  ])("not of %j", (script) => {
    expect(warnings(detect(script))).toEqual([]);
  });
});

describe("where it counts", () => {
  const DETECT = "detect: { run: ':' }";
  test.each([
    ["applies of the runbook", withTop("applies: kill $$")],
    ["a fact", withTop("facts: { a: 'kill $$' }")],
    ["a preview", withStep(DETECT, "fix: { risk: low, run: ':', preview: 'kill $$' }")],
    ["a guard", withStep(DETECT, "fix: { risk: low, run: ':', guard: 'kill $$' }")],
    ["a verification", withStep(DETECT, "fix: { risk: low, run: ':' }", "verify: { run: 'kill $$' }")],
  ])("%s", (_where, text) => {
    expect(warnings(text)).toEqual([expect.stringContaining(tells("kill $$"))]);
  });

  test("a fix and its rollback may", () => {
    const text = withStep(DETECT, "fix: { risk: low, run: 'kill $$' }", "rollback: { run: 'kill 0' }");
    expect([mistakes(text), warnings(text)]).toEqual([[], []]);
  });
});
