import { Argument, type Command } from "@commander-js/extra-typings";
import type { Answer } from "./arguments.ts";
import type { Io } from "./io.ts";
import { others } from "./others.ts";

/** Completion of our own command line in the user's shell. `end` takes what a command answers. */
export function addCompletion(program: Command, end: (answer: Answer) => void, io: Io): void {
  program
    .command("completion")
    .description("what a shell reads to complete our commands: source <(runbook completion bash)")
    .addArgument(new Argument("<shell>", "bash, zsh or fish").choices(["bash", "zsh", "fish"] as const))
    .action(async (shell) => {
      const { completion } = await others();
      end(completion(shell, io));
    });

  program
    .command("__complete", { hidden: true })
    .argument("<word...>")
    .helpOption(false)
    .action(async (words) => {
      const { complete, lookup } = await others();
      end(await complete(program, words, lookup(process.env), io));
    });
}
