import { CaseSheet, CommandAnswer } from "../../model/case.ts";
import type { Dialect } from "../schema/dialect.ts";

/** Parts of a case that hold what a host prints. */
const TEXTS: ReadonlySet<unknown> = new Set(["commands", "files", "scripts"]);

/** Keys of an answer, which are easily taken for arguments. */
export const ANSWERS: ReadonlySet<unknown> = new Set(Object.keys(CommandAnswer.shape));

/** How an answer is written that counts for all arguments. */
export function answerHint(command: string, key: string): string {
  return `write \`${command}: { "*": { ${key}: … } }\` for whatever it is called with`;
}

/** Files of cases, as mistakes in them are told. */
export const CASES: Dialect = {
  schema: CaseSheet,
  whole: "the file of cases",
  items: { cases: "case" },
  advise: (_issue, path, value) => {
    const key = path.at(-1);
    if (path.at(-3) === "commands" && ANSWERS.has(key)) return answerHint(String(path.at(-2)), String(key));
    if (["number", "boolean"].includes(typeof value) && path.some((part) => TEXTS.has(part))) {
      return "put it in quotes, as the host prints it: 5.10 is the number 5.1";
    }
    if (key === "findings" && typeof value === "object" && !Array.isArray(value)) {
      return "write a list: one item a finding";
    }
    if (key === "mode" && typeof value === "number") return `write it in quotes: "${value.toString(8)}"`;
    return undefined;
  },
  badKey: (name) => {
    if (name.includes("/")) {
      return { message: `\`${name}\` is no path of a file`, hint: "expected an absolute path, without . and .. in it" };
    }
    return { message: `\`${name}\` is no good name` };
  },
};
