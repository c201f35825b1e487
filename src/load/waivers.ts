import { lstat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Fault } from "../model/fault.ts";
import type { WrittenWaiver } from "../model/waiver-file.ts";
import { readText, unreadable } from "./text.ts";

/** Bytes that a file of waivers may have. */
const MAX_WAIVERS = 1_000_000;

/** Where waivers are looked for: `option` is `--waivers`. */
export type WaiverPlaces = {
  readonly option: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** ms since the epoch. */
  readonly now: number;
};

/** The waivers of `--waivers`, else of `$RUNBOOK_WAIVERS`, else of `./waivers.yml` where it is there; or every mistake in them. */
export async function loadWaivers({
  option,
  env,
  cwd,
  now,
}: WaiverPlaces): Promise<
  | { readonly waivers: readonly WrittenWaiver[]; readonly warnings: readonly Fault[] }
  | { readonly faults: readonly Fault[] }
> {
  const variable = env["RUNBOOK_WAIVERS"] ?? "";
  const said = option === undefined ? (variable === "" ? undefined : "$RUNBOOK_WAIVERS") : "--waivers";
  const path = option ?? (variable === "" ? "waivers.yml" : variable);
  if (path === "")
    return { faults: [{ kind: "usage", where: "--waivers", message: "no file is named", hint: "--waivers FILE" }] };
  const absolute = resolve(cwd, path);
  if (said === undefined && (await isAbsent(absolute))) return { waivers: [], warnings: [] };
  const file = await readText(absolute, MAX_WAIVERS);
  if ("problem" in file) {
    const fault = unreadable(file, path, said === undefined ? "mend it or remove it" : `${said} names it`);
    return { faults: [{ ...fault, message: `the waivers cannot be used: ${file.problem}` }] };
  }
  // Most runs are without any: they do without their schema.
  const { examineWaivers } = await import("../language/waivers/compile.ts");
  const { waivers, faults, warnings } = examineWaivers(file.text, path, now);
  return faults.length > 0 ? { faults } : { waivers, warnings };
}

async function isAbsent(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT";
  }
}
