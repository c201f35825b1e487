import type { Command } from "@commander-js/extra-typings";
import { count, type Answer } from "./arguments.ts";
import type { Io } from "./io.ts";
import { others } from "./others.ts";

/** `runbook lab`: practice hosts. `end` takes what a command answers. */
export function addLab(program: Command, end: (answer: Answer) => void, io: Io): void {
  const lab = program.command("lab").description("practice hosts with a fault, on this machine");
  const labAction = async (verb: "up" | "down" | "status" | "serve", hosts: number): Promise<void> => {
    const { labUp, labDown, labStatus, labServe, labDirectory } = await others();
    const entry = process.argv[1] ?? "";
    const context = { stateDir: labDirectory(process.env), io, selfArgv: [entry] };
    const verbs = { up: labUp, down: labDown, status: labStatus, serve: labServe };
    end(await verbs[verb](context, hosts));
  };
  lab
    .command("up")
    .description("bring them up, with their faults")
    .option("--hosts <n>", "how many", count, 4)
    .action((options) => labAction("up", options.hosts));
  lab
    .command("down")
    .description("end them and remove everything they made")
    .action(() => labAction("down", 0));
  lab
    .command("status")
    .description("which are up, and how to reach them")
    .action(() => labAction("status", 0));
  lab
    .command("serve", { hidden: true })
    .requiredOption("--hosts <n>", "how many", count)
    .action((options) => labAction("serve", options.hosts));
}
