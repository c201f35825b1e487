import { completeInventory, draftInventory, type ParsedInventory } from "../language/inventory/inventory.ts";
import { isFault, type Fault } from "../model/fault.ts";
import { readSource, refusal } from "./inventory-source.ts";
import { readBeside } from "./inventory-vars.ts";
import { readVaultPasswords } from "./vault-password.ts";
import { openerOf } from "./vault.ts";

/** Seconds that a program may take for its inventory: those of large clouds are slow. */
const PATIENCE = 120;

/** An inventory, and of each `-i`, in their order, whether it was a file (or a directory of them) or a list of hosts. */
export type LoadedInventory = ParsedInventory & { readonly kinds: readonly ("file" | "list")[] };

/** Where relative names begin, whose home `~` is, and what opens what is encrypted; `seconds` that a program may take. */
export type InventoryAt = {
  readonly cwd: string;
  readonly home: string;
  readonly vaultPasswordFiles?: readonly string[];
  readonly seconds?: number;
};

/**
 * Reads every `-i` (a file, a program, a directory of them, or hosts with commas) into one inventory, later ones over earlier ones, with the
 * variables that stand beside them; or says everything that is wrong.
 */
export async function loadInventory(sources: readonly string[], at: InventoryAt): Promise<LoadedInventory | Fault[]> {
  if (sources.length === 0) return [refusal("usage", "no inventory was given", "-i FILE or -i host1,host2, names one")];
  const passwords = await readVaultPasswords(at.vaultPasswordFiles ?? [], at.cwd);
  if (isFault(passwords)) return [passwords];
  const open = openerOf(passwords);
  const from = { cwd: at.cwd, seconds: at.seconds ?? PATIENCE, open };
  const read = await Promise.all(sources.map((source) => readSource(source, from)));
  const draft = draftInventory(
    read.flatMap((each) => each.sources),
    open,
  );
  for (const { base } of read) if (base !== undefined) await readBeside(draft, base, at.cwd);
  const faults = read.flatMap((each) => each.faults);
  const parsed = completeInventory(draft, at);
  if (Array.isArray(parsed)) return [...faults, ...parsed];
  if (faults.length > 0) return faults;
  const warnings = [...read.flatMap((each) => each.warnings), ...parsed.warnings];
  return { ...parsed, warnings, kinds: read.map(({ base }) => (base === undefined ? "list" : "file")) };
}
