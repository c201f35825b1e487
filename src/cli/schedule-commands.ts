import type { Command } from "@commander-js/extra-typings";
import type { Answer } from "./arguments.ts";
import type { Io } from "./io.ts";

/** `runbook schedule`: what runs when. `end` takes what a command answers. */
export function addSchedules(program: Command, end: (answer: Answer) => void, io: Io): void {
  const schedule = program.command("schedule").description("what runs by itself, and when");
  schedule
    .command("lint")
    .description("check a file of schedules, with the runbooks and inventories that it names")
    .argument("[file]", "instead of $RUNBOOK_SCHEDULES or ./schedules.yml")
    .option("--json", "as JSON")
    .action(async (file, options) => {
      const { scheduleLint } = await import("./schedule.ts");
      end(await scheduleLint(file, options, io));
    });
}
