import { commandsOf, type AndOr, type Command, type List, type Pipeline, type ShellScript } from "./tree.ts";

/** Commands whose status answers a question: 1 is "no", not a failure. */
const QUESTIONS = new Set("grep egrep fgrep zgrep pgrep pidof [ test [[ (( diff cmp type which mountpoint".split(" "));
/** What another command stands behind, whose status becomes theirs. */
const BEFORE =
  /^(?:(?:command|builtin|exec|time|nohup|nice|ionice|sudo(?: -[nE])*|env(?: \w+=\S*)*|timeout(?: -\S+)* [\d.]+[smhd]?) (?!-))+/;

/** A command that answers by its status, and what it is called. */
export type Question = { readonly name: string; readonly command: Command };

/** The question that a pipeline's status answers. */
export function question(pipeline: Pipeline): Question | undefined {
  return questionOf(pipeline.commands.at(-1));
}

/** A command that is a question. */
export function questionOf(command: Command | undefined): Question | undefined {
  if (command === undefined) return undefined;
  const name = command.kind === "test" ? command.opening : nameOf(command);
  if (!QUESTIONS.has(name)) return undefined;
  const closing = { "[": "]", "[[": "]]", "((": "))" }[name];
  return { name: closing === undefined ? name : `${name} … ${closing}`, command };
}

/** `command -v x`: a question too, but one that a detect may well end an `if` with. */
export function lookup(pipeline: Pipeline): Question | undefined {
  const command = pipeline.commands.at(-1);
  return command !== undefined && wordsOf(command).startsWith("command -v")
    ? { name: "command -v", command }
    : undefined;
}

/** The name of the program or function that a simple command calls, without its directory; empty for any other. */
export function nameOf(command: Command | undefined): string {
  const [first = ""] = wordsOf(command).replace(BEFORE, "").split(" ");
  return first.replace(/^.*\/(?=.)/, "");
}

/** A simple command's words; empty for any other. */
export function wordsOf(command: Command | undefined): string {
  return command?.kind === "simple" ? command.words.map((word) => word.literal ?? word.raw).join(" ") : "";
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

/** The and-or lists that may be the last thing a script does: the last one, and those that end its compound command. */
export function* endsOf(list: List): Generator<AndOr> {
  const last = lastOf(list);
  if (last === undefined) return;
  yield last;
  const command = last.pipelines.at(-1)?.commands.at(-1);
  if (command === undefined || last.operators.length > 0) return;
  for (const body of bodiesOf(command)) yield* endsOf(body);
}

/** What the status of a list is of: before an `exit` that passes it on, what stands before that. */
function lastOf(list: List): AndOr | undefined {
  const last = list.at(-1);
  const words = last?.pipelines.length === 1 ? wordsOf(last.pipelines[0]?.commands[0]) : "";
  return /^(exit|return)( \$\?)?$/.test(words) && list.length > 1 ? list.at(-2) : last;
}

/** The lists whose last status becomes a compound command's status. */
export function bodiesOf(command: Command): readonly List[] {
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
      // One without an end is left by `break`, which is a success.
      return /^(:|true)$/.test(wordsOf(command.head[0]?.pipelines[0]?.commands[0])) ? [] : [command.body];
    case "case":
      return command.branches.map((branch) => branch.body);
  }
}

/** Every list of a script: its own, those of its compound commands and functions, and conditions. */
export function* listsOf(list: List): Generator<List> {
  yield list;
  for (const command of commandsOf(list)) {
    if (command.kind === "function") continue;
    if (command.kind === "if") yield* command.conditions;
    if (command.kind === "loop") yield* [command.head, command.body];
    else yield* bodiesOf(command);
  }
}
