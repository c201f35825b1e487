import { homedir } from "node:os";
import { join } from "node:path";

/** Where runs are on record: `--state`, `$RUNBOOK_STATE`, `$XDG_STATE_HOME/runbook`, else `~/.local/state/runbook`. */
export function stateDir(option: string | undefined, env: NodeJS.ProcessEnv): string {
  return (
    option ??
    nonEmpty(env["RUNBOOK_STATE"]) ??
    join(nonEmpty(env["XDG_STATE_HOME"]) ?? join(homedir(), ".local", "state"), "runbook")
  );
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
