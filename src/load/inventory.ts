import { stat } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { formOf, YAML_ENDINGS } from "../language/inventory/form.ts";
import { parseInventory, type InventorySource, type ParsedInventory } from "../language/inventory/inventory.ts";
import { isFault, type Fault } from "../model/fault.ts";
import { readText } from "./text.ts";

/** Bytes that an inventory file may have: as many as the YAML reader takes. */
const MAX_INVENTORY = 1_000_000;
const TO_YAML = "`ansible-inventory -i THIS --list --yaml > hosts.yml` makes a YAML file of it";

/** An inventory, and of each source, in their order, whether it was a file or a list of hosts. */
export type LoadedInventory = ParsedInventory & { readonly kinds: readonly InventorySource["kind"][] };

/** Reads every `-i` (a YAML file, or hosts with commas) into one inventory, later ones over earlier ones; or says everything that is wrong. */
export async function loadInventory(
  sources: readonly string[],
  place: { readonly cwd: string; readonly home: string },
): Promise<LoadedInventory | Fault[]> {
  if (sources.length === 0) return [refusal("usage", "no inventory was given", "-i FILE or -i host1,host2, names one")];
  const read = await Promise.all(sources.map((source) => readSource(source, place.cwd)));
  const faults = read.filter((each) => isFault(each));
  const found = read.filter((each) => !isFault(each));
  const parsed = parseInventory(found, place);
  if (Array.isArray(parsed)) return [...faults, ...parsed];
  if (faults.length > 0) return faults;
  const besides = await Promise.all(found.map((source) => besideFile(source)));
  const kinds = found.map((source) => source.kind);
  return { ...parsed, kinds, warnings: [...parsed.warnings, ...besides.flat()] };
}

async function readSource(source: string, cwd: string): Promise<InventorySource | Fault> {
  const path = resolve(cwd, source);
  const found = source === "" ? undefined : await stat(path).catch(() => undefined);
  if (found === undefined && source.includes(",")) return { kind: "list", text: source };
  if (found === undefined && /^[\w.@:[\]-]+$/.test(source) && !YAML_ENDINGS.has(extname(source))) {
    return refusal(
      "usage",
      `there is no inventory file ${source}`,
      `if it is a host, write a comma after it: \`-i ${source},\``,
      source,
    );
  }
  if (found?.isDirectory() === true) {
    return refusal(
      "usage",
      "not supported yet: a directory as an inventory",
      "give its files with one `-i` each",
      source,
    );
  }
  const file = await readText(path, MAX_INVENTORY);
  if ("problem" in file)
    return refusal(
      found === undefined ? "usage" : "invalid-file",
      file.problem,
      "-i takes an inventory as Ansible reads it, in YAML or INI",
      source,
    );
  const text = file.text.replace(/^\uFEFF/, "");
  return (
    otherForm(text, source, (found?.mode ?? 0) & 0o111) ?? {
      kind: formOf(text, extname(source)),
      text,
      file: source,
      directory: dirname(path),
    }
  );
}

/** The forms of an inventory that Ansible reads and we do not yet. */
function otherForm(text: string, source: string, executable: number): Fault | undefined {
  const ending = extname(source).toLowerCase();
  const refused = (what: string, hint = TO_YAML): Fault =>
    refusal("invalid-file", `not supported yet: ${what}`, hint.replace("THIS", source), source);
  if (text.startsWith("$ANSIBLE_VAULT;"))
    return refused("a file encrypted by ansible-vault", "decrypt it: `ansible-vault view` prints it");
  // On some file systems every file is executable: the ending speaks then.
  if (text.startsWith("#!") || (executable !== 0 && !YAML_ENDINGS.has(ending)))
    return refused("a program as an inventory");
  if (ending === ".toml") return refused("an inventory in TOML");
  return undefined;
}

async function besideFile(source: InventorySource): Promise<Fault[]> {
  if (source.kind === "list") return [];
  const names = ["group_vars", "host_vars"];
  const found = await Promise.all(
    names.map(
      async (name) => (await stat(join(source.directory, name)).catch(() => undefined))?.isDirectory() === true,
    ),
  );
  const there = names.filter((_, index) => found[index]);
  if (there.length === 0) return [];
  const message = `${there.join(" and ")} beside ${source.file} ${there.length === 1 ? "is" : "are"} not read yet: variables in there do not count`;
  return [refusal("invalid-file", message, "write the variables into the inventory's file", source.file)];
}

function refusal(kind: Fault["kind"], message: string, hint: string, where?: string): Fault {
  return { kind, message, hint, ...(where === undefined ? {} : { where }) };
}
