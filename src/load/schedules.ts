import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { inFileOrder } from "../language/yaml/source.ts";
import { valueAt } from "../language/schema/schema-faults.ts";
import type { Yaml } from "../language/yaml/yaml.ts";
import type { Fault } from "../model/fault.ts";
import type { Notification } from "../model/notification.ts";
import type { Schedule } from "../model/schedule.ts";
import { examineSchedules } from "../schedule/compile.ts";
import { checkRunbooks } from "./schedule-runbooks.ts";
import { openPolicy } from "./policy.ts";
import { readText, unreadable } from "./text.ts";

/** Bytes that a file of schedules may have. */
const MAX_SCHEDULES = 1_000_000;

/** Where schedules are looked for. */
export type SchedulePlaces = {
  /** `--schedules`, or the argument of `lint`. */
  readonly option?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** What stood in the file when somebody read it, to go by that; all in it still begins where the file is. */
  readonly text?: string | undefined;
};

/** The file of schedules that counts: the option, else `$RUNBOOK_SCHEDULES`, else `./schedules.yml`; as a person wrote it. */
export function schedulesFile({ option, env }: SchedulePlaces): string | Fault {
  if (option === "")
    return { kind: "usage", where: "--schedules", message: "no file is named", hint: "--schedules FILE" };
  const variable = env["RUNBOOK_SCHEDULES"] ?? "";
  return option ?? (variable === "" ? "schedules.yml" : variable);
}

/** Where runbooks are looked for by somebody who stands in a directory. */
export type Searches = (directory: string) => readonly string[];

/** How closely the file is looked at. `now` is when contradictions are looked for. */
export type Closeness = {
  readonly now: number;
  /** Looks for runbooks and inventories too; left out: the text alone is checked. */
  readonly searches?: Searches;
};

/** A file of schedules as it was read. `directory` is where everything in it begins: names of runbooks, inventories and files. */
export type OpenedSchedules = {
  readonly path: string;
  /** What stands in it; undefined where it cannot be read. */
  readonly text?: string;
  readonly directory: string;
  /** Undefined where there are faults. */
  readonly schedules?: readonly Schedule[];
  /** Likewise. */
  readonly notifications?: readonly Notification[];
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
};

/** Reads the schedules that count, or tells every mistake in them. */
export async function openSchedules(places: SchedulePlaces, closeness: Closeness): Promise<OpenedSchedules> {
  const path = schedulesFile(places);
  if (typeof path !== "string") return { path: "", directory: places.cwd, faults: [path], warnings: [] };
  const directory = dirname(resolve(places.cwd, path));
  const text = places.text ?? (await textOf(path, resolve(places.cwd, path)));
  if (typeof text !== "string") return { path, directory, faults: [text], warnings: [] };
  const examined = examineSchedules(text, path, closeness.now);
  const { yaml, schedules, notifications = [] } = examined;
  if (yaml === undefined || schedules === undefined) return { path, directory, text, ...examined };
  const outside =
    closeness.searches === undefined ? [] : await checkOutside(yaml, schedules, directory, closeness.searches);
  const faults = inFileOrder([...examined.faults, ...outside]);
  return {
    path,
    directory,
    text,
    ...(faults.length === 0 && { schedules, notifications }),
    faults,
    warnings: examined.warnings,
  };
}

/** What stands in the file that is called `path`, or why it cannot be used. */
async function textOf(path: string, absolute: string): Promise<string | Fault> {
  const open = await stat(absolute).then(
    ({ mode }) => (mode & 0o002) !== 0,
    () => false,
  );
  if (open) {
    const message = "the schedules cannot be used: everybody on this machine may write the file";
    return { kind: "invalid-file", where: path, message, hint: `chmod o-w ${path}` };
  }
  const file = await readText(absolute, MAX_SCHEDULES);
  if ("text" in file) return file.text;
  const hint = "--schedules FILE or $RUNBOOK_SCHEDULES names another; docs/schedules.md shows how one is written";
  const kind = file.problem === "there is no such file" ? "usage" : "invalid-file";
  return { ...unreadable(file, path, hint), kind };
}

/** What the file names and what is not there, or is wrong itself. */
async function checkOutside(
  yaml: Yaml,
  schedules: readonly Schedule[],
  directory: string,
  searches: Searches,
): Promise<Fault[]> {
  const lookup = { cwd: directory, searchPath: [...searches(directory)] };
  const runbooks = await checkRunbooks(yaml, schedules, lookup);
  const inventories = await Promise.all(
    schedules.map(async (schedule, index) => [
      ...(await missingInventories(yaml, schedule, index, directory)),
      ...(await wrongPolicy(yaml, schedule, index, directory)),
    ]),
  );
  // An inventory at the top is told once, however many schedules use it.
  const all = [...runbooks, ...inventories.flat()];
  return [...new Map(all.map((fault) => [`${fault.where}\n${fault.message}`, fault])).values()];
}

async function missingInventories(
  yaml: Yaml,
  { inventories }: Schedule,
  index: number,
  directory: string,
): Promise<Fault[]> {
  const absent = await Promise.all(
    inventories.map(async (source) => !source.includes(",") && !(await exists(resolve(directory, source)))),
  );
  return inventories.flatMap((source, at) => {
    if (absent[at] !== true) return [];
    const message = `there is no inventory ${source} in ${directory}`;
    const hint = "paths begin where this file is; if it is a host, write a comma after it";
    return [yaml.fault(placeOfInventory(yaml, index, at), message, hint)];
  });
}

/** In the schedule, else at the top; a list has a place for each. */
function placeOfInventory({ value }: Yaml, index: number, at: number): readonly (string | number)[] {
  const own = ["schedules", index, "inventory"];
  const path = valueAt(value, own) === undefined ? ["inventory"] : own;
  return Array.isArray(valueAt(value, path)) ? [...path, at] : path;
}

async function wrongPolicy(yaml: Yaml, { policy }: Schedule, index: number, directory: string): Promise<Fault[]> {
  if (policy === null) return [];
  const place = ["schedules", index, "policy"];
  if (!(await exists(resolve(directory, policy))))
    return [yaml.fault(place, `there is no policy ${policy} in ${directory}`, "paths begin where this file is")];
  const [first, ...more] = (await openPolicy({ path: policy }, directory)).faults;
  if (first === undefined) return [];
  const others = more.length > 0 ? `, and ${more.length} more` : "";
  return [yaml.fault(place, `${first.where ?? policy}: ${first.message}${others}`, first.hint)];
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
