import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { selectHosts } from "../../../../src/language/inventory/pattern.ts";
import { parseInventory } from "../../../../src/language/inventory/inventory.ts";
import type { Inventory } from "../../../../src/model/inventory.ts";
import { Secret } from "../../../../src/model/secret.ts";

/** Inventory files, read in this order, and patterns to select by. */
export type Question = { readonly sources: readonly string[]; readonly patterns: readonly string[] };

/** What Ansible, or we, make of them; a pattern's error is a text. */
export type Answer = {
  readonly hosts: Readonly<
    Record<string, { readonly vars: Readonly<Record<string, unknown>>; readonly groups: readonly string[] }>
  >;
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly selected: readonly (readonly string[] | { readonly error: string })[];
};

export const FIXTURES = join(import.meta.dirname, "../../../fixtures/inventory");

/** Asks Debian's ansible-core; one process for all questions, since it starts slowly. */
export function askAnsible(questions: readonly Question[]): readonly Answer[] {
  const output = execFileSync("/usr/bin/python3", [join(FIXTURES, "oracle.py")], {
    input: JSON.stringify(questions),
    encoding: "utf8",
    maxBuffer: 100_000_000,
    timeout: 60_000,
    stdio: ["pipe", "pipe", "ignore"],
    env: { PATH: "/usr/bin:/bin", HOME: tmpdir(), LC_ALL: "C.UTF-8", ANSIBLE_CONFIG: join(FIXTURES, "ansible.cfg") },
  });
  return JSON.parse(output) as readonly Answer[];
}

/** Our own answer, in the same shape. */
export function ask({ sources, patterns }: Question): Answer {
  const inventory = read(sources);
  const names = inventory.groups.get("all") ?? [];
  return {
    hosts: Object.fromEntries(names.map((name) => [name, hostAnswer(inventory, name)])),
    groups: Object.fromEntries(inventory.groups),
    selected: patterns.map((pattern) => {
      const selected = selectHosts(inventory, pattern);
      if (Array.isArray(selected)) return selected;
      // To Ansible a pattern that selects nothing is a warning; to us it is a fault.
      return selected.kind === "nothing-selected" ? [] : { error: selected.message };
    }),
  };
}

/** Reads files that have nothing wrong with them. */
export function read(sources: readonly string[]): Inventory {
  const yaml = sources.map(
    (file) => ({ kind: "yaml", file, text: readFileSync(file, "utf8"), directory: dirname(file) }) as const,
  );
  const parsed = parseInventory(yaml, { cwd: "/cwd", home: "/home/me" });
  if (Array.isArray(parsed)) throw new Error(parsed.map(({ where, message }) => `${where}: ${message}`).join("\n"));
  return parsed.inventory;
}

function hostAnswer(inventory: Inventory, name: string): Answer["hosts"][string] {
  const host = inventory.hosts.get(name);
  const vars = Object.entries(host?.vars ?? {}).map(([key, value]) => [
    key,
    value instanceof Secret ? value.reveal() : value,
  ]);
  return { vars: Object.fromEntries(vars), groups: (host?.groups ?? []).toSorted() };
}
