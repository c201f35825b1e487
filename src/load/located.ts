import { scriptsOf } from "../language/runbook/scripts.ts";
import { sourceOf } from "../language/yaml/source.ts";
import { isUnknown, type Path } from "../language/yaml/path.ts";
import type { Yaml } from "../language/yaml/yaml.ts";
import type { Fault } from "../model/fault.ts";
import type { Runbook } from "../model/runbook.ts";

/** What a runbook names besides itself. */
export type RunbookParts = {
  /** All of them, as they are put before a script. */
  readonly functions: string;
  /** Each file of them as the runbook's faults name it, with its text. */
  readonly functionsFiles: ReadonlyMap<string, string>;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly unreadable: ReadonlyMap<string, string>;
};

/** A place in a script: its line from 1, and what of that line. */
export type Spot = { readonly line: number; readonly column?: number; readonly length?: number };

/** A script with its shell, and how a fault at a place in it is told. */
export type Located = {
  readonly text: string;
  readonly shell: "sh" | "bash";
  /** Functions are put before the scripts. */
  readonly functions: boolean;
  readonly at: (spot: Spot, message: string, hint?: string) => Fault;
};

/** The scripts of a runbook that a POSIX shell runs, without those of which it is not known what they are (`lost`). */
export function locatedScripts(yaml: Yaml, draft: Runbook, lost: readonly Path[]): Located[] {
  return scriptsOf(draft).flatMap(({ path, text, shell }): Located[] => {
    if (shell === "powershell" || isUnknown(lost, path)) return [];
    const at: Located["at"] = ({ line, column = 1, length = text.length }, message, hint) =>
      yaml.faultAt(yaml.within(path, startOf(text, line) + column - 1, length), message, hint);
    return [{ text, shell, functions: false, at }];
  });
}

/** The offset at which a line (from 1) begins; the text's length beyond its end. */
function startOf(text: string, line: number): number {
  return text.split("\n", line - 1).reduce((sum, each) => sum + each.length + 1, 0);
}

/** The functions that are put before them, file by file, for each shell that reads them. */
export function locatedFunctions(draft: Runbook, { functionsFiles }: Pick<RunbookParts, "functionsFiles">): Located[] {
  const shells = new Set(scriptsOf(draft).map(({ shell }) => shell));
  return [...functionsFiles].flatMap(([file, text]) => {
    const source = sourceOf(text, file);
    const at: Located["at"] = ({ line, column = 1, length = text.length }, message, hint) => {
      const start = startOf(text, line) + column - 1;
      return source.fault(source.place(start, start + length), message, hint);
    };
    return [...shells].flatMap((shell) => (shell === "powershell" ? [] : [{ text, shell, functions: true, at }]));
  });
}
