import type { Report } from "./check-report.ts";
import {
  commandsOf,
  type AndOr,
  type Command,
  type List,
  type Pipeline,
  type ShellScript,
  type Word,
} from "../shell/tree.ts";
import { bodiesOf, lookup, nameOf, question, wordsOf, type Functions } from "../shell/status.ts";
import type { ScriptAt } from "./scripts.ts";
import { placeIn } from "./script-place.ts";
import { detectEnds, lostFindings, reasons, type Say } from "./check-ends.ts";

/** A pattern of a `case` that tells digits from the rest. */
const NOT_DIGITS = /\[[!^](0-9|0123456789|\[:digit:\])/;
/** A comparison of numbers. */
const COMPARES_NUMBERS = / -(eq|ne|gt|ge|lt|le) /;
/** A value that a command prints. */
const MEASURED = /\$\((?!\()|`/;
/** Programs that print a number whatever happens. */
const COUNTS = /(?:\||\$\(|`)\s*(?:wc|date|nproc|expr|getconf|stat)\b[^|]*[)`]"?$/;

/** Checks that the exit status of a `detect` or `applies` says what it means: a look that failed must not look healthy, nor health like a failure. */
export function checkStatus(report: Report, at: ScriptAt, script: ShellScript, before: Functions): void {
  const sayTo = (list: (typeof report)["faults"]): Say => {
    return ({ at: start, end }, message, hint) => {
      list.push(report.yaml.faultAt(placeIn(report, at, { at: start, length: end - start }), message, hint));
    };
  };
  const warn = sayTo(report.warnings);
  if (at.kind === "applies") reasons(script, warn);
  if (at.kind !== "detect") return;
  detectEnds(script, before, sayTo(report.faults));
  lostFindings(script, warn);
  hiddenFailures(script, warn);
  erasedErrexit(script, warn);
  unguardedNumbers(script, warn);
}

/** `… || words`: what runs when all before it said no. */
type Fallback = { readonly list: AndOr; readonly left: Pipeline; readonly right: Command; readonly words: string };

function* fallbacksOf(list: List): Generator<Fallback> {
  const inner = Array.from(commandsOf(list)).flatMap((command) => bodiesOf(command).flat());
  for (const each of [...list, ...inner]) {
    const [left, right] = each.pipelines.slice(-2);
    const command = right?.commands[0];
    if (left === undefined || command === undefined || each.operators.at(-1) !== "||") continue;
    yield { list: each, left, right: command, words: onlyWords(command) };
  }
}

/** The words of a simple command, also where it stands alone in braces. */
function onlyWords(command: Command): string {
  const [each, ...more] = command.kind === "group" ? command.body : [];
  const inner = more.length === 0 && each?.pipelines.length === 1 ? each.pipelines[0]?.commands[0] : undefined;
  return wordsOf(inner ?? command);
}

/** Leaves with status 0, whatever came before: `exit` alone passes the failure on. */
function leavesWell(words: string): boolean {
  return words === "exit 0" || words === "return 0";
}

const LET_IT = "let it fail: then the host is unknown, and its message is shown";

/** `|| true` at the end and `|| exit 0` let a look that failed pass for a healthy host, and so do their kin. */
function hiddenFailures(script: ShellScript, say: Say): void {
  const last = script.list.at(-1);
  const hides = (at: Command, words: string, name: string): void => {
    const what = name === "" ? "what stands before it" : `\`${name}\``;
    say(at, `\`${words}\` makes a failure of ${what} look healthy`, LET_IT);
  };
  const fallbacks = [script.list, ...script.substitutions].flatMap((list) => [...fallbacksOf(list)]);
  for (const { list, left, right, words } of fallbacks) {
    const leaves = leavesWell(words) && (question(left) ?? lookup(left)) === undefined;
    const ends = (words === "true" || words === ":") && list === last;
    if (leaves || ends) hides(right, `|| ${words}`, nameOf(left.commands[0]));
  }
  for (const command of commandsOf(script.list)) {
    if (/^trap exit 0 .*\b(EXIT|0)\b/.test(wordsOf(command))) hides(command, "trap 'exit 0' EXIT", "");
    if (command.kind !== "if") continue;
    for (const [index, condition] of command.conditions.entries()) {
      const failed =
        condition.length === 1 && condition[0]?.pipelines.length === 1 ? condition[0].pipelines[0] : undefined;
      const [leave] = command.branches[index] ?? [];
      const then = leave?.pipelines.length === 1 ? leave.pipelines[0]?.commands[0] : undefined;
      const [given] = failed?.negated === true ? assignedIn(failed) : [];
      if (given !== undefined && then !== undefined && leavesWell(wordsOf(then)))
        hides(then, wordsOf(then), `${/^\w+/.exec(given.raw)?.[0]}=$(…)`);
    }
  }
}

/** What a pipeline of one command gives a value that a command prints. */
function assignedIn({ commands: [command, ...more] }: Pipeline): readonly Word[] {
  if (command?.kind !== "simple" || command.words.length > 0 || more.length > 0) return [];
  return command.assignments.filter(({ raw }) => MEASURED.test(raw));
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

/**
 * `[ "$x" -ge 90 ] || exit 0` is healthy when `$x` is empty, `[[ $x -gt 90 ]]`, `(( x > 90 ))` and `${x:-0}` take nothing for 0: what a command
 * printed must be known to be a number before.
 */
function unguardedNumbers(script: ShellScript, say: Say): void {
  const doubtful = doubtfulNumbers(script);
  if (doubtful.size === 0) return;
  const leaving = new Set(
    Array.from(fallbacksOf(script.list), ({ left, words }) => (leavesWell(words) ? left.commands[0] : undefined)),
  );
  for (const command of commandsOf(script.list)) {
    const names = numbersIn(script, command, leaving.has(command));
    const name = names.find((each) => doubtful.has(each));
    if (name === undefined) continue;
    const message = `\`$${name}\` comes from a command and is not known to be a number: when it is empty, this looks healthy`;
    say(command, message, `check it before: case $${name} in ''|*[!0-9]*) echo "cannot read …" >&2; exit 2 ;; esac`);
  }
}

/** The names that a command compares as numbers without a word where they are empty; `leaving`: where it says no the script leaves well. */
function numbersIn({ text }: ShellScript, command: Command, leaving: boolean): string[] {
  const own = text.slice(command.at, command.end);
  if (command.kind === "test" && command.opening === "((")
    return Array.from(own.matchAll(/[A-Za-z_]\w*/g), ([name]) => name);
  const compares = COMPARES_NUMBERS.test(command.kind === "test" ? own : wordsOf(command));
  if (!compares || (command.kind === "simple" && !["[", "test"].includes(nameOf(command)))) return [];
  if (command.kind === "test" || leaving) return namesIn(own);
  return Array.from(own.matchAll(/\$\{([A-Za-z_]\w*):?-\d+\}/g), ([, name = ""]) => name);
}

/** Names that a command gave their value, and that nothing has looked at. */
function doubtfulNumbers(script: ShellScript): ReadonlySet<string> {
  const commands = Array.from(commandsOf(script.list));
  const measured = commands
    .flatMap((command) => (command.kind === "simple" ? command.assignments : []))
    .filter((word) => MEASURED.test(word.raw) && !COUNTS.test(word.raw))
    .map((word) => /^\w+/.exec(word.raw)?.[0] ?? "");
  const checked = commands.flatMap((command) => {
    const own = script.text.slice(command.at, command.end);
    const tests = command.kind === "test" || ["[", "test"].includes(nameOf(command));
    if (tests && / (-n|-z|=~|==?|!=) /.test(own)) return namesIn(own);
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
