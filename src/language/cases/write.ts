import { dump } from "js-yaml";
import type { CaseSheet } from "../../model/case.ts";
import type * as z from "zod";

/** A file of cases as a person would write it. */
export type WrittenCases = z.input<typeof CaseSheet>;

/** The text of a file of cases. */
export function casesText(sheet: WrittenCases): string {
  return `# yaml-language-server: $schema=../../schema/case.schema.json\n${dump(sheet, { noRefs: true })}`;
}
