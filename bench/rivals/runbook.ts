import { execFile } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Event } from "../../src/model/event.ts";
import type { Command } from "../measure.ts";
import type { Results, Rival } from "../rival.ts";
import { WIDTH } from "../target.ts";
import { RUNBOOK, type Script } from "../work.ts";

/** The command, as it is shipped. */
export const BIN = join(import.meta.dirname, "..", "..", "bin", "runbook.js");

/** The command as a person calls it: through its first line, with this Node at the front of the path. */
export function shipped(...given: readonly string[]): Command {
  const path = [dirname(process.execPath), process.env["PATH"] ?? "/usr/bin:/bin"].join(delimiter);
  return { argv: [BIN, ...given], env: { PATH: path } };
}

/** Runbook itself: a dry run with its journal on disk and its plain display. Every host ends as *found*, hence the exit code. */
export const runbook: Rival = {
  name: "runbook",
  exit: 2,
  async prepare(target, _work, dir) {
    const given = ["-i", target.inventory, "--dry-run", "--no-tui", "-p", `${WIDTH}`, "--state", join(dir, "state")];
    return shipped("run", RUNBOOK, ...given);
  },
  async results(dir, work) {
    const show = [BIN, "history", "show", "last", "--json", "--state", join(dir, "state")];
    const { stdout } = await promisify(execFile)(process.execPath, show, { maxBuffer: 1 << 30 });
    const lines = stdout.split("\n").filter((line) => line !== "");
    return fromEvents(
      lines.map((line) => JSON.parse(line) as Event),
      work,
    );
  },
};

/** What the journal says of each script. Of `applies` it keeps only that it was true. */
function fromEvents(events: readonly Event[], work: readonly Script[]): Results {
  const results = new Map<string, (string | null)[]>();
  const put = (host: string, step: string | null, part: Script["part"], printed: string | null): void => {
    const index = work.findIndex((script) => script.step === step && script.part === part);
    const reported = results.get(host) ?? work.map(() => null);
    results.set(host, reported.with(index, printed ?? work[index]?.prints ?? null));
  };
  for (const event of events) {
    if (event.type === "concerned") put(event.host, event.step, "applies", null);
    if (event.type === "detected") {
      const lines = event.findings.map((finding) => Object.values(finding.values).join("\t"));
      put(event.host, event.step, "detect", lines.join("\n"));
    }
    if (event.type === "previewed" && event.failed === null) put(event.host, event.step, "preview", event.output.head);
  }
  return results;
}
