import type { Assignment, List, Reference, Region } from "./tree.ts";

/** Where reading stands, and what was come across so far. */
export type Reader = {
  readonly text: string;
  at: number;
  readonly references: Reference[];
  readonly assignments: Assignment[];
  readonly regions: Region[];
  readonly heredocs: number[];
  readonly substitutions: List[];
  /** Here-documents whose bodies begin at the next line. */
  readonly pending: Heredoc[];
  /** Those of which the text ends before they do. */
  readonly unclosed: Heredoc[];
  opaque: boolean;
  /** Reads commands up to an unquoted `)`, which is left. */
  readonly commands: (reader: Reader) => List;
};

/** A here-document: the offset of its `<<`, and the line that ends it. */
export type Heredoc = { readonly at: number; readonly end: string; readonly quoted: boolean; readonly tabs: boolean };

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;

/** Gives up on a script that is not understood; the shell itself says what is wrong with it. */
export function giveUp(): never {
  throw new SyntaxError("not understood");
}

/** Notes that a name gets a value, for all that comes from here on. */
export function assign(reader: Reader, name: string, at = reader.at, reach: Assignment["reach"] = "shell"): void {
  reader.assignments.push({ name, at, reach });
}

/** Notes that a variable is read. */
export function refer(reader: Reader, reference: Omit<Reference, "from">): void {
  reader.references.push({ ...reference, from: reference.at });
}

/** The variable name that begins at an offset, empty where there is none. */
export function nameAt({ text }: Reader, at: number): string {
  NAME.lastIndex = at;
  return NAME.exec(text)?.[0] ?? "";
}

/** Whether the text goes on with this. */
export function looking(reader: Reader, text: string): boolean {
  return reader.text.startsWith(text, reader.at);
}

/** The unquoted word that begins here, without reading it. */
export function peekWord(reader: Reader): string {
  return /^[^\s;&|<>()"'`$\\]+/.exec(reader.text.slice(reader.at, reader.at + 12))?.[0] ?? "";
}
