import type * as z from "zod";
import type { Path } from "../yaml/path.ts";

/** What a kind of file has of its own, so that mistakes in all of them are told in the same way. */
export type Dialect = {
  /** Of the whole file. */
  readonly schema: z.core.$ZodTypes;
  /** The whole file in a sentence: `the runbook`. */
  readonly whole: string;
  /** Lists whose items have a name: `steps` → `step`. */
  readonly items: Readonly<Record<string, string>>;
  /** Advice that only this kind of file has; undefined: what is said of every file does. */
  readonly advise: (issue: z.core.$ZodIssue, path: Path, value: unknown) => string | undefined;
  /** What is said of a key that is no good name. */
  readonly badKey: (name: string, tooLong: boolean) => { readonly message: string; readonly hint?: string };
};
