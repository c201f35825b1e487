import type * as z from "zod";
import type { Fault } from "../../model/fault.ts";
import type { Path } from "../yaml/path.ts";

/** What is wrong with a name, and the good name that it was meant to be, where that can be told. */
export type BadKey = { readonly message: string; readonly hint?: string; readonly meant?: string };

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
  readonly badKey: (name: string, tooLong: boolean) => BadKey;
  /** What may be told of a fault at a path, where a secret can stand there. */
  readonly discreet?: (fault: Fault, path: Path) => Fault;
};
