import { InvalidArgumentError, type Command } from "@commander-js/extra-typings";
import { count, seconds, type Answer } from "./arguments.ts";
import type { Io } from "./io.ts";

/** `runbook daemon`: runs what schedules say. `end` takes what it answers. */
export function addDaemon(program: Command, end: (answer: Answer) => void, io: Io): void {
  program
    .command("daemon")
    .description("run what schedules.yml says, day and night")
    .option("--schedules <file>", "a file of schedules instead of $RUNBOOK_SCHEDULES or ./schedules.yml")
    .option("--state <dir>", "where runs are on record; of several daemons with one of them one acts")
    .option(
      "--listen <address>",
      "serve /healthz and /metrics there, such as 127.0.0.1:9273 (default: nowhere)",
      address,
    )
    .option("--parallel <n>", "fires at work at once", count, 4)
    .option("--patience <duration>", "at its end, wait so long for what runs, then leave it to its hosts", seconds, 60)
    .action(async (options) => {
      const { daemon } = await import("./daemon.ts");
      end(await daemon(options, io));
    });
}

/** Where something is listened for. */
export type Address = { readonly host: string; readonly port: number };

function address(text: string): Address {
  const [, bracketed, bare, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw new InvalidArgumentError("expected an address and a port such as 127.0.0.1:9273 or [::1]:9273");
  }
  return { host: bracketed ?? bare ?? "", port: Number(port) };
}
