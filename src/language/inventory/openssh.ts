import type { Host } from "../../model/inventory.ts";
import { markTemplates, withoutMarks, type Directories } from "./path.ts";
import { complain, text, type Names, type Reader } from "./reader.ts";
import type { Refusal } from "./refusal.ts";
import { ARGUMENTS } from "./variables.ts";
import { splitWords } from "./words.ts";

/** The lines of ssh arguments as the system's `ssh` gets them: word by word, and nothing is refused that ssh itself may know. */
export function opensshArguments(reader: Reader, directories: Directories): NonNullable<Host["sshArguments"]> {
  return {
    before: wordsOf(reader, ARGUMENTS.before, directories),
    after: wordsOf(reader, ARGUMENTS.after, directories),
  };
}

function wordsOf(reader: Reader, names: Names, directories: Directories): readonly string[] {
  return names.flatMap((name) => {
    const refuse = (refusal: Refusal): [] => {
      complain(reader, name, refusal);
      return [];
    };
    const marked = markTemplates(text(reader, [name]) ?? "");
    if (typeof marked !== "string") return refuse(marked);
    const words = splitWords(marked);
    if (words === undefined) return refuse({ message: "a quote is not closed" });
    return words.flatMap((word) => {
      const whole = withoutMarks(word, directories);
      return typeof whole === "string" ? [whole] : refuse(whole);
    });
  });
}
