import type { Command } from "@commander-js/extra-typings";
import { suggest } from "../language/suggest.ts";
import { count, several, type Answer } from "./arguments.ts";
import type { Io } from "./io.ts";
import { others } from "./others.ts";

/** `runbook history`: what is on record. `end` takes what a command answers. */
export function addHistory(program: Command, end: End, io: Io): void {
  const history = program.command("history").description("what was done, when, and how it ended");
  addList(history, end, io);
  addShow(history, end, io);
  addVerify(history, end, io);
  addPrune(history, end, io);
}

type End = (answer: Answer) => void;

function addList(history: Command, end: End, io: Io): void {
  history
    .command("list", { isDefault: true })
    .description("the runs on record, newest first")
    .option("--schedule <name>", "only those that this schedule asked for")
    .option("--host <pattern>", "only those of these hosts (web:&prod:!db, by the groups that the run had)")
    .option(
      "--outcome <outcomes>",
      "only those that ended so (failed,unknown); with --host, where one of the hosts did",
    )
    .option(
      "--since <time>",
      "only those that began from then on: 7d (so long ago), or 2026-11-03T22:00, with a zone 2026-11-03T22:00Z",
    )
    .option("--until <time>", "only those that began before: likewise")
    .option("--limit <n>", "at most this many", count, 50)
    .option("--json", "as JSON lines")
    .option("--state <dir>", "where runs are on record")
    .allowExcessArguments()
    .action(async (options, { args: [word] }) => {
      // It is the default command, so a mistyped one ends up here: a run's id, as a rule.
      if (word !== undefined) {
        const meant = suggest(word, ["list", "show", "verify", "export", "prune"]) ?? `history show ${word}`;
        history.error(`error: no such command: history ${word}\n(Did you mean \`${meant}\`?)`);
      }
      const { historyList } = await others();
      end(await historyList(options, io));
    });
}

function addShow(history: Command, end: End, io: Io): void {
  history
    .command("show")
    .description("one run as it was")
    .argument("<run>", "its id, a unique beginning of it, or last")
    .option("--events", "its events, a sentence each")
    .option("--json", "its events as JSON lines")
    .option("--report <file>", "write it as a report instead: .html, .xml (JUnit) or .json (repeatable)", several)
    .option("--state <dir>", "where runs are on record")
    .action(async (run, options) => {
      const { historyShow } = await others();
      end(await historyShow(run, options, io));
    });
}

/** What proves a run, and takes one elsewhere. */
function addVerify(history: Command, end: End, io: Io): void {
  history
    .command("verify")
    .description("whether what is on record is as it was written: all runs, or one")
    .argument("[run]", "its id, a unique beginning of it, or last")
    .option(
      "--head <hash>",
      "the head that the run ended with: shows whether its end was cut off since, or all written anew",
    )
    .option("--file <file>", "a file that `history export` wrote, instead of the record")
    .option("--json", "as JSON lines, one a run")
    .option("--state <dir>", "where runs are on record")
    .action(async (run, options) => {
      const { historyVerify } = await others();
      end(await historyVerify(run, options, io));
    });
  history
    .command("export")
    .description("one run as JSON lines, an entry each with its hash")
    .argument("<run>", "its id, a unique beginning of it, or last")
    .option("--output <file>", "into a file that only you may read, instead of standard output")
    .option("--state <dir>", "where runs are on record")
    .action(async (run, options) => {
      const { historyExport } = await others();
      end(await historyExport(run, options, io));
    });
}

function addPrune(history: Command, end: End, io: Io): void {
  history
    .command("prune")
    .description("remove old runs from the record, but for those that may go on or still count")
    .requiredOption("--older-than <time>", "since their last entry, such as 90d")
    .option("--keep <n>", "the newest so many stay, however old", count)
    .option("--dry-run", "only say what would be removed")
    .option("--json", "as JSON lines, one a run")
    .option("--state <dir>", "where runs are on record")
    .action(async (options) => {
      const { historyPrune } = await others();
      end(await historyPrune(options, io));
    });
}
