import { readYaml } from "../yaml/yaml.ts";
import type { Draft, Variable } from "./draft.ts";

/**
 * Reads a file of `group_vars` or `host_vars` into `vars`, over what is there. As in Ansible an empty file says nothing, a key may be a
 * number, and of a key that is given twice the last one counts; a word is said of that.
 */
export function readVarsFile(
  draft: Draft,
  vars: Map<string, Variable>,
  text: string,
  { file, hidden }: { readonly file: string; readonly hidden?: boolean },
): void {
  if (saysNothing(text)) return;
  const { yaml, faults } = readYaml(text, { file, schema: "yaml11", hidden, anyKeys: true });
  if (yaml === undefined) return void draft.faults.push(...faults);
  draft.warnings.push(...faults);
  const { value } = yaml;
  if (value === null || value === undefined) return;
  if (typeof value !== "object" || Array.isArray(value) || value instanceof Date) {
    draft.faults.push(
      yaml.fault([], "variables are a mapping, and this is something else", "write them as `name: value`"),
    );
    return;
  }
  for (const [name, each] of Object.entries(value))
    vars.set(name, { value: each, fault: (message, hint, which) => yaml.fault([name], message, hint, which) });
}

/** Only blanks, comments and the marks of a document. */
function saysNothing(text: string): boolean {
  return text.split(/\r\n|\r|\n/).every((line) => /^\s*(?:#.*)?$|^---\s*(?:#.*)?$|^\.\.\.\s*$/.test(line));
}
