import type { Command } from "@commander-js/extra-typings";
import { count, several, type Answer } from "./arguments.ts";
import type { Io } from "./io.ts";

/** `runbook history`: what is on record. `end` takes what a command answers. */
export function addHistory(program: Command, end: (answer: Answer) => void, io: Io): void {
  const history = program.command("history").description("what was done, when, and how it ended");
  history
    .command("list", { isDefault: true })
    .description("the runs on record, newest first")
    .option("--limit <n>", "at most this many", count, 50)
    .option("--json", "as JSON lines")
    .option("--state <dir>", "where runs are on record")
    .allowExcessArguments()
    .action(async (options, { args: [word] }) => {
      // It is the default command, so a mistyped one ends up here: a run's id, as a rule.
      if (word !== undefined) {
        const { suggest } = await import("../language/suggest.ts");
        const meant = suggest(word, ["list", "show"]) ?? `history show ${word}`;
        history.error(`error: no such command: history ${word}\n(Did you mean \`${meant}\`?)`);
      }
      const { historyList } = await import("./history.ts");
      end(await historyList(options, io));
    });
  history
    .command("show")
    .description("one run as it was")
    .argument("<run>", "its id, a unique beginning of it, or last")
    .option("--events", "its events, a sentence each")
    .option("--json", "its events as JSON lines")
    .option("--report <file>", "write it as a report instead: .html, .xml (JUnit) or .json (repeatable)", several)
    .option("--state <dir>", "where runs are on record")
    .action(async (run, options) => {
      const { historyShow } = await import("./history.ts");
      end(await historyShow(run, options, io));
    });
}
