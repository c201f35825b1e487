import type { Report } from "./check-report.ts";
import type { ScriptAt, ScriptKind } from "./scripts.ts";
import { placeIn } from "./script-place.ts";
import { readShell } from "../shell/shell.ts";
import { commandsOf, type Command, type ShellScript } from "../shell/tree.ts";

/** Scripts that only look: the others may have reasons to send signals. */
const LOOKS: ReadonlySet<ScriptKind> = new Set(["applies", "fact", "detect", "preview", "guard", "verify"]);
/** What may stand before the name of a command. */
const BEFORE = /^(?:(?:command|builtin|exec|sudo|env) )*/;

/** Warns of a look that ends or stops itself by a signal. A cleanup like `trap 'kill 0' EXIT` makes every end of it a bad one. */
export function checkSignals(report: Report, at: ScriptAt, script: ShellScript): void {
  if (!LOOKS.has(at.kind)) return;
  for (const command of suicides(script)) {
    const place = placeIn(report, at, { at: command.at, length: command.end - command.at });
    const [said = ""] = script.text.slice(command.at, command.end).split("\n");
    const message = `\`${said}\` sends this script a signal: it ends with a signal's exit status, or hangs`;
    const hint = trapsItself(command)
      ? "leave it out: what a look leaves running is ended after it"
      : "say the reason on stderr and write `exit 2`, in a subshell too";
    report.warnings.push(report.yaml.faultAt(place, message, hint));
  }
}

function* suicides(script: ShellScript): Generator<Command> {
  for (const list of [script.list, ...script.substitutions]) {
    for (const command of commandsOf(list)) {
      if (killsItself(command) || trapsItself(command)) yield command;
    }
  }
}

/** `kill … $$` and `kill 0`; with signal 0, or asked for the names of signals, `kill` sends nothing. */
function killsItself(command: Command): boolean {
  if (command.kind !== "simple") return false;
  const words = command.words.map(({ raw }) => raw).join(" ");
  const [, signal, targets] =
    /^(?:\S*\/)?kill(?: (-[sn] \S+|-[^\s$]\S*))?(?: --)?((?: \S+)*)$/.exec(words.replace(BEFORE, "")) ?? [];
  if (targets === undefined || /^-(?:[sn] )?["']?(?:0|[lL].*)$/.test(signal ?? "")) return false;
  return targets.split(" ").some((target) => /^(?:0|("?)-?\$(?:\$|\{\$\})\1)$/.test(target));
}

/** The same in what a `trap` will run. */
function trapsItself(command: Command): boolean {
  if (command.kind !== "simple" || command.words[0]?.literal !== "trap") return false;
  const action = command.words[1];
  // In double quotes `$$` stands for itself, too.
  const inner = readShell(action?.literal ?? action?.raw.replace(/^"(.*)"$/s, "$1") ?? "");
  return inner !== undefined && !suicides(inner).next().done;
}
