import type { RunPlan } from "../../model/plan.ts";
import { Runbook, type LoadedRunbook } from "../../model/runbook.ts";
import { readYaml } from "../yaml/yaml.ts";

/**
 * The runbook that a run was made with, from its record, whatever became of the file since. Of the files that it sends only the names are
 * on record. Null: the record is older than its text, or the text does not read as a runbook any more.
 */
export function storedRunbook({ runbook: { path, digest }, source }: RunPlan): LoadedRunbook | null {
  if (source === undefined) return null;
  const { yaml } = readYaml(source.text, { file: path, schema: "core" });
  const parsed = Runbook.safeParse(yaml?.value);
  if (!parsed.success) return null;
  const files = new Map(source.files.map((name) => [name, new Uint8Array()]));
  return { runbook: parsed.data, path, text: source.text, digest, functions: source.functions, files };
}
