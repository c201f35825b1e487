import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** One file of ours: its path from the root, its room (`src/ROOM/…`; empty elsewhere), its text, and its code alone. */
export type Source = { readonly path: string; readonly room: string; readonly text: string; readonly code: string };

/** Every TypeScript file under these directories. */
export function sourcesIn(...directories: readonly string[]): Source[] {
  const paths = directories.flatMap((directory) => globSync(`${directory}/**/*.{ts,tsx}`));
  return paths.toSorted().map((path) => sourceOf(path, readFileSync(path, "utf8")));
}

/** A file from its path and text. */
export function sourceOf(path: string, text: string): Source {
  const [top, room] = path.split("/");
  return { path, room: top === "src" && room !== undefined ? room : "", text, code: codeOf(text) };
}

/** The text without comments and with empty strings, so that words in them are not taken for code. */
function codeOf(text: string): string {
  const quoted = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;
  return text.replaceAll(quoted, (part) => (part.startsWith("/") ? "" : '""'));
}

/** What a file imports: packages by name, our own files by their path from the root. */
export function importsOf({ path, text }: Source): string[] {
  const statement = /^(?:import|export)\s(?:[^"';]*?\bfrom\s)?"([^"]+)"|\bimport\("([^"]+)"\)/gm;
  return [...text.matchAll(statement)].map(([, named, dynamic]) => {
    const target = named ?? dynamic ?? "";
    return target.startsWith(".") ? join(dirname(path), target) : target;
  });
}

/** The blocks of every `switch` over a kind or type, without what is nested in them. */
export function switchesOf({ code }: Source): string[] {
  return [...code.matchAll(/\bswitch\s*\(([^)]*\b(?:kind|type))\)\s*\{/g)].map((found) => {
    let depth = 1;
    let block = "";
    for (const character of code.slice(found.index + found[0].length)) {
      if (character === "}") depth -= 1;
      if (depth === 0) break;
      if (depth === 1) block += character;
      if (character === "{") depth += 1;
    }
    return block;
  });
}
