import { z } from "zod";

/** What a script printed on one stream: the head and the tail; what lay between was counted and dropped. */
export const Output = z.object({
  /** All of it when `omitted` is 0, else the first part. Bytes that are not UTF-8 are U+DC80…U+DCFF. */
  head: z.string(),
  /** Empty when `omitted` is 0. */
  tail: z.string(),
  /** Bytes dropped between head and tail. */
  omitted: z.number().int().nonnegative(),
});
export type Output = z.infer<typeof Output>;

export const NO_OUTPUT: Output = { head: "", tail: "", omitted: 0 };

/** Head and tail as one text, with a line that says how much is missing. */
export function outputText(output: Output): string {
  if (output.omitted === 0) return output.head;
  return `${output.head}\n… ${output.omitted.toLocaleString("en")} bytes left out …\n${output.tail}`;
}
