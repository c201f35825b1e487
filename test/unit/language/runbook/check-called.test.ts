import { describe, expect, test } from "vitest";
import { inDetect, warnings } from "../../../kit/mistakes.ts";

/** What is said of a variable of a function of the file. */
function hint(name: string): string {
  return `→ give it to the function as a word of its own (\`$1\`), or write \${${name}:-} if it may be empty`;
}

describe("what a function of the file reads", () => {
  const FILE = "first() {\n  second\n}\nsecond() {\n  echo $pid $limit $ORACLE_HOME\n}\nother() {\n  echo $never\n}\n";
  test("is told where a script calls it without giving that, once", () => {
    const lines = ["fix: { risk: low, run: 'first; x=$(second)' }", "verify: { run: 'if first; then :; fi' }"];
    const text = [
      "name: x",
      "title: X",
      "functions: x.sh",
      "steps:",
      "  - id: a",
      "    detect: { run: ':', findings: { pid: integer } }",
      ...lines.map((line) => `    ${line}`),
    ].join("\n");
    expect(warnings(text, FILE)).toEqual([
      `5:8 nothing gives \`$pid\` to \`second\`, which \`verify\` of step \`a\` calls ${hint("pid")}`,
      `5:13 nothing gives \`$limit\` to \`second\`, which \`fix\` of step \`a\` calls ${hint("limit")}`,
      "5:20 nothing gives `$ORACLE_HOME` to `second`, which `fix` of step `a` calls → write ${ORACLE_HOME:?} if it is in the hosts' own environment",
    ]);
    expect(
      warnings(text.replace("first; x=", "limit=1; pid=2; first; x="), FILE).map((line) => line.split(" ", 4).at(-1)),
    ).toEqual(["`$pid`", "`$limit`", "`$ORACLE_HOME`"]);
  });

  test.each([
    ["one that the script has itself", "log() { echo $prefix; }", "log() { echo; }; log"],
    ["one of two of a name", "log() { echo $prefix; }\nlog() { echo; }", "log"],
    ["a program behind `command`", "df() { command df $fs; }", "command df /; /bin/df /"],
    ["one inside of another that is not called", "f() { g() { echo $q; }; echo; }", "f"],
    [
      "one that is called where somebody asked first",
      'need() { [ -n "${m:-}" ] || return 0; check; }\ncheck() { df $m; }',
      "need",
    ],
    ["one that the script asks for", "check() { df $m; }", 'if [ -n "${m:-}" ]; then check; fi'],
    ["one whose pipes may set", "shopt -s lastpipe\nf() { echo 1 | read x; echo $x; }", "f; echo 1 | read y; echo $y"],
  ])("is not told of %s", (_name, file, script) => {
    expect([...inDetect(script, file), ...inDetect(script, file, warnings)]).toEqual([]);
  });

  test("and what the file itself reads, where it is read before it is set", () => {
    expect(inDetect(":", "echo $mount; a=$b; b=1; echo $b\n: ${c:-$kernel}", warnings)).toEqual([
      "-8:8 nothing gives `$b` to what is put before the fact `kernel` → set it before, or write ${b:-} if it may be empty",
      "-7:0 nothing gives `$kernel` to what is put before the fact `kernel` → set it before, or write ${kernel:-} if it may be empty",
    ]);
    expect(inDetect(":", "echo $b; eval b=1")).toEqual([]);
  });
});
