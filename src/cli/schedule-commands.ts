import type { Command } from "@commander-js/extra-typings";
import { count, seconds, several, type Answer } from "./arguments.ts";
import type { Io } from "./io.ts";
import { others } from "./others.ts";

const FILE = "a file of schedules instead of $RUNBOOK_SCHEDULES or ./schedules.yml";

/** `runbook schedule`: what runs when. `end` takes what a command answers. */
export function addSchedules(program: Command, end: End, io: Io): void {
  const schedule = program.command("schedule").description("what runs by itself, and when");
  addLooks(schedule, end, io);
  addFileCommands(schedule, end, io);
  addActs(schedule, end, io);
  addFire(schedule, end, io);
}

type End = (answer: Answer) => void;

/** What tells of fires. */
function addLooks(schedule: Command, end: End, io: Io): void {
  schedule
    .command("list")
    .description("every schedule with its next fire and its last, and the latest run of its runbook")
    .option("--schedules <file>", FILE)
    .option("--json", "as JSON")
    .option("--state <dir>", "where runs are on record")
    .action(async (options) => {
      const { scheduleList } = await others();
      end(await scheduleList(options, io));
    });
  schedule
    .command("next")
    .description("the next fires, of all schedules or of one")
    .argument("[name]")
    .option("--count <n>", "so many", count, 10)
    .option("--schedules <file>", FILE)
    .option("--json", "as JSON")
    .option("--state <dir>", "where it is on record who has paused what")
    .action(async (name, options) => {
      const { scheduleNext } = await others();
      end(await scheduleNext(name, options, io));
    });
  schedule
    .command("preview")
    .description("every fire in some time, with what happens at it and why: changes of the clocks, windows, blackouts")
    .argument("[name]")
    .option("--from <time>", "2026-11-03T22:00, or with a zone 2026-11-03T22:00+01:00 (default: now)")
    .option("--to <time>", "likewise (default: a week later)")
    .option("--schedules <file>", FILE)
    .option("--json", "as JSON")
    .option("--state <dir>", "where it is on record who has paused what")
    .action(async (name, options) => {
      const { schedulePreview } = await others();
      end(await schedulePreview(name, options, io));
    });
}

/** What is done with the file. */
function addFileCommands(schedule: Command, end: End, io: Io): void {
  schedule
    .command("export")
    .description("the same as units of systemd or lines of a crontab, for those who keep their own cron")
    .argument("[name]")
    .option("--systemd", "a service and a timer each")
    .option("--crontab", "a line each")
    .option("--dir <dir>", "into files there, instead of standard output")
    .option("--schedules <file>", FILE)
    .option("--state <dir>", "where their runs are on record")
    .action(async (name, options) => {
      const { scheduleExport } = await others();
      end(await scheduleExport(name, options, io));
    });
  schedule
    .command("lint")
    .description("check a file of schedules, with the runbooks, policies and inventories that it names")
    .argument("[file]", "instead of $RUNBOOK_SCHEDULES or ./schedules.yml")
    .option("--schedules <file>", "the same")
    .option("--json", "as JSON")
    .action(async (file, { schedules, ...options }) => {
      const { scheduleLint } = await others();
      end(await scheduleLint(file ?? schedules, options, io));
    });
}

/** What a person has a schedule do, or not do. */
function addActs(schedule: Command, end: End, io: Io): void {
  schedule
    .command("run-now")
    .description("what a schedule does at its fires, now, and under all that it restrains")
    .argument("<name>")
    .option("-n, --dry-run", "only look")
    .option("--schedules <file>", FILE)
    .option("--no-tui", "plain lines even on a terminal")
    .option("--json", "the run's events, one JSON object a line, on stdout")
    .option("--state <dir>", "where runs are on record")
    .action(async (name, options) => {
      const { scheduleRunNow } = await import("./fire.ts");
      end(await scheduleRunNow(name, options, io));
    });
  schedule
    .command("pause")
    .description("let a schedule not fire, until resume or for some time; what runs is not touched")
    .argument("<name>")
    .option("--for <duration>", "such as 2h (default: until it is resumed)", seconds)
    .option("--reason <text>", "why: told with every fire that is left out")
    .option("--schedules <file>", FILE)
    .option("--state <dir>", "where runs are on record")
    .action(async (name, options) => {
      const { schedulePause } = await others();
      end(await schedulePause(name, options, io));
    });
  schedule
    .command("resume")
    .description("let a schedule that was paused fire again")
    .argument("<name>")
    .option("--schedules <file>", FILE)
    .option("--state <dir>", "where runs are on record")
    .action(async (name, options) => {
      const { scheduleResume } = await others();
      end(await scheduleResume(name, options, io));
    });
}

/** For the daemon alone. */
function addFire(schedule: Command, end: End, io: Io): void {
  schedule
    .command("fire", { hidden: true })
    .description("one fire, as the daemon begins it")
    .argument("<name>")
    .requiredOption("--nominal <time>", "the moment that its expression names")
    .option("--begun <time>", "when it was begun (default: now)")
    .requiredOption("--act <act>", "run or detect")
    .requiredOption("--run <id>", "the id that its run gets")
    .option("--why <text>", "why it only looks, or is late (repeatable)", several)
    .option("--digest <digest>", "of what is in force of the file of schedules, which comes on standard input")
    .option("--json", "the run's events, one JSON object a line, on stdout")
    .option("--schedules <file>", FILE)
    .option("--state <dir>", "where runs are on record")
    .action(async (name, options) => {
      const { scheduleFire } = await import("./fire.ts");
      end(await scheduleFire(name, options, io));
    });
}
