import { hostname } from "node:os";
import { thisWriter } from "../journal/writer.ts";
import type { Writer } from "../model/plan.ts";

/** The machine that we are on, and our process where the system tells one from another. */
export function whereabouts(): { readonly machine: string; readonly writer?: Writer } {
  const writer = thisWriter();
  return { machine: hostname(), ...(writer === undefined ? {} : { writer }) };
}
