import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { load } from "js-yaml";

/** One script of the work and what it must print (without the white space at its ends). */
export type Script = {
  readonly step: string;
  readonly part: "applies" | "detect" | "preview";
  readonly text: string;
  readonly prints: string;
};

type Runbook = {
  readonly steps: readonly {
    readonly id: string;
    readonly applies: string;
    readonly detect: { readonly run: string };
    readonly fix: { readonly preview: string };
  }[];
};

/** The runbook that all of the work is taken from. */
export const RUNBOOK = join(import.meta.dirname, "work", "bench.yml");

/** Every script of the runbook, in the order in which a dry run sends them, with what it prints on this machine, which is every host as well. */
export async function readWork(): Promise<readonly Script[]> {
  const runbook = load(await readFile(RUNBOOK, "utf8")) as Runbook;
  const scripts = runbook.steps.flatMap((step) => [
    { step: step.id, part: "applies" as const, text: step.applies },
    { step: step.id, part: "detect" as const, text: step.detect.run },
    { step: step.id, part: "preview" as const, text: step.fix.preview },
  ]);
  return Promise.all(scripts.map(async (script) => ({ ...script, prints: await printed(script.text) })));
}

async function printed(text: string): Promise<string> {
  const { stdout } = await promisify(execFile)("sh", ["-c", text]);
  return stdout.trim();
}
