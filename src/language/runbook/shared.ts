import type { Runbook } from "../../model/runbook.ts";
import { readBeginning, readShell } from "../shell/shell.ts";
import { leaves } from "../shell/scope.ts";
import { functionsOf, type Functions } from "../shell/status.ts";
import type { ShellScript, Variables } from "../shell/tree.ts";
import { sourceOf, type Source } from "../yaml/source.ts";
import type { Context } from "./check-report.ts";

/** A file of functions, as far as it is understood. */
export type SharedFile = {
  readonly source: Source;
  readonly script: ShellScript | undefined;
  readonly variables: Variables;
};

/** What is put before every script of a runbook. */
export type Shared = {
  readonly files: readonly SharedFile[];
  readonly functions: Functions;
  /** Whether all that it sets is known: its files can be read, and none of them uses `eval` or another file, or changes what a pipe may set (`lastpipe`). */
  readonly known: boolean;
};

/** The `functions` of a runbook. */
export function sharedOf(
  { functions = [] }: Runbook,
  { functionsFiles, unreadable, unknown = false }: Context,
): Shared {
  const files = Array.from(functionsFiles ?? [], ([name, text]) => fileOf(name, text));
  const named = [functions].flat();
  const all = named.length === 0 || (files.length > 0 && !named.some((name) => unreadable?.has(name) === true));
  return {
    files,
    functions: new Map(files.flatMap(({ script }) => (script === undefined ? [] : [...functionsOf(script)]))),
    known:
      !unknown && all && !files.some(({ variables, source }) => variables.opaque || source.text.includes("lastpipe")),
  };
}

function fileOf(name: string, text: string): SharedFile {
  const script = readShell(text);
  const variables = script ?? { ...readBeginning(text), ...anywhere(text) };
  return { source: sourceOf(text, name), script, variables };
}

/** Of what is not understood, each word may be one that gets a value. */
function anywhere(text: string): Pick<Variables, "assignments"> {
  const words = new Set(text.match(/[A-Za-z_]\w*/g));
  return { assignments: Array.from(words, (name) => ({ name, at: 0, reach: "shell" })) };
}

/** Whether the functions leave a variable set for the scripts behind them; `calling`: for a function that one of them may call. */
export function sharedSets({ files }: Shared, name: string, calling: boolean): boolean {
  return files.some(({ variables }) => leaves(variables, name, calling));
}
