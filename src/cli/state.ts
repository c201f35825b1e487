import { join, resolve } from "node:path";
import { FaultError } from "../model/fault.ts";
import { quote } from "../script/quote.ts";
import { homeOf } from "./user.ts";

/** Where runs are on record: `--state`, `$RUNBOOK_STATE`, `$XDG_STATE_HOME/runbook`, else `~/.local/state/runbook`. Throws a usage fault when the option is empty, as an unset variable makes it. */
export function stateDir(option: string | undefined, env: NodeJS.ProcessEnv): string {
  if (option === "") {
    throw new FaultError({ kind: "usage", where: "--state", message: "no directory is named", hint: "--state DIR" });
  }
  return (
    option ??
    nonEmpty(env["RUNBOOK_STATE"]) ??
    join(nonEmpty(env["XDG_STATE_HOME"]) ?? join(homeOf(env), ".local", "state"), "runbook")
  );
}

/** ` --state DIR` for a command that somebody types later, in a shell without our variables; nothing where it is where runs are without them. */
export function stateOption(dir: string, env: NodeJS.ProcessEnv): string {
  if (resolve(dir) === resolve(stateDir(undefined, { ...env, RUNBOOK_STATE: "" }))) return "";
  return pathOption("--state", dir);
}

/** ` --option PATH` as a shell reads it. */
export function pathOption(option: string, path: string): string {
  return ` ${option} ${/^[\w@%+=:,./-]+$/.test(path) ? path : quote(path)}`;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
