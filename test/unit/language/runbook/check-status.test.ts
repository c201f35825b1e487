import { describe, expect, test } from "vitest";
import { mistakes, warnings, withStep, withTop } from "../../../kit/mistakes.ts";

/** A runbook whose detect is this script, its first line on line 6. */
function detect(script: string): string {
  return withStep("detect:", "  run: |", ...script.split("\n").map((line) => `    ${line}`)).replaceAll(
    /^ {8}/gm,
    "        ",
  );
}

const END = "→ end with a command that exits 0 when all is well: `if …; then …; fi`, or `awk` instead of `grep`";
const asks = (name: string): string =>
  `the script ends with \`${name}\`, which exits 1 when it finds nothing: a healthy host would be unknown ${END}`;
const SICK =
  "a host with the problem would be unknown → print what is wrong, and exit 0 all the same: `if …; then …; fi`";
const pipes = (name: string): string =>
  `the script ends with \`${name} … | …\`, which exits 1, where the shell has pipefail, when it finds nothing: a healthy host would be unknown → use \`awk\` instead, or say what its status means: \`{ … || [ $? = 1 ]; } | …\``;
const lists = (name: string): string =>
  `the script ends with \`${name} && …\`, which exits 1 when the test says no: a healthy host would be unknown → write \`if …; then …; fi\``;

/** A function that calls the next one twice. */
function next(index: number): string {
  return `f${index}() { if true; then f${index + 1}; else f${index + 1}; fi; }`;
}

describe("a detect whose end makes a healthy host unknown is refused", () => {
  test.each([
    ["grep", "ps -e | grep tapdisk", `7:17 ${asks("grep")}`],
    ["grep that counts", "grep -c x /etc/passwd", `7:9 ${asks("grep")}`],
    ["pgrep", "pgrep tapdisk", `7:9 ${asks("pgrep")}`],
    ["a test", "[ -e /x ]", `7:9 ${asks("[ … ]")}`],
    ["a test with &&", "[ -e /x ] && echo x", `7:9 ${lists("[ … ]")}`],
    ["grep with &&", "grep -q x /x && echo x", `7:9 ${lists("grep")}`],
    ["a test of bash", "[[ -e /x ]] && echo x", `7:9 ${lists("[[ … ]]")}`],
    ["a question by way of `command`", "command grep x /x", `7:9 ${asks("grep")}`],
    ["a question in a pipeline", "grep x /x | sort", `7:9 ${pipes("grep")}`],
    ["a difference, negated", "! cmp -s /x /y", `7:11 ${asks("! cmp")}`],
    ["the last command of a loop", "for f in a b; do\n  [ -e $f ] && echo $f\ndone", `8:11 ${lists("[ … ]")}`],
    ["the last command of a loop in a pipeline", "ls | while read -r f; do\n  grep x $f\ndone", `8:11 ${asks("grep")}`],
    ["the last command of a branch", "if true; then\n  grep x /x\nelse\n  :\nfi", `8:11 ${asks("grep")}`],
    ["the last command of a case", "case $run_id in\n  x) grep x /x ;;\nesac", `8:14 ${asks("grep")}`],
    ["a question that feeds a loop", "grep x /x | while read -r l; do echo $l; done", `7:9 ${pipes("grep")}`],
    ["a question in a group in a pipeline", "{ echo; grep x /x; } | sort", `7:17 ${pipes("grep")}`],
    ["a function that asks, in a pipeline", "look() { grep x /x; }\nlook | sort", `8:9 ${pipes("look")}`],
    ["a test in the midst of a chain", "cd /var && [ -f x ] && echo x", `7:20 ${lists("[ … ]")}`],
    ["a chain that looks for a program", "command -v xl >/dev/null && xl list", `7:9 ${lists("command -v")}`],
    ["another question as a fallback", "[ -f /a ] || [ -f /b ]", `7:22 ${asks("[ … ]")}`],
    ["a question behind another program", "timeout 5 sudo -n /usr/bin/pgrep x", `7:9 ${asks("pgrep")}`],
    ["a question whose status is passed on", "grep x /x\nexit $?", `7:9 ${asks("grep")}`],
    ["a comparison of bash", "(( since > 5 ))", `7:9 ${asks("(( … ))")}`],
    ["the last command of a group", "{ echo a; grep x /x; }", `7:19 ${asks("grep")}`],
  ])("%s", (_name, script, message) => {
    expect(mistakes(detect(script))).toEqual([message]);
  });

  test.each([
    ["that the script defines", "look() { ps -e | grep x; }\nlook", undefined, "8:9", "look"],
    ["with words and redirections", 'function look { grep x "$1"; }\necho; look /y 2>&1', undefined, "8:15", "look"],
    ["of the file of functions", "list | look", "look() {\n  if true; then grep x; fi\n}", "7:16", "look"],
    ["that calls another one", "outer() { inner; }\nouter", "inner() (\n grep x /x\n)", "8:9", "inner"],
    ["that is defined twice", "look() { :; }\nlook() { grep x /x; }\nlook", undefined, "9:9", "look"],
  ])("a function %s", (_name, script, functions, place, what) => {
    const text = detect(script).replace("title: X", functions === undefined ? "title: X" : "title: X\nfunctions: f.sh");
    const row = Number(place.split(":")[0]) + (functions === undefined ? 0 : 1);
    expect(mistakes(text, functions)).toEqual([
      `${row}:${place.split(":")[1]} ${asks("grep").replace("the script", `\`${what}\`, which ends the script,`)}`,
    ]);
  });

  test.each([
    ["behind a test", "look() { :; }\n[ -e /x ] && look", `8:9 ${lists("[ … ]")}`],
    ["that a question feeds", "look() { :; }\nps -e | grep x | look", `8:17 ${pipes("grep")}`],
  ])("a function %s", (_name, script, message) => {
    expect(mistakes(detect(script))).toEqual([message]);
  });

  test("functions that call each other over and over are read once", () => {
    const script = [...Array.from({ length: 5000 }, (_, index) => next(index)), "f5000() { grep x /x; }", "f0"].join(
      "\n",
    );
    expect(mistakes(detect(script))).toEqual([
      `5008:9 ${asks("grep").replace("the script", "`f5000`, which ends the script,")}`,
    ]);
  });

  test.each([
    ["ends well", "look() { grep x /x || [ $? = 1 ]; }\nlook"],
    ["ends well in its second form", "look() { grep x /x; }\nlook() { :; }\nlook"],
    ["is not what the script ends with", "look() { grep x /x; }\nlook || :\necho"],
    ["calls itself", "look() { look; }\nlook"],
    ["stands for a failure", "look() { grep x /x; }\ntrue || look"],
    ["says no by itself", "look() { grep x /x; }\n! look"],
    ["stands in the place of a question", "grep() { awk /x/; }\ngrep"],
  ])("a function that %s is left alone", (_name, script) => {
    expect(mistakes(detect(script))).toEqual([]);
  });

  test.each([
    [
      "a negated question",
      "! grep -q x /x",
      `7:11 the script ends with \`! grep\`, which exits 1 when it finds something: ${SICK}`,
    ],
    ["diff", "diff /x /y", `7:9 the script ends with \`diff\`, which exits 1 when there is a difference: ${SICK}`],
  ])("%s makes a sick host unknown", (_name, script, message) => {
    expect(mistakes(detect(script))).toEqual([message]);
  });

  test.each([
    ["if", "if grep -q x /x; then echo x; fi"],
    ["a question in a pipeline whose status is judged", "{ grep x /x || [ $? = 1 ]; } | sort"],
    ["awk", "ps -e | awk '/tapdisk/'"],
    ["a question that is answered", "grep x /x || [ $? = 1 ] || exit 2\n:"],
    ["a question in the middle", "grep -q x /x && y=1\necho ${y:-}"],
    ["a question within a substitution", 'x=$(grep x /x || :)\nprintf "%s" "$x"'],
    ["a function", "echo a\nf() { grep x /x; }"],
    ["nothing but a comment", ": # grep x"],
    ["a loop that only `break` leaves", "while :; do sleep 1; [ -f /x ] && break; done"],
    ["a pipeline without pipefail", "set +o pipefail\ngrep x /x | sort"],
    ["a status that is judged", "grep x /x || [ $? = 1 ]"],
  ])("%s is no such end", (_name, script) => {
    expect(mistakes(detect(script))).toEqual([]);
  });
});

describe("what makes a failed look healthy is warned of", () => {
  const NONE =
    "`$used` comes from a command and is not known to be a number: when it is empty, this looks healthy → check it before: case $used in ''|*[!0-9]*) echo \"cannot read …\" >&2; exit 2 ;; esac";
  const LET = "→ let it fail: then the host is unknown, and its message is shown";
  test.each([
    ["|| true at the end", "df / | sort || true", `7:24 \`|| true\` makes a failure of \`df\` look healthy ${LET}`],
    ["|| : at the end", "df / || :", `7:17 \`|| :\` makes a failure of \`df\` look healthy ${LET}`],
    [
      "|| exit 0 anywhere",
      "df / || exit 0\necho x",
      `7:17 \`|| exit 0\` makes a failure of \`df\` look healthy ${LET}`,
    ],
    [
      "set +e",
      "set +e\ndf /",
      "7:9 `set +e` makes every later failure look healthy → leave it out, and write `|| …` where a failure is meant",
    ],
    [
      "a number that may be none",
      'used=$(df / | tail -1)\n[ "$used" -ge 90 ] || exit 0\necho full',
      "8:9 `$used` comes from a command and is not known to be a number: when it is empty, this looks healthy → check it before: case $used in ''|*[!0-9]*) echo \"cannot read …\" >&2; exit 2 ;; esac",
    ],
    [
      "a here-document",
      "cat <<X\na\nX",
      "7:13 a here-document: older shells write it to /tmp, which fails when that disk is full → use `printf '%s\\n' … |` instead",
    ],
    ["|| { true; } at the end", "df / || { true; }", `7:17 \`|| true\` makes a failure of \`df\` look healthy ${LET}`],
    [
      "a value that could not be had",
      "if ! x=$(df /); then exit 0; fi\necho $x",
      `7:30 \`exit 0\` makes a failure of \`x=$(…)\` look healthy ${LET}`,
    ],
    [
      "an exit that is always 0",
      "trap 'exit 0' EXIT\ndf /",
      `7:9 \`trap 'exit 0' EXIT\` makes a failure of what stands before it look healthy ${LET}`,
    ],
    [
      "bash's comparison of what may be nothing",
      "used=$(df / | awk 1)\nif [[ $used -gt 90 ]]; then echo x; fi",
      `8:12 ${NONE}`,
    ],
    ["its arithmetic", "used=$(df / | awk 1)\nif (( used > 90 )); then echo x; fi", `8:12 ${NONE}`],
    ["a default in its place", 'used=$(df / | awk 1)\nif [ "${used:-0}" -gt 90 ]; then echo x; fi', `8:12 ${NONE}`],
    [
      "a finding with a status",
      'if [ -f /x ]; then\n  echo "x is there"\n  exit 1\nfi',
      "9:11 `exit 1` after `echo …`: a detect that does not exit 0 is unknown, and what it printed is no finding → for a finding, print it and exit 0; for why nothing can be told, print that to stderr: `>&2`",
    ],
  ])("%s", (_name, script, message) => {
    expect(mistakes(detect(script))).toEqual([]);
    expect(warnings(detect(script))).toEqual([message]);
  });

  test.each([
    [
      "a number that is checked",
      "used=$(df / | tail -1)\ncase $used in ''|*[!0-9]*) exit 2 ;; esac\n[ \"$used\" -ge 90 ] || exit 0\necho full",
    ],
    ["a count", "n=$(ps -e | wc -l)\nif [[ $n -gt 90 ]]; then echo x; fi"],
    [
      "a number that is looked at by bash",
      "n=$(cat /x)\n[[ $n =~ ^[0-9]+$ ]] || exit 2\nif (( n > 90 )); then echo x; fi",
    ],
    ["what sh itself complains of", 'n=$(cat /x)\nif [ "$n" -gt 90 ]; then echo x; fi'],
    ["a reason why nothing can be told", 'echo "cannot read" >&2\nexit 2'],
    ["a predicate", "sick() { grep -q x /x; }\nif ! sick; then exit 0; fi\necho x"],
    ["a number of the runbook's", '[ "$since" -ge 90 ] || exit 0\necho full'],
    ["a failure that is passed on", "df / || exit\necho x"],
    ["a test that ends the look", "[ -d /x ] || exit 0\nls /x"],
    ["|| true where the next command judges", "x=$(pgrep y) || true\necho $x"],
  ])("%s is fine", (_name, script) => {
    expect(warnings(detect(script))).toEqual([]);
  });
});

describe("an `applies` must say why not", () => {
  const WHY =
    'says no without a reason: the host would be unknown, not skipped → say why: `… || { echo "no such thing here"; exit 1; }`';
  test.each([
    ["grep -q xen /etc/os-release", `3:10 \`grep\` ${WHY}`],
    ["command -v xe >/dev/null", `3:10 \`command -v\` ${WHY}`],
    ["command -v xe >/dev/null || exit 1", `3:38 \`exit 1\` ${WHY}`],
    ["test -f /x && echo yes", `3:10 \`test\` ${WHY}`],
    ["if [ -f /x ]; then :; else exit 1; fi", `3:37 \`exit 1\` ${WHY}`],
  ])("%s", (script, message) => {
    expect(warnings(withTop(`applies: ${script}`))).toEqual([message]);
  });

  test("one with a reason is fine", () => {
    expect(warnings(withTop("applies: 'if [ -f /x ]; then echo old; exit 1; fi'"))).toEqual([]);
    expect(
      warnings(withTop("applies: 'command -v xe >/dev/null || { echo \"not a XenServer host\"; exit 1; }'")),
    ).toEqual([]);
  });
});

test("characters that shells stumble over are refused", () => {
  expect(mistakes(withTop('applies: "echo a\\r\\necho b"'))).toEqual([
    "3:17 the script holds a carriage return, which shells stumble over → remove it",
  ]);
  expect(mistakes(withTop('applies: "echo \\0"'))).toEqual([
    "3:16 the script holds a NUL byte, which shells stumble over → remove it",
  ]);
});

test("a template of Ansible's is warned of where it names a value, and nothing else in double braces", () => {
  const script = "echo {{ host_name }}; docker ps --format '{{.ID}} {{ json . }} {{ nothing }}'";
  expect(warnings(withTop(`applies: "${script}"`))).toEqual([
    '3:16 `{{ host_name }}` is text: values are shell variables, and there are no templates → write "$host_name"',
  ]);
});

test("a script whose lines YAML joins is warned of", () => {
  const joined = "YAML joins the lines of this script into one → begin it with `|` and a new line";
  expect(warnings(withStep("detect:", "  run: >", "    echo a", "    echo b"))).toEqual([`7:9 ${joined}`]);
  expect(warnings(withStep("detect:", "  run: echo a", "    echo b"))).toEqual([`6:12 ${joined}`]);
  expect(warnings(withStep("detect:", "  run: >", "    echo a"))).toEqual([]);
  expect(warnings(withStep("detect:", "  run: |", "    echo a", "    echo b"))).toEqual([]);
});

test("a fix may end as it likes: its verification judges", () => {
  expect(mistakes(withStep("detect: { run: ':' }", "fix: { risk: low, run: '[ -e /x ] && rm /x' }"))).toEqual([]);
});
