import { fileURLToPath } from "node:url";
import { searchPathOf, type Lookup } from "../load/library.ts";

/** Where this process looks for runbooks: here, `$RUNBOOK_PATH`, and what is shipped beside the program. */
export function lookup(env: NodeJS.ProcessEnv): Lookup {
  const shipped = fileURLToPath(new URL("../runbooks", import.meta.url));
  return { cwd: process.cwd(), searchPath: searchPathOf(process.cwd(), env["RUNBOOK_PATH"], shipped) };
}
