import { resolve } from "node:path";
import { searchPathOf, type Lookup } from "../load/library.ts";

/** Where this process looks for runbooks: here (or in another directory), `$RUNBOOK_PATH`, and what is shipped beside the program. */
export function lookup(env: NodeJS.ProcessEnv, cwd = process.cwd()): Lookup {
  // Built, this file is in dist; run from its source, it is one directory deeper.
  const shipped = import.meta.filename.endsWith(".ts") ? "../../runbooks" : "../runbooks";
  const library = resolve(import.meta.dirname, shipped);
  return { cwd, searchPath: [...new Set(searchPathOf(cwd, env["RUNBOOK_PATH"], library))] };
}
