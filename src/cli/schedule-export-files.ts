import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { readText } from "../load/text.ts";
import type { Fault } from "../model/fault.ts";
import { clean } from "../view/clean.ts";
import { EXIT } from "./exit.ts";
import { tell, type Io } from "./io.ts";
import { replaceFile, wordsOf } from "./whole-file.ts";

/** Where an export goes. `whole`: it has all schedules of the file that is its source. */
type Target = { readonly dir: string; readonly source: string; readonly whole: boolean };

/** Bytes of a file that are looked through for who wrote it. */
const MOST = 1_000_000;

/** Writes files by name, and tells what an earlier export has left there. What is not of the same source is left as it is, and then nothing is written. */
export async function writeExport(
  files: ReadonlyMap<string, string>,
  target: Target,
  io: Io,
): Promise<number | readonly Fault[]> {
  const { dir } = target;
  const made = await mkdir(dir, { recursive: true }).then(() => null, wordsOf);
  if (made !== null)
    return [{ kind: "usage", where: dir, message: `the directory cannot be made: ${made}`, hint: DIR }];
  const faults = (await Promise.all([...files].map((file) => faultOf(file, target)))).flat();
  if (faults.length > 0) return faults;
  for (const [file, text] of files) {
    const path = join(dir, file);
    const message = await replaceFile(path, () => text);
    if (message !== null) return [{ kind: "usage", where: path, message, hint: DIR }];
    io.out(`${clean(path)}\n`);
  }
  if (target.whole) tell(await leftOver(files, target), io, "warning");
  return EXIT.ok;
}

const DIR = "choose another directory";

const MARK = "written by `runbook schedule export";

/** Whose a file is that was written before: every schedule that its comments name, with the file that this is of. */
const WRITTEN = /^# The schedule (\S+) of (.*), written by `runbook schedule export/gm;

function ownersIn(text: string): readonly { readonly name: string; readonly source: string }[] {
  return [...text.matchAll(WRITTEN)].map(([, name = "", source = ""]) => ({ name, source }));
}

async function faultOf([file, text]: readonly [string, string], { dir, source, whole }: Target): Promise<Fault[]> {
  const where = join(dir, file);
  const before = await readText(where, MOST);
  const fault = (message: string, hint: string): Fault[] => [{ kind: "usage", where, message, hint }];
  if ("problem" in before && before.problem === "there is no such file") return [];
  if ("problem" in before || !before.text.includes(MARK)) {
    return fault(
      "this file was not written by `runbook schedule export`, and is left as it is",
      "move it away, or choose another directory",
    );
  }
  const owners = ownersIn(before.text);
  const other = owners.find((one) => one.source !== source);
  if (other !== undefined) return fault(`this file has the schedule ${other.name} of ${other.source}`, DIR);
  const own = new Set(ownersIn(text).map(({ name }) => name));
  const more = owners.find(({ name }) => !own.has(name));
  if (whole || more === undefined) return [];
  return fault(`this file has the schedule ${more.name}, too`, "export all of them, or choose another directory");
}

/** Units of schedules that are not in the file any more, or not enabled: they would go on firing. */
async function leftOver(files: ReadonlyMap<string, string>, { dir, source }: Target): Promise<Fault[]> {
  const units = (await readdir(dir)).filter((file) => /^runbook-.*\.timer$/.test(file) && !files.has(file));
  const old = await Promise.all(
    units.map(async (file): Promise<Fault[]> => {
      const before = await readText(join(dir, file), MOST);
      if ("problem" in before || !ownersIn(before.text).some((one) => one.source === source)) return [];
      const hint = `\`systemctl disable --now ${file}\` where it is installed, and remove it`;
      return [{ kind: "usage", where: join(dir, file), message: "no schedule of the file makes this timer now", hint }];
    }),
  );
  return old.flat();
}
