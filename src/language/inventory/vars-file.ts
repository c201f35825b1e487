import { readYaml } from "../yaml/yaml.ts";
import { isSecret } from "../../model/secret.ts";
import { concealed, concealedFault } from "./concealed.ts";
import type { Draft, FileOrigin, Variable } from "./draft.ts";

/**
 * Reads a file of `group_vars` or `host_vars` into `vars`, over what is there. As in Ansible an empty file says nothing, a key may be a
 * number, and of a key that is given twice the last one counts; a word is said of that.
 */
export function readVarsFile(
  draft: Draft,
  vars: Map<string, Variable>,
  text: string,
  { file, hidden = false }: Omit<FileOrigin, "directory">,
): void {
  if (saysNothing(text)) return;
  const {
    yaml,
    faults,
    lost = [],
    open,
  } = readYaml(text, {
    file,
    schema: "yaml11",
    hidden,
    textKeys: () => false,
    open: draft.open,
  });
  const told = hidden ? faults.map(concealedFault) : faults;
  if (yaml === undefined) return void draft.faults.push(...told);
  // Of a key that is given twice the last one counts; what an alias or another document was to say is not known.
  (lost.length > 0 || open !== undefined ? draft.faults : draft.warnings).push(...told);
  const { value } = yaml;
  if (value === null || value === undefined) return;
  if (typeof value !== "object" || Array.isArray(value) || isSecret(value)) {
    draft.faults.push(
      yaml.fault([], "variables are a mapping, and this is something else", "write them as `name: value`"),
    );
    return;
  }
  for (const [name, each] of Object.entries(value))
    vars.set(name, {
      value: hidden ? concealed(each) : each,
      fault: (message, hint, which) => yaml.fault([name], message, hint, which),
    });
}

/** Only blanks, comments and the marks of a document. */
function saysNothing(text: string): boolean {
  return text.split(/\r\n|\r|\n/).every((line) => /^\s*(?:#.*)?$|^---\s*(?:#.*)?$|^\.\.\.\s*$/.test(line));
}
