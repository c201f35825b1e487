import type { Host } from "../../model/inventory.ts";
import { markTemplates, type Directories } from "./path.ts";
import { complain, text, type Names, type Reader } from "./reader.ts";
import { ARGUMENTS } from "./variables.ts";
import { splitWords } from "./words.ts";

/** The lines of ssh arguments as the system's `ssh` gets them: word by word, and nothing is refused that ssh itself may know. */
export function opensshArguments(reader: Reader, directories: Directories): NonNullable<Host["sshArguments"]> {
  return {
    before: wordsOf(reader, ARGUMENTS.before, directories),
    after: wordsOf(reader, ARGUMENTS.after, directories),
  };
}

function wordsOf(reader: Reader, names: Names, { inventory }: Directories): readonly string[] {
  return names.flatMap((name) => {
    const marked = markTemplates(text(reader, [name]) ?? "", inventory);
    const words = typeof marked === "string" ? splitWords(marked) : undefined;
    if (words !== undefined) return words;
    complain(reader, name, typeof marked === "string" ? { message: "a quote is not closed" } : marked);
    return [];
  });
}
