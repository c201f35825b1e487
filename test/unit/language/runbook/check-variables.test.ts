import { describe, expect, test } from "vitest";
import { inDetect, mistakes, warnings } from "../../../kit/mistakes.ts";

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
    ["that the environment has", "echo $HOME $LC_ALL $SSH_CONNECTION $http_proxy $EUID"],
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

  test.each([
    ["a here-document with quotes and dollars", "cat <<X\nmatch '^/srv/.*$'\nX\nunit='a'\ncat <<X\nX\necho $unit"],
    ["a here-document of a group", "echo a | { read -r x; cat <<X; }\n$x\nX"],
    ["a here-document of a function", "f() { cat <<X; }\n$x\nX\nx=1; f"],
    ["a hash in a pattern of bash", "[[ $mount =~ ^[a-z]*(#|$) ]] && echo x\nkey=1\n[[ $key == x* ]]; echo $key"],
    ["a trap", "cleanup() { echo $rc; }; trap 'rc=$?; cleanup' EXIT"],
    ["`set +u`", 'set +u; [ "$maybe" = 1 ] && echo y; set -u; echo'],
    ["a name that is put together", 'p=cpu; declare "${p}_max=3"; echo $cpu_max'],
    ["names from a file", "export $(cat f); echo $color"],
    ["names that are read", 'while IFS== read -r k v; do export "$k=$v"; done <f; echo $id'],
    ["a name as a word", 'get() { printf -v "$1" %s 5; }; get load; echo $load'],
    ["a name for another", "get() { local -n out=$1; out=5; }; get load; echo $load"],
    ["functions with odd names", "lib::f() { echo $y; }\ny=5\nlib::f"],
    ["a number before a redirection", "{ y=1; } 2>/dev/null; echo $y"],
    ["arithmetic", '(( total      = 3 )); (( arr[2] = 3 )); let "a=1, b=2"; echo $total ${arr[2]} $b'],
    ["subscripts", ': "${a[0]:=5}" "${b[@]:-none}" "${c[@]}" ${d[@]+"${d[@]}"}'],
    ["what is timed", "time out=$(ls); echo $out"],
    ["`read` behind a backslash or `command -p`", "\\read -r x; command -p read -r y; echo $x $y"],
    ["a descriptor that is a variable", 'fd=3; read -r -u "$fd" x; echo $x'],
  ])("by %s", (_name, script) => {
    expect(inDetect(script)).toEqual([]);
  });

  test.each([
    ["in a process of its own, with a redirection", "{ y=1; } 2>/dev/null | cat; echo $y"],
    ["in a trap's place only by name", "trap 'echo x' EXIT; echo $y"],
    ["by a descriptor", 'read -r -u "$mount" x; echo $y'],
  ])("but not %s", (_name, script) => {
    expect(inDetect(script)).toHaveLength(1);
  });

  test("by what runs again after it, and to functions by whoever calls them", () => {
    expect(inDetect("for i in 1 2; do echo $old; old=$i; done")).toEqual([]);
    expect(inDetect("f() { echo $x; }; x=1 f; g() { local y=1; h; }; h() { echo $y; }; g")).toEqual([]);
    expect(inDetect("f() { x=1; }; f; echo $x; shopt -s lastpipe; echo 1 | read y; echo $y")).toEqual([]);
    expect(inDetect("( x=1; ls | while read y; do echo $x $y; done )")).toEqual([]);
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

describe("a variable that the script sets in vain", () => {
  test.each([
    ["later", "echo $x\nx=1", "1:6", "it is set only later, on line 10"],
    ["from itself", "x=$x", "1:3", "it is set only later, on line 9"],
    ["in a loop behind a pipe", "ls | while read f; do n=$f; done\necho $n", "2:6", LOST(9)],
    ["at the end of a pipe", "uname | read x; echo $x", "1:22", LOST(9)],
    ["in parentheses", "( x=1 ); echo $x", "1:15", LOST(9)],
    ["in a substitution", "y=$(x=1; echo 2); echo $x $y", "1:24", LOST(9)],
    ["in the background", "{ x=1; } & wait; echo $x", "1:23", LOST(9)],
    ["for one command", "x=1 ls; echo $x", "1:14", "line 9 sets it only for that command"],
    ["for a function", "f() { local x=1; }; f; echo $x", "1:29", "line 9 sets it only for its function"],
  ])("%s", (_name, script, place, hint) => {
    expect(inDetect(script)).toEqual([
      `${place} nothing gives \`$${script.includes("$n") ? "n" : "x"}\` to this script → ${hint}`,
    ]);
  });
});

function LOST(line: number): string {
  return `what line ${line} sets is lost with its process: a pipe, \`&\` or parentheses begin one`;
}

test("a name in capitals may be the hosts' own, and is a mistake only where it is written like one that is given", () => {
  const script = "echo $ORACLE_HOME ${JAVA_HOME:?} $Gone $Mount $MOUNT; OPTS=1; echo $OPTS $LATE; LATE=1";
  const text = `name: x\ntitle: X\ninputs: { mount: { type: string } }\nsteps: [{ id: a, detect: { run: '${script}' } }]`;
  expect(mistakes(text)).toEqual(["4:73 nothing gives `$Mount` to this script → did you mean `mount`?"]);
  expect(warnings(text)).toEqual([
    "4:39 nothing here gives `$ORACLE_HOME` at this place → write ${ORACLE_HOME:?} if it is in the hosts' own environment",
    "4:67 nothing here gives `$Gone` at this place → write ${Gone:?} if it is in the hosts' own environment",
    "4:80 nothing here gives `$MOUNT` at this place → did you mean `mount`?",
    "4:107 nothing here gives `$LATE` at this place → it is set only later, on line 4",
  ]);
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
