import { processThings } from "./processes.ts";
import type { Case, CaseFile, CaseSheet, CommandAnswer } from "../model/case.ts";

/** One thing at a path of a host made of data; `text` is exact. */
export type Thing =
  | { readonly kind: "file"; readonly text: string; readonly mode: number | null }
  | { readonly kind: "link"; readonly to: string }
  | { readonly kind: "fifo" }
  | { readonly kind: "directory" };

/** What a command says to arguments that fit a pattern: one answer after the other, the last of them from then on. */
export type Answering = { readonly pattern: string; readonly answers: readonly CommandAnswer[] };

/** A host made of data. */
export type World = {
  readonly things: ReadonlyMap<string, Thing>;
  /** Name or absolute path → its answers, the first that fits counts. */
  readonly commands: ReadonlyMap<string, readonly Answering[]>;
};

type Parts = Pick<Case, "files" | "processes" | "commands">;

/** What several parts make of a host together: the later lie over the earlier. */
export function worldOf(...parts: readonly Parts[]): World {
  const things = new Map<string, Thing>();
  const commands = new Map<string, readonly Answering[]>();
  for (const { commands: more, ...part } of parts) {
    for (const [path, thing] of changesOf(part)) {
      if (thing === null) remove(things, path);
      else things.set(path, thing);
    }
    for (const [name, command] of Object.entries(more)) {
      if (command === null) commands.delete(name);
      else if (typeof command === "string") commands.set(name, [{ pattern: "*", answers: [{ out: command }] }]);
      else commands.set(name, [...answeringOf(command), ...(commands.get(name) ?? [])]);
    }
  }
  return { things, commands };
}

/** What files and processes put at which paths, in order; null: nothing is there from then on. */
export function changesOf({
  files = {},
  processes = {},
}: Partial<Omit<Parts, "commands">>): readonly [string, Thing | null][] {
  return [
    ...Object.entries(processes).flatMap(([pid, process]): [string, Thing | null][] => {
      const things = processThings(pid, process);
      return [[`/proc/${pid}`, null], ...(things ?? [])];
    }),
    ...Object.entries(files).map(([path, file]): [string, Thing | null] => [
      path.replace(/\/$/, ""),
      thingOf(path, file),
    ]),
  ];
}

/** The host of a case. */
export function worldOfCase(sheet: CaseSheet, one: Case): World {
  return worldOf(sheet, one);
}

/** What a case writes at a path; null: nothing is to be there. A short text ends with its line. */
export function thingOf(path: string, file: CaseFile): Thing | null {
  if (file === null) return null;
  if (typeof file === "string") {
    return path.endsWith("/") ? { kind: "directory" } : { kind: "file", text: wholeLines(file), mode: null };
  }
  if (file.link !== undefined) return { kind: "link", to: file.link };
  if (file.fifo === true) return { kind: "fifo" };
  const mode = file.mode === undefined ? null : Number.parseInt(file.mode, 8);
  return { kind: "file", text: file.text ?? "", mode };
}

/** A text of which the last line ends, too; one with NULs is no lines. */
export function wholeLines(text: string): string {
  return text === "" || text.endsWith("\n") || text.includes("\0") ? text : `${text}\n`;
}

function remove(things: Map<string, Thing>, bare: string): void {
  for (const each of things.keys()) if (each === bare || each.startsWith(`${bare}/`)) things.delete(each);
}

function answeringOf(command: Exclude<Case["commands"][string], string | null>): Answering[] {
  return Object.entries(command).map(([pattern, given]) => {
    const all = Array.isArray(given) ? given : [given];
    return { pattern, answers: all.map((each) => (typeof each === "string" ? { out: each } : each)) };
  });
}
