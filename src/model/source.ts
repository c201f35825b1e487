import * as z from "zod";

/** The runbook as it was read: its text, that of its functions, and the names of the files it sends. */
export const RunbookSource = z.object({
  text: z.string(),
  functions: z.string(),
  files: z.array(z.string()),
  /** SHA-256 (hex) of each of these files; absent from records older than this word. */
  contents: z.array(z.string()).optional(),
});
export type RunbookSource = z.infer<typeof RunbookSource>;
