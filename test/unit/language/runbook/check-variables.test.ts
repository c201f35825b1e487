import { describe, expect, test } from "vitest";
import { mistakes } from "../../../kit/mistakes.ts";

/** The mistakes of one detect script whose runbook has an input `mount` and a fact `kernel`; places are those of the script. */
function inDetect(script: string, functions?: string): string[] {
  const text = [
    "name: x",
    "title: X",
    ...(functions === undefined ? [] : ["functions: x.sh"]),
    "inputs: { mount: { type: string } }",
    "facts: { kernel: uname -r }",
    "steps:",
    "  - id: a",
    "    detect:",
    "      run: |",
    ...script.split("\n").map((line) => `        ${line}`),
    "        :",
  ];
  const first = text.indexOf("      run: |") + 2;
  return mistakes(text.join("\n"), functions).map((line) =>
    line.replace(
      /^(\d+):(\d+)/,
      (_, row: string, column: string) => `${Number(row) - first + 1}:${Number(column) - 8}`,
    ),
  );
}

const NOTHING = "nothing gives";
const DECLARE = (name: string): string =>
  `→ declare it as an input or a fact, set it in the script, or write \${${name}:-} if it may be empty`;

describe("a variable that nothing gives", () => {
  test.each([
    ["plain", "echo $gone", "1:6 nothing gives `$gone` to this script"],
    ["in braces", "echo ${gone}", "1:6 nothing gives `$gone` to this script"],
    ["in double quotes", 'echo "x $gone"', "1:9 nothing gives `$gone` to this script"],
    ["with a part cut off", 'echo "${gone%/*}"', "1:7 nothing gives `$gone` to this script"],
    ["measured", "echo ${#gone}", "1:6 nothing gives `$gone` to this script"],
    ["that must be there", "echo ${gone?}", undefined],
    ["in a substitution", "echo $(ls $gone)", "1:11 nothing gives `$gone` to this script"],
    ["in backquotes", "echo `ls $gone`", "1:10 nothing gives `$gone` to this script"],
    ["in arithmetic", "echo $((gone + 1))", "1:9 nothing gives `$gone` to this script"],
    ["in a default", "echo ${mount:-$gone}", "1:15 nothing gives `$gone` to this script"],
    ["in a here-document", "cat <<X\n$gone\nX", "2:1 nothing gives `$gone` to this script"],
    ["in a redirection", "echo >$gone", "1:7 nothing gives `$gone` to this script"],
    ["in a case", "case $gone in x) ;; esac", "1:6 nothing gives `$gone` to this script"],
    ["in a pattern", "case $mount in $gone) ;; esac", "1:16 nothing gives `$gone` to this script"],
    ["in a list", "for x in $gone; do :; done", "1:10 nothing gives `$gone` to this script"],
    ["on a later line", "echo a\n  echo $gone", "2:8 nothing gives `$gone` to this script"],
  ])("%s", (_name, script, message) => {
    expect(inDetect(script)).toEqual(message === undefined ? [] : [`${message} ${DECLARE("gone")}`]);
  });

  test.each([
    ["before it", "echo $gone\nif true; then", ["1:6"]],
    ["with a substitution left open", 'x=$(ls "$gone"', ["1:9"]],
    ["in the part that was not read", "if true; then )\necho $gone", []],
    ["that some word of it may set", "echo $gone\nif true; then )\nread gone", []],
    ["that what it reads in may set", "echo $gone\n. /etc/os-release\nif true; then", []],
  ])("in a script with a syntax error: %s", (_name, script, places) => {
    expect(inDetect(script)).toEqual(
      places.map((place) => `${place} nothing gives \`$gone\` to this script ${DECLARE("gone")}`),
    );
  });

  test("is told once a script, with what was probably meant", () => {
    expect(inDetect("df $mout; du $mout")).toEqual([
      `1:4 ${NOTHING} \`$mout\` to this script → did you mean \`mount\`?`,
    ]);
    expect(inDetect("total=1; echo $totl")).toEqual([
      `1:15 ${NOTHING} \`$totl\` to this script → did you mean \`total\`?`,
    ]);
  });
});

describe("a variable is given", () => {
  test.each([
    ["by the runbook and the engine", "echo $mount $kernel $host_name $run_id $since"],
    ["by an assignment", "x=1; echo $x"],
    ["by an assignment anywhere", "f() { echo $x; }; x=1; f"],
    ["by a loop", "for x in a b; do echo $x; done"],
    ["by read", "echo a b | while read -r x y; do echo $x $y; done"],
    ["by local and its kin", "f() { local x; local y=1; echo $x $y; }; export z=2; readonly w=3; echo $z $w"],
    ["by getopts", "while getopts ab x; do echo $x; done"],
    ["by printf -v", "printf -v x %s 1; echo $x"],
    ["by a default that is kept", "echo ${x:=1} $x"],
    ["by arithmetic", ": $((x = 1)); echo $x"],
    ["by an array", "x=(a b); echo ${x[1]}"],
    ["by itself, if it may be missing", "echo ${x:-} ${y-1} ${z+x}"],
    [
      "by the environment, where that is asked first",
      'echo ${x+"$x"} ${y:+$y}; if [ -n "${z:-}" ]; then echo "$z"; fi',
    ],
    ["by opening a file for it", "exec {fd}</etc/hostname; read -r -u $fd line; echo $line"],
  ])("%s", (_name, script) => {
    expect(inDetect(script)).toEqual([]);
  });

  test.each([
    ["in single quotes", "awk '{ print $gone }' /dev/null"],
    ["in a comment", "echo a # $gone"],
    ["after a backslash", "echo \\$gone"],
    ["in a here-document whose word is quoted", "cat <<'X'\n$gone\nX"],
    ["in upper or mixed case, which is the environment's", "echo $HOME $Path"],
    ["that has no name", 'echo $1 $@ $# $? $$ $! "$*"'],
    ["beside eval, which may set anything", "eval x=1; echo $x"],
    ["beside a file that is read, which may set anything", ". /etc/os-release; echo $name"],
    ["as text after a dollar in a regular expression", "awk '/x$/' /dev/null; sed 's/$/x/' /dev/null"],
    ["in a comment within a list of bash", "a=(\n 1 # not $gone\n 2)\necho ${a[0]}"],
    ["once bash was asked for it", "if [[ -v gone ]]; then echo $gone; fi"],
    ["once `test` was asked for it", "[ ! -v gone ] || echo $gone"],
    ["as the beginning of names", "echo ${!my_*} ${!my_@}"],
    ["as a number base", "echo $((0xff + 16#ab))"],
  ])("or none is meant %s", (_name, script) => {
    expect(inDetect(script)).toEqual([]);
  });

  test("by the file of functions", () => {
    expect(inDetect("echo $limit", "limit=5")).toEqual([]);
    expect(inDetect("echo $limit", "limt=5; if")).toEqual([
      `1:6 ${NOTHING} \`$limit\` to this script ${DECLARE("limit")}`,
    ]);
    expect(inDetect("echo $limit", "if; read limit")).toEqual([]);
    expect(inDetect("echo $limit", "if; eval x")).toEqual([]);
    expect(inDetect("echo $limit", "limt=5")).toEqual([`1:6 ${NOTHING} \`$limit\` to this script ${DECLARE("limit")}`]);
  });
});

/** The mistakes of a step with these lines, whose findings have the columns pid and started; without their places. */
function step(...lines: readonly string[]): string[] {
  return mistakes(
    [
      "name: x",
      "title: X",
      "steps:",
      "  - id: a",
      "    detect: { run: ':', findings: { pid: integer, started: string } }",
      ...lines.map((line) => `    ${line}`),
    ].join("\n"),
  ).map((line) => line.replace(/^\S+ /, ""));
}

describe("which script has which variables", () => {
  const LINES = "read the lines of $findings, columns separated by TAB";

  test("a fix for each finding has its columns, and so has its guard", () => {
    const columns = "`fix.per: finding` gives the columns instead: $pid, $started";
    expect(step("fix: { risk: low, guard: 'echo $pid', run: 'echo $pid $started $keep' }")).toEqual([]);
    expect(step("fix: { risk: low, guard: 'echo $findings', run: ':' }")).toEqual([
      `nothing gives \`$findings\` to this script → ${columns}`,
    ]);
  });

  test("a fix for the host has all findings", () => {
    expect(step("fix: { risk: low, per: host, guard: 'echo $findings', run: 'echo $findings' }")).toEqual([]);
    expect(step("fix: { risk: low, per: host, run: 'echo $pid' }")).toEqual([
      `nothing gives \`$pid\` to this script → with \`fix.per: host\`, ${LINES}`,
    ]);
  });

  test("preview, verify and rollback run once a host", () => {
    const all = "fix: { risk: low, run: ':', preview: 'echo $findings' }";
    expect(step(all, "verify: { run: 'echo $findings $keep' }", "rollback: { run: 'echo $findings $keep' }")).toEqual(
      [],
    );
    const message = `nothing gives \`$pid\` to this script → this script runs once a host: ${LINES}`;
    const wrong = "fix: { risk: low, run: ':', preview: 'echo $pid' }";
    expect(step(wrong, "verify: { run: 'echo $pid' }", "rollback: { run: 'echo $pid' }")).toEqual([
      message,
      message,
      message,
    ]);
  });

  test("$keep is there from the fix on", () => {
    const hint = "→ $keep, the directory that lives until the run ends, is there from the fix on";
    expect(step("fix: { risk: low, run: ':', guard: 'ls $keep', preview: 'ls $keep' }")).toEqual([
      `nothing gives \`$keep\` to this script ${hint}`,
      `nothing gives \`$keep\` to this script ${hint}`,
    ]);
  });

  test("without columns a finding is its message", () => {
    expect(
      mistakes("name: x\ntitle: X\nsteps: [{ id: a, detect: { run: ':' }, fix: { risk: low, run: 'echo $message' } }]"),
    ).toEqual([]);
  });

  test("$files is there when files are declared", () => {
    const text = "name: x\ntitle: X\nfiles: [a]\nsteps: [{ id: a, detect: { run: 'ls $files' } }]";
    expect(mistakes(text)).toEqual([]);
    expect(mistakes(text.replace("files: [a]\n", ""))).toEqual([
      "3:37 nothing gives `$files` to this script → declare the files to send with `files`",
    ]);
  });

  test("a fact knows those before it, and the runbook's `applies` none", () => {
    const text = [
      "name: x",
      "title: X",
      "applies: echo $one",
      "facts:",
      "  one: echo $two",
      "  two: echo $one",
      "steps: [{ id: a, applies: 'echo $one', detect: { run: 'echo $two' } }]",
    ];
    expect(mistakes(text.join("\n"))).toEqual([
      "3:15 nothing gives `$one` to this script → `applies` of the runbook runs before the facts are read",
      "5:13 nothing gives `$two` to this script → a fact knows only the facts before it",
    ]);
  });
});
