import { fileURLToPath } from "node:url";
import { searchPathOf, type Lookup } from "../load/library.ts";

/** Where this process looks for runbooks: here (or in another directory), `$RUNBOOK_PATH`, and what is shipped beside the program. */
export function lookup(env: NodeJS.ProcessEnv, cwd = process.cwd()): Lookup {
  // Built, this file is in dist; run from its source, it is one directory deeper.
  const shipped = import.meta.url.endsWith(".ts") ? "../../runbooks" : "../runbooks";
  const library = fileURLToPath(new URL(shipped, import.meta.url));
  return { cwd, searchPath: [...new Set(searchPathOf(cwd, env["RUNBOOK_PATH"], library))] };
}
