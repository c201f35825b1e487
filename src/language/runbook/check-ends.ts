import type { AndOr, Command, List, Pipeline, ShellScript } from "../shell/tree.ts";
import {
  bodiesOf,
  endsOf,
  functionsOf,
  listsOf,
  lookup,
  nameOf,
  question,
  questionOf,
  wordsOf,
  type Functions,
  type Question,
} from "../shell/status.ts";

/** Tells a mistake or a warning at a command. */
export type Say = (command: Command, message: string, hint: string) => void;

/** Those questions whose "no" is that there is a difference. */
const COMPARES = new Set(["diff", "cmp"]);

/** What is known of the script that an end belongs to. */
type Around = {
  readonly functions: Functions;
  /** Whether a pipeline may have the status of one of its first commands. */
  readonly pipefail: boolean;
};

/** The ends of a detect, and of the functions that it ends with (`before`: those that are put before it): each once, told at the script's own call. */
export function detectEnds(script: ShellScript, before: Functions, say: Say): void {
  const functions = new Map([...before, ...functionsOf(script)]);
  const around = { functions, pipefail: !/\bset \+o pipefail\b/.test(script.text) };
  const open: { readonly list: List; readonly what: string; readonly call?: Command }[] = [
    { list: script.list, what: "the script" },
  ];
  const seen = new Set<string>();
  for (const { list, what, call } of open) {
    for (const end of endsOf(list)) {
      const last = end.pipelines.at(-1);
      const command = last?.commands.at(-1);
      if (last === undefined || command === undefined) continue;
      detectEnd(script, end, around, what, (at, ...words) => say(call ?? at, ...words));
      const name = nameOf(command);
      const body = functions.get(name);
      if (body === undefined || last.negated || end.operators.at(-1) === "||" || seen.has(name)) continue;
      seen.add(name);
      open.push({ list: body, what: `\`${name}\`, which ends the script,`, call: call ?? command });
    }
  }
}

/** A last command that says "no" with status 1 makes a healthy host unknown; where its "no" is bad news, a sick one. */
function detectEnd(script: ShellScript, end: AndOr, around: Around, what: string, say: Say): void {
  const last = end.pipelines.at(-1);
  if (last === undefined) return;
  const operator = end.operators.at(-1);
  const asked = around.functions.has(nameOf(last.commands.at(-1))) ? undefined : question(last);
  // `… || [ $? = 1 ]` says what the status before it means.
  const judged =
    operator === "||" && (asked === undefined || script.text.slice(asked.command.at, asked.command.end).includes("$?"));
  if (judged) return;
  if (asked !== undefined) {
    const name = last.negated ? `! ${asked.name}` : asked.name;
    const { when, hint } = meaning(asked.name, last.negated);
    say(asked.command, `${what} ends with \`${name}\`, which exits 1 ${when}`, hint);
    return;
  }
  const condition = end.pipelines
    .filter((_, index) => end.operators[index] === "&&")
    .map((pipeline) => question(pipeline) ?? lookup(pipeline))
    .find((each) => each !== undefined);
  const fed = last.negated || !around.pipefail ? undefined : feeding(last, around.functions);
  if (condition !== undefined) {
    const message = `${what} ends with \`${condition.name} && …\`, which exits 1 when the test says no: a healthy host would be unknown`;
    say(condition.command, message, "write `if …; then …; fi`");
  } else if (fed !== undefined) {
    const { when } = meaning(fed.name, false);
    const message = `${what} ends with \`${fed.name} … | …\`, which exits 1, where the shell has pipefail, ${when}`;
    say(fed.command, message, "use `awk` instead, or say what its status means: `{ … || [ $? = 1 ]; } | …`");
  }
}

/** The question whose "no" becomes that of the pipeline which it feeds. */
function feeding({ commands }: Pipeline, functions: Functions): Question | undefined {
  for (const command of commands.slice(0, -1)) {
    const body = functions.get(nameOf(command));
    const asked = body === undefined ? questionOf(command) : asks(body) && { name: nameOf(command), command };
    const inner = bodiesOf(command)
      .map(asks)
      .find((each) => each !== undefined);
    if (asked !== undefined || inner !== undefined) return asked ?? inner;
  }
  return undefined;
}

/** The question that a list ends with. */
function asks(list: List): Question | undefined {
  for (const { pipelines, operators } of endsOf(list)) {
    const last = pipelines.at(-1);
    const asked = last === undefined || operators.at(-1) === "||" || last.negated ? undefined : question(last);
    if (asked !== undefined) return asked;
  }
  return undefined;
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

/** As other tools' checks have it: what is wrong on stdout, and a status for it. Here a detect that fails could not look. */
export function lostFindings(script: ShellScript, say: Say): void {
  for (const list of listsOf(script.list)) {
    for (const [index, each] of list.entries()) {
      const leave = each.pipelines.length === 1 ? each.pipelines[0]?.commands[0] : undefined;
      const before = list[index - 1]?.pipelines.at(-1)?.commands.at(-1);
      const words = wordsOf(leave);
      if (leave === undefined || before === undefined || !/^exit [1-9]\d*$/.test(words)) continue;
      if (!prints(script, before)) continue;
      const message = `\`${words}\` after \`${nameOf(before)} …\`: a detect that does not exit 0 is unknown, and what it printed is no finding`;
      say(
        leave,
        message,
        "for a finding, print it and exit 0; for why nothing can be told, print that to stderr: `>&2`",
      );
    }
  }
}

/** Whether a command prints to stdout, as far as can be seen. */
function prints({ text }: ShellScript, command: Command): boolean {
  return ["echo", "printf"].includes(nameOf(command)) && !text.slice(command.at, command.end).includes(">");
}

const WHY = 'say why: `… || { echo "no such thing here"; exit 1; }`';

/** A "no" of `applies` needs a reason on stdout. */
export function reasons(script: ShellScript, say: Say): void {
  const told = new Set<Command>();
  const tell = ({ name, command }: Question): void => {
    if (!told.has(command))
      say(command, `\`${name}\` says no without a reason: the host would be unknown, not skipped`, WHY);
    told.add(command);
  };
  for (const end of endsOf(script.list)) {
    const last = end.pipelines.at(-1);
    if (last === undefined || end.operators.at(-1) === "||") continue;
    const asking = end.pipelines.filter((pipeline, index) => pipeline === last || end.operators[index] === "&&");
    const asked = asking.map((pipeline) => question(pipeline) ?? lookup(pipeline)).find((each) => each !== undefined);
    if (asked !== undefined) tell(asked);
  }
  for (const list of listsOf(script.list)) {
    for (const [index, each] of list.entries()) {
      const leave = each.pipelines.at(-1)?.commands[0];
      if (leave === undefined || !/^(exit|return) 1$/.test(wordsOf(leave))) continue;
      const alone = each.pipelines.length === 1 && index === 0;
      if (alone || each.operators.at(-1) === "||") tell({ name: wordsOf(leave), command: leave });
    }
  }
}
