import { realpathSync } from "node:fs";
import { delimiter, resolve } from "node:path";
import { isSameZone } from "../language/zone.ts";
import { openSchedules } from "../load/schedules.ts";
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
import { writeExport } from "./schedule-export-files.ts";
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
  const source = resolve(opened.path);
  const exported = exportAll(chosen.schedules, options, {
    program: [process.execPath, realpathSync(process.argv[1] ?? "")],
    directory: opened.directory,
    source,
    to: resolve(options.dir ?? opened.directory),
    state: resolve(stateDir(options.state, env)),
    user: userName(env),
    variables: variablesOf(env, opened.directory),
    now: Date.now(),
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
  tell([...(options.crontab === true ? clockNotes(env) : []), ...exported.notes], io, "warning");
  if (exported.faults.length > 0) return exported.faults;
  if (options.dir !== undefined) {
    return await writeExport(exported.files, { dir: options.dir, source, whole: name === undefined }, io);
  }
  for (const [file, text] of exported.files) io.out(options.systemd === true ? `# ${file}\n${text}\n` : text);
  return EXIT.ok;
}

/** That TZ says something else here than what cron goes by. */
function clockNotes({ TZ = "" }: NodeJS.ProcessEnv): Fault[] {
  const zone = machineZone();
  if (TZ === "" || zone === null || isSameZone(TZ, zone)) return [];
  const message = `TZ is ${TZ} here, and cron goes by the clocks of this machine (${zone})`;
  return [{ kind: "usage", where: "TZ", message, hint: "export without TZ, or see that cron has it, too" }];
}

/** Null where the machine does not say. */
function machineZone(): string | null {
  try {
    return realpathSync("/etc/localtime").split("/zoneinfo/")[1] ?? null;
  } catch {
    return null;
  }
}

/** Those of our variables that another scheduler would not have, with paths that hold everywhere: they begin where a fire does. */
function variablesOf(env: NodeJS.ProcessEnv, directory: string): Record<string, string> {
  const names = ["RUNBOOK_PATH", "RUNBOOK_POLICY", "RUNBOOK_WAIVERS", "ANSIBLE_VAULT_PASSWORD_FILE"];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name] ?? "";
      if (value === "") return [];
      const paths = name === "RUNBOOK_PATH" ? value.split(delimiter) : [value];
      return [[name, paths.map((path) => resolve(directory, path)).join(delimiter)]];
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
