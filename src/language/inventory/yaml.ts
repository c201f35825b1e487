import type { Fault } from "../../model/fault.ts";
import { isSecret } from "../../model/secret.ts";
import { concealed } from "./concealed.ts";
import { group, type Draft, type DraftGroup, type FaultHere, type FileOrigin, type Variable } from "./draft.ts";
import { addChild, addHosts, groupNameError, setVariable } from "./members.ts";
import { suggest } from "../suggest.ts";
import type { Path } from "../yaml/path.ts";
import { readYaml, type Yaml } from "../yaml/yaml.ts";

const SECTIONS = ["hosts", "children", "vars"];
const SHAPE = "a group may have `hosts`, `children` and `vars`, each a mapping";

/** One file being read into a draft. */
type Reading = { readonly draft: Draft; readonly yaml: Yaml; readonly directory: string; readonly hidden: boolean };

/** Reads Ansible's YAML form into the draft; what is wrong is added to its faults. `directory` (absolute) is the file's own. */
export function readInventoryYaml(draft: Draft, text: string, { file, directory, hidden = false }: FileOrigin): void {
  const { yaml, faults } = readYaml(text, { file, schema: "yaml11", hidden, open: draft.open, textKeys });
  draft.faults.push(...faults);
  if (yaml === undefined) return;
  const reading: Reading = { draft, yaml, directory, hidden };
  if (yaml.value === null) return void draft.faults.push(emptyFile(file));
  const groups = entries(yaml.value);
  if (groups === undefined)
    return wrong(reading, [], `an inventory is a mapping of groups, and this is ${kindOf(yaml.value)}`, EXAMPLE);
  if (Object.hasOwn(groups, "plugin")) {
    return wrong(
      reading,
      ["plugin"],
      "the configuration of an inventory plugin is not supported yet",
      "write the hosts into a file: `ansible-inventory --list --yaml` prints them",
      "key",
    );
  }
  for (const name of Object.keys(groups)) readGroup(reading, [name], name, groups[name]);
}

/** Names of groups, sections and hosts are texts; below a variable anything goes. */
function textKeys([group, section, ...rest]: readonly string[]): boolean {
  if (group === undefined || section === undefined) return true;
  return section === "children" ? textKeys(rest) : section === "hosts" && rest.length === 0;
}

const EXAMPLE = "for instance `web: { hosts: { web1: {}, web2: {} } }`";

function emptyFile(file: string): Fault {
  return { kind: "invalid-file", message: "the inventory is empty", hint: EXAMPLE, where: `${file}:1:1` };
}

function readGroup(reading: Reading, path: Path, name: string, value: unknown): void {
  if (path.length === 1 && SECTIONS.includes(name)) {
    return wrong(
      reading,
      path,
      `\`${name}\` stands where a group's name is expected`,
      "put it under a group, for instance `all:`",
      "key",
    );
  }
  const nameless = groupNameError(name);
  if (nameless !== undefined) return wrong(reading, path, nameless, undefined, "key");
  const made = group(reading.draft, name);
  if (value === null || value === undefined) return;
  const sections = entries(value);
  if (sections === undefined) return wrong(reading, path, `the group \`${name}\` is ${kindOf(value)}`, SHAPE);
  for (const [key, section] of Object.entries(sections)) readSection(reading, [...path, key], made, key, section);
}

function readSection(reading: Reading, path: Path, into: DraftGroup, key: string, value: unknown): void {
  if (!SECTIONS.includes(key)) {
    const meant = SECTIONS.find((section) => section.startsWith(key)) ?? suggest(key, SECTIONS);
    const hint = meant === undefined ? SHAPE : `did you mean \`${meant}\`?`;
    return wrong(reading, path, `\`${key}\` is nothing that the group \`${into.name}\` can have`, hint, "key");
  }
  const items = typeof value === "string" ? { [value]: null } : value === null ? {} : entries(value);
  if (items === undefined) {
    const hint = Array.isArray(value) ? `write each with a colon instead of a dash: \`${example(value)}:\`` : SHAPE;
    return wrong(
      reading,
      path,
      `\`${key}\` of the group \`${into.name}\` must be a mapping, and this is ${kindOf(value)}`,
      hint,
    );
  }
  for (const [name, item] of Object.entries(items)) {
    // A text alone (`hosts: web1`) stands for its only key.
    const at = typeof value === "string" ? path : [...path, name];
    if (key === "hosts") readHosts(reading, at, into, name, item);
    else if (key === "children") readChild(reading, at, into, name, item);
    else setVariable(reading.draft, into, name, variable(reading, at, item));
  }
}

function readChild(reading: Reading, path: Path, into: DraftGroup, name: string, value: unknown): void {
  readGroup(reading, path, name, value);
  if (reading.draft.groups.has(name)) addChild(reading.draft, into, name, faultAt(reading, path));
}

function readHosts(reading: Reading, path: Path, into: DraftGroup, written: string, value: unknown): void {
  const vars = value === null || value === undefined ? {} : entries(value);
  if (vars === undefined) {
    return wrong(
      reading,
      path,
      `the variables of \`${written}\` must be a mapping, and this is ${kindOf(value)}`,
      "write them as `name: value`, indented below the host",
    );
  }
  const { draft, directory } = reading;
  const own = Object.entries(vars).map(([key, value]) => [key, variable(reading, [...path, key], value)] as const);
  addHosts(draft, into, written, { vars: new Map(own), directory, fault: faultAt(reading, path) });
}

function faultAt({ yaml }: Reading, path: Path): FaultHere {
  return (message, hint, which) => yaml.fault(path, message, hint, which);
}

function variable(reading: Reading, path: Path, value: unknown): Variable {
  return { value: reading.hidden ? concealed(value) : value, fault: faultAt(reading, path) };
}

function wrong({ draft, yaml }: Reading, path: Path, message: string, hint?: string, which?: "key" | "value"): void {
  draft.faults.push(yaml.fault(path, message, hint, which));
}

function entries(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const plain = typeof value === "object" && value !== null && !Array.isArray(value) && !isSecret(value);
  return plain ? (value as Readonly<Record<string, unknown>>) : undefined;
}

function example(list: readonly unknown[]): string {
  const [first] = list;
  return typeof first === "string" ? first : "web1";
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (isSecret(value)) return "encrypted";
  return typeof value === "object" ? "a mapping" : typeof value === "string" ? "a text" : `a ${typeof value}`;
}
