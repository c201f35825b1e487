import type { Command } from "@commander-js/extra-typings";
import type { Answer } from "./arguments.ts";
import type { Io } from "./io.ts";
import { others } from "./others.ts";

/** `runbook notify`: messages about the runs of schedules. `end` takes what a command answers. */
export function addNotify(program: Command, end: (answer: Answer) => void, io: Io): void {
  const notify = program.command("notify").description("messages about the runs of schedules");
  notify
    .command("list")
    .description("messages that have not arrived, and why; the oldest first")
    .option("--all", "those that have arrived, too")
    .option("--json", "as JSON lines, each with the whole message")
    .option("--state <dir>", "where runs are on record")
    .action(async (options) => {
      const { notifyList } = await others();
      end(await notifyList(options, io));
    });
  notify
    .command("retry")
    .description("have messages sent again that were refused or given up; the daemon does it")
    .argument("[message]", "the beginning of its id (default: all of them)")
    .option("--json", "as JSON")
    .option("--state <dir>", "where runs are on record")
    .action(async (message, options) => {
      const { notifyRetry } = await others();
      end(await notifyRetry(message, options, io));
    });
  notify
    .command("test")
    .description("send a sample message now, and say whether it arrived")
    .argument("<name>", "a notification of the file of schedules")
    .option("--schedules <file>", "a file of schedules instead of $RUNBOOK_SCHEDULES or ./schedules.yml")
    .option("--json", "as JSON")
    .action(async (name, options) => {
      const { notifyTest } = await others();
      end(await notifyTest(name, options, io));
    });
}
