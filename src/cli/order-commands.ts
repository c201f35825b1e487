import type { Command } from "@commander-js/extra-typings";
import type { Answer } from "./arguments.ts";
import type { Io } from "./io.ts";
import { others } from "./others.ts";

/** `runbook stop`, `freeze` and `unfreeze`: what is ordered of runs at work. `end` takes what a command answers. */
export function addOrders(program: Command, end: (answer: Answer) => void, io: Io): void {
  program
    .command("stop")
    .description("ask a run at work to stop: no new fix starts, what runs is finished and verified")
    .argument("<run>", "its id, a unique beginning of it, or last")
    .option("--kill-jobs", "end the fixes that run on its hosts, and roll them back where they can be")
    .option("--state <dir>", "where runs are on record")
    .action(async (run, options) => {
      const { stop } = await others();
      end(await stop(run, options, io));
    });
  program
    .command("freeze")
    .description("let no fix start in any run of this record, until unfreeze")
    .option("--reason <text>", "why")
    .option("--state <dir>", "where runs are on record")
    .action(async (options) => {
      const { freeze } = await others();
      end(await freeze(options, io));
    });
  program
    .command("unfreeze")
    .description("let fixes start again")
    .option("--state <dir>", "where runs are on record")
    .action(async (options) => {
      const { unfreeze } = await others();
      end(await unfreeze(options, io));
    });
}
