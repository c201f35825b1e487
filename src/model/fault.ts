import * as z from "zod";
import { Ailment } from "./ailment.ts";

/** What went wrong, in the field's words. Decides the exit code and the advice, never the text alone. */
export const FaultKind = z.enum([
  "usage",
  "invalid-file",
  "nothing-selected",
  "unreachable",
  "auth",
  "host-key",
  "privilege",
  "session",
  "journal",
  ...Ailment.options,
]);
export type FaultKind = z.infer<typeof FaultKind>;

/** Something that went wrong outside our code: what happened, where, and what to do next. Bugs throw instead. */
export const Fault = z.object({
  kind: FaultKind,
  message: z.string(),
  hint: z.string().optional(),
  /** `file:line:column`, a host, or a step. */
  where: z.string().optional(),
  /** The source lines in question with a caret under the place. */
  excerpt: z.string().optional(),
});
export type Fault = z.infer<typeof Fault>;

/** Carries faults up through code that has no better way to say them; caught once, in `cli/main`. */
export class FaultError extends Error {
  readonly faults: readonly Fault[];
  constructor(...faults: readonly Fault[]) {
    super(faults.map((fault) => fault.message).join("\n"));
    this.name = "FaultError";
    this.faults = faults;
  }
}

const KINDS: ReadonlySet<unknown> = new Set(FaultKind.options);

/** Tells a fault from what was asked for, where a port answers with either. */
export function isFault(value: unknown): value is Fault {
  return typeof value === "object" && value !== null && "kind" in value && KINDS.has(value.kind);
}
