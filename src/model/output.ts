import * as z from "zod";
import { Masked, plain } from "./secret.ts";

/** What a script printed on one stream: the head and the tail; what lay between was counted and dropped. */
export type Printed = {
  /** All of it when `omitted` is 0, else the first part. Bytes that are not UTF-8 are U+DC80…U+DCFF. */
  readonly head: string;
  /** Empty when `omitted` is 0. */
  readonly tail: string;
  /** Bytes dropped between head and tail. */
  readonly omitted: number;
};

/** What a script printed, with every secret masked: the only form that an event takes. */
export const Output = z.object({ head: Masked, tail: Masked, omitted: z.number().int().nonnegative() });
export type Output = z.infer<typeof Output>;

export const NO_OUTPUT: Output = { head: plain(""), tail: plain(""), omitted: 0 };

/** Head and tail as one text, with a line that says how much is missing. */
export function outputText(output: Printed): string {
  if (output.omitted === 0) return output.head;
  return `${output.head}\n… ${output.omitted.toLocaleString("en")} bytes left out …\n${output.tail}`;
}
