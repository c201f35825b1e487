import { realpathSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { openSchedules } from "../load/schedules.ts";
import { readText } from "../load/text.ts";
import type { Fault } from "../model/fault.ts";
import type { Schedule } from "../model/schedule.ts";
import { crontabLine } from "../schedule/crontab.ts";
import { hoursPolicy } from "../schedule/errand.ts";
import type { ExportPlace } from "../schedule/export.ts";
import { systemdUnits } from "../schedule/systemd.ts";
import { EXIT } from "./exit.ts";
import { tell, type Io } from "./io.ts";
import { lookup } from "./library.ts";
import { chosenOf, type ScheduleOptions } from "./schedule.ts";
import { stateDir } from "./state.ts";
import { userName } from "./user.ts";

/** `runbook schedule export`'s options, as the command line gives them. */
export type ExportOptions = Pick<ScheduleOptions, "schedules"> & {
  readonly systemd?: boolean | undefined;
  readonly crontab?: boolean | undefined;
  readonly dir?: string | undefined;
  readonly state?: string | undefined;
};

/** Writes schedules as units of systemd or lines of a crontab, for those who keep their own cron. What cannot be said there is refused, or told. */
export async function scheduleExport(
  name: string | undefined,
  options: ExportOptions,
  io: Io,
): Promise<number | readonly Fault[]> {
  const { env } = process;
  if ((options.systemd === true) === (options.crontab === true)) {
    return [
      {
        kind: "usage",
        message: "expected one of --systemd and --crontab",
        hint: "`runbook schedule export --systemd --dir units`",
      },
    ];
  }
  const searches = (directory: string) => lookup(env, directory).searchPath;
  const opened = await openSchedules(
    { option: options.schedules, env, cwd: process.cwd() },
    { now: Date.now(), searches },
  );
  if (opened.schedules === undefined) return opened.faults;
  const chosen = chosenOf(opened.schedules, name, opened.path);
  if (!("schedules" in chosen)) return [chosen];
  const exported = exportAll(chosen.schedules, options, {
    program: [process.execPath, realpathSync(process.argv[1] ?? "")],
    directory: opened.directory,
    source: resolve(opened.path),
    to: resolve(options.dir ?? opened.directory),
    state: resolve(stateDir(options.state, env)),
    user: userName(env),
    variables: variablesOf(env),
    now: Date.now(),
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
  tell(exported.notes, io, "warning");
  if (exported.faults.length > 0) return exported.faults;
  if (options.dir !== undefined) return await writeAll(exported.files, options.dir, io);
  for (const [file, text] of exported.files) io.out(options.systemd === true ? `# ${file}\n${text}\n` : text);
  return EXIT.ok;
}

/** Those of our variables that another scheduler would not have, with paths that hold everywhere. */
function variablesOf(env: NodeJS.ProcessEnv): Record<string, string> {
  const names = ["RUNBOOK_PATH", "RUNBOOK_POLICY", "RUNBOOK_WAIVERS"];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name] ?? "";
      if (value === "") return [];
      const paths = name === "RUNBOOK_PATH" ? value.split(delimiter) : [value];
      return [[name, paths.map((path) => resolve(path)).join(delimiter)]];
    }),
  );
}

type ExportedAll = {
  readonly files: ReadonlyMap<string, string>;
  readonly faults: readonly Fault[];
  readonly notes: readonly Fault[];
};

/** All of them, or the reasons why not: half of the schedules would pass for all. */
function exportAll(schedules: readonly Schedule[], options: ExportOptions, place: ExportPlace): ExportedAll {
  const files = new Map<string, string>();
  const [faults, notes]: [Fault[], Fault[]] = [[], []];
  for (const schedule of schedules) {
    const say = (message: string): Fault => ({
      kind: "invalid-file",
      where: schedule.where,
      message: `${schedule.name}: ${message}`,
    });
    if (!schedule.enabled) {
      notes.push(say("it is not enabled, and left out"));
      continue;
    }
    const exported = options.systemd === true ? systemdUnits(schedule, place) : crontabLine(schedule, place);
    if ("refusals" in exported) {
      const hint = "write it otherwise, or let `runbook daemon` do it, which knows all that a schedule says";
      faults.push(...exported.refusals.map((refusal) => ({ ...say(refusal), hint })));
      continue;
    }
    if (hoursPolicy(schedule) !== null && options.dir === undefined) {
      faults.push({ ...say("its hours become a policy, which is a file of its own"), hint: "say where to: --dir DIR" });
    }
    notes.push(...exported.losses.map((loss) => say(`not said there: ${loss}`)));
    // Lines of one crontab follow each other.
    for (const [file, text] of exported.files) files.set(file, `${files.get(file) ?? ""}${text}`);
  }
  return { files, faults, notes };
}

const MARK = /written by `runbook schedule export/;

async function writeAll(files: ReadonlyMap<string, string>, dir: string, io: Io): Promise<number | readonly Fault[]> {
  await mkdir(dir, { recursive: true });
  for (const file of files.keys()) {
    const path = join(dir, file);
    const before = await readText(path, 1_000_000);
    if ("problem" in before ? before.problem === "there is no such file" : MARK.test(before.text)) continue;
    const hint = "move it away, or choose another directory";
    return [
      {
        kind: "usage",
        where: path,
        message: "this file was not written by `runbook schedule export`, and is left as it is",
        hint,
      },
    ];
  }
  for (const [file, text] of files) {
    await writeFile(join(dir, file), text);
    io.out(`${join(dir, file)}\n`);
  }
  return EXIT.ok;
}
