import { later, type Refusal } from "./refusal.ts";

/** What relative paths and `~` stand for: absolute directories without a slash at the end. */
export type Directories = {
  readonly cwd: string;
  readonly home: string;
  /** Of the file that named the host first; undefined for a host of the command line. */
  readonly inventory: string | undefined;
};

/** Stands for `{{ inventory_dir }}` while a line is taken apart, since the template itself holds spaces. */
const INVENTORY_DIR = "\uE000";
const ONLY = "the only template that is read is `{{ inventory_dir }}/` at the beginning of a file's path";

/** Puts a mark in the place of `{{ inventory_dir }}`; refuses every other template. */
export function markTemplates(text: string): string | Refusal {
  const marked = text.replaceAll(/\{\{\s*inventory_dir\s*\}\}/g, INVENTORY_DIR);
  const [template] = /\{\{.*?(\}\}|$)|\{%.*?(%\}|$)/s.exec(marked) ?? [];
  if (template === undefined) return marked;
  return later(`the template ${template}`, ONLY);
}

/** Puts the directory in the place of the mark, wherever it stands. */
export function withoutMarks(text: string, { inventory }: Directories): string | Refusal {
  return inventory === undefined ? (templateIn(text) ?? text) : text.replaceAll(INVENTORY_DIR, () => inventory);
}

/** Refuses the mark where it stands for something else than the beginning of a path. */
export function templateIn(text: string): Refusal | undefined {
  if (!text.includes(INVENTORY_DIR)) return undefined;
  return later("the template {{ inventory_dir }} in this place", ONLY);
}

/** The absolute path of a file as ssh would find it; ssh's tokens (`%h`, `${HOME}`) stay in it. */
export function absolutePath(text: string, { cwd, home, inventory }: Directories): string | Refusal {
  const token = text.match(/%./g)?.find((each) => !/[%dhiklLnpru]$/.test(each));
  if (token !== undefined) return later(`${token} in a path`, "write the path as it is");
  if (text.startsWith(`${INVENTORY_DIR}/`) && inventory !== undefined) return inventory + text.slice(1);
  const template = templateIn(text);
  if (template !== undefined) return template;
  if (text === "~" || text.startsWith("~/")) return home + text.slice(1);
  if (text.startsWith("~")) return later("another user's home", "write the whole path");
  // What they stand for, mostly a whole path, is known once the host is logged in to.
  if (/^(?:%[dhiklLnpru]|\$\{\w+\})/.test(text)) return text;
  return text.startsWith("/") ? text : `${cwd}/${text.replace(/^(\.\/+)+/, "")}`;
}
