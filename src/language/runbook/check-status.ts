import type { Report } from "./check-report.ts";
import type { ScriptAt } from "./scripts.ts";
import { placeIn } from "./script-place.ts";
import { commandsOf, type AndOr, type Command, type List, type Pipeline, type ShellScript } from "../shell/tree.ts";

/** Commands whose status answers a question: 1 is "no", not a failure. */
const QUESTIONS = new Set("grep egrep fgrep zgrep pgrep pidof [ test [[ diff cmp type which".split(" "));
/** Those of them whose "no" is that there is a difference. */
const COMPARES = new Set(["diff", "cmp"]);
/** A pattern of a `case` that tells digits from the rest. */
const NOT_DIGITS = /\[[!^](0-9|\[:digit:\])/;

type Question = { readonly name: string; readonly command: Command };

type Say = (command: Command, message: string, hint: string) => void;

/** Checks that the exit status of a `detect` or `applies` says what it means: a look that failed must not look healthy, nor health like a failure. */
export function checkStatus(report: Report, at: ScriptAt, script: ShellScript, before: Functions): void {
  const sayTo = (list: (typeof report)["faults"]): Say => {
    return ({ at: start, end }, message, hint) => {
      list.push(report.yaml.faultAt(placeIn(report, at, { at: start, length: end - start }), message, hint));
    };
  };
  const warn = sayTo(report.warnings);
  if (at.kind === "applies") for (const end of endsOf(script.list)) appliesEnd(end, warn);
  if (at.kind !== "detect") return;
  detectEnds(script, new Map([...before, ...functionsOf(script)]), sayTo(report.faults));
  hiddenFailures(script, warn);
  erasedErrexit(script, warn);
  unguardedNumbers(script, warn);
}

/** The and-or lists that may be the last thing a script does, inside of compound commands too. */
function* endsOf(list: List): Generator<AndOr> {
  const last = list.at(-1);
  if (last === undefined) return;
  const command = last.pipelines.at(-1)?.commands.at(-1);
  const inner = command === undefined || last.operators.length > 0 ? [] : bodiesOf(command);
  if (inner.length === 0) yield last;
  for (const body of inner) yield* endsOf(body);
}

/** The lists whose last status becomes a compound command's status. */
function bodiesOf(command: Command): readonly List[] {
  switch (command.kind) {
    case "simple":
    case "test":
    case "function":
      return [];
    case "group":
      return [command.body];
    case "if":
      return command.branches;
    case "loop":
      return [command.body];
    case "case":
      return command.branches.map((branch) => branch.body);
  }
}

/** Functions by their names, each as a list of the one command that is its body. */
export type Functions = ReadonlyMap<string, List>;

/** The functions that a script defines; of two of one name the last counts. */
export function functionsOf(script: ShellScript): Functions {
  const all = Array.from(commandsOf(script.list)).flatMap((command): [string, List][] =>
    command.kind === "function"
      ? [[command.name, [{ operators: [], pipelines: [{ negated: false, commands: [command.body] }] }]]]
      : [],
  );
  return new Map(all);
}

/** The ends of a detect, and of the functions that it ends with: each once, told at the script's own call. */
function detectEnds(script: ShellScript, functions: Functions, say: Say): void {
  const open: { readonly list: List; readonly what: string; readonly call?: Command }[] = [
    { list: script.list, what: "the script" },
  ];
  const seen = new Set<string>();
  for (const { list, what, call } of open) {
    for (const end of endsOf(list)) {
      const last = end.pipelines.at(-1);
      if (last === undefined || end.operators.at(-1) === "||") continue;
      const command = last.commands.at(-1);
      const name = wordsOf(command).split(" ")[0] ?? "";
      const body = functions.get(name);
      const asked = body === undefined ? question(last) : undefined;
      detectEnd(end, { last, asked }, what, (at, ...words) => say(call ?? at, ...words));
      if (command === undefined || body === undefined || last.negated || seen.has(name)) continue;
      seen.add(name);
      open.push({ list: body, what: `\`${name}\`, which ends the script,`, call: call ?? command });
    }
  }
}

/** A last command that says "no" with status 1 makes a healthy host unknown; where its "no" is bad news, a sick one. */
function detectEnd(
  end: AndOr,
  { last, asked }: { readonly last: Pipeline; readonly asked: Question | undefined },
  what: string,
  say: Say,
): void {
  const operator = end.operators.at(-1);
  const within = last.commands
    .slice(0, -1)
    .map(questionOf)
    .find((each) => each !== undefined);
  const first = end.pipelines[0];
  const condition = first === undefined ? undefined : question(first);
  if (asked !== undefined) {
    const name = last.negated ? `! ${asked.name}` : asked.name;
    const { when, hint } = meaning(asked.name, last.negated);
    say(asked.command, `${what} ends with \`${name}\`, which exits 1 ${when}`, hint);
  } else if (operator === "&&" && condition !== undefined) {
    const message = `${what} ends with \`${condition.name} && …\`, which exits 1 when the test says no: a healthy host would be unknown`;
    say(condition.command, message, "write `if …; then …; fi`");
  } else if (within !== undefined && !last.negated) {
    const { when } = meaning(within.name, false);
    const message = `${what} ends with \`${within.name} … | …\`, which exits 1, where the shell has pipefail, ${when}`;
    say(within.command, message, "use `awk` instead, or say what its status means: `{ … || [ $? = 1 ]; } | …`");
  }
}

/** When a question exits 1, what that would make of which host, and what to write instead. */
function meaning(name: string, negated: boolean): { readonly when: string; readonly hint: string } {
  // `diff` says no where there is something to tell, and `!` turns a no round.
  if (COMPARES.has(name) === negated)
    return {
      when: "when it finds nothing: a healthy host would be unknown",
      hint: "end with a command that exits 0 when all is well: `if …; then …; fi`, or `awk` instead of `grep`",
    };
  return {
    when: `when ${negated ? "it finds something" : "there is a difference"}: a host with the problem would be unknown`,
    hint: "print what is wrong, and exit 0 all the same: `if …; then …; fi`",
  };
}

/** A "no" of `applies` needs a reason on stdout. */
function appliesEnd(end: AndOr, say: Say): void {
  const last = end.pipelines.at(-1);
  if (last === undefined || end.operators.at(-1) === "||") return;
  const asked = question(last) ?? lookup(last);
  if (asked === undefined) return;
  const message = `\`${asked.name}\` says no without a reason: the host would be unknown, not skipped`;
  say(asked.command, message, 'say why: `… || { echo "no such thing here"; exit 1; }`');
}

/** `… || words`: what runs when all before it said no. */
type Fallback = { readonly list: AndOr; readonly left: Pipeline; readonly right: Command; readonly words: string };

function* fallbacksOf(list: List): Generator<Fallback> {
  const inner = Array.from(commandsOf(list)).flatMap((command) => bodiesOf(command).flat());
  for (const each of [...list, ...inner]) {
    const [left, right] = each.pipelines.slice(-2);
    const command = right?.commands[0];
    if (left === undefined || command === undefined || each.operators.at(-1) !== "||") continue;
    yield { list: each, left, right: command, words: wordsOf(command) };
  }
}

/** Leaves with status 0, whatever came before: `exit` alone passes the failure on. */
function leavesWell(words: string): boolean {
  return words === "exit 0" || words === "return 0";
}

/** `|| true` at the end and `|| exit 0` let a look that failed pass for a healthy host. */
function hiddenFailures(script: ShellScript, say: Say): void {
  const last = script.list.at(-1);
  const fallbacks = [script.list, ...script.substitutions].flatMap((list) => [...fallbacksOf(list)]);
  for (const { list, left, right, words } of fallbacks) {
    const leaves = leavesWell(words) && (question(left) ?? lookup(left)) === undefined;
    const ends = (words === "true" || words === ":") && list === last;
    if (!leaves && !ends) continue;
    const name = wordsOf(left.commands[0]).split(" ")[0] ?? "";
    const what = name === "" ? "what stands before it" : `\`${name}\``;
    const message = `\`|| ${words}\` makes a failure of ${what} look healthy`;
    say(right, message, "let it fail: then the host is unknown, and its message is shown");
  }
}

/** `set +e` does the same to all that follows. */
function erasedErrexit(script: ShellScript, say: Say): void {
  for (const command of commandsOf(script.list)) {
    const words = wordsOf(command);
    if (!/^set (.* )?(\+[a-z]*e[a-z]*|\+o errexit)( |$)/.test(words)) continue;
    const hint = "leave it out, and write `|| …` where a failure is meant";
    say(command, `\`${words}\` makes every later failure look healthy`, hint);
  }
}

/** `[ "$x" -ge 90 ] || exit 0` is healthy when `$x` is empty: what a command printed must be known to be a number before. */
function unguardedNumbers(script: ShellScript, say: Say): void {
  const doubtful = doubtfulNumbers(script);
  for (const { left, words } of fallbacksOf(script.list)) {
    const test = left.commands[0];
    if (!leavesWell(words) || test === undefined || !/ -(eq|ne|gt|ge|lt|le) /.test(wordsOf(test))) continue;
    for (const name of namesIn(wordsOf(test))) {
      if (!doubtful.has(name)) continue;
      const message = `\`$${name}\` comes from a command and is not known to be a number: when it is empty, this looks healthy`;
      say(test, message, `check it before: case $${name} in ''|*[!0-9]*) echo "cannot read …" >&2; exit 2 ;; esac`);
    }
  }
}

/** Names that a command gave their value, and that no `case` or `[[ … ]]` has looked at. */
function doubtfulNumbers(script: ShellScript): ReadonlySet<string> {
  const commands = Array.from(commandsOf(script.list));
  const measured = commands
    .flatMap((command) => (command.kind === "simple" ? command.assignments : []))
    .filter((word) => /\$\((?!\()|`/.test(word.raw))
    .map((word) => /^\w+/.exec(word.raw)?.[0] ?? "");
  const checked = commands.flatMap((command) => {
    if (command.kind === "test") return namesIn(script.text.slice(command.at, command.end));
    const digits =
      command.kind === "case" &&
      command.branches.some(({ patterns }) => patterns.some(({ raw }) => NOT_DIGITS.test(raw)));
    return digits ? namesIn(command.subject.raw) : [];
  });
  return new Set(measured).difference(new Set(checked));
}

function namesIn(text: string): string[] {
  return Array.from(text.matchAll(/\$\{?([A-Za-z_]\w*)/g), ([, name = ""]) => name);
}

function question(pipeline: Pipeline): Question | undefined {
  return questionOf(pipeline.commands.at(-1));
}

function questionOf(command: Command | undefined): Question | undefined {
  if (command === undefined) return undefined;
  const words = wordsOf(command).replace(/^(?:(?:command|builtin) (?!-))+/, "");
  const name = command.kind === "test" ? "[[" : (words.split(" ")[0] ?? "");
  return QUESTIONS.has(name) ? { name: name.replace("[[", "[[ … ]]").replace(/^\[$/, "[ … ]"), command } : undefined;
}

/** `command -v x`: a question too, but one that a detect may well end an `if` with. */
function lookup(pipeline: Pipeline): Question | undefined {
  const command = pipeline.commands.at(-1);
  return command !== undefined && wordsOf(command).startsWith("command -v")
    ? { name: "command -v", command }
    : undefined;
}

function wordsOf(command: Command | undefined): string {
  return command?.kind === "simple" ? command.words.map((word) => word.literal ?? word.raw).join(" ") : "";
}
