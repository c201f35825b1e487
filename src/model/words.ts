import * as z from "zod";

/** A schema's word to whoever writes a runbook in an editor. */
export const about = (description: string) => ({ description });

/** A name that becomes a shell variable. Which ones are reserved is checked by `language/runbook/check-names`. */
export const VariableName = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/, "expected lower snake case: letters, digits and _, starting with a letter")
  .max(64);

/** The name of a runbook or a step: kebab case, so that it can be a file name and an argument. */
export const Slug = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "expected kebab case: lower-case words joined by -")
  .max(80);

/** A text for a shell. */
export const Script = z
  .string()
  .min(1)
  .meta(
    about("A script for the step's shell. It starts under `set -eu` with stdin closed, or with errors that end it."),
  );

/** One line for people. */
export const Label = z.string().min(1).max(200);
