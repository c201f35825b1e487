import * as z from "zod";
import { about } from "./words.ts";

/** Where a value comes from when it does not stand in the file, as no secret may. */
export const InputOrigin = z.strictObject({
  env: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "expected the name of a variable of the environment")
    .optional()
    .meta(about("The variable of the environment that holds it.")),
  file: z.string().min(1).optional().meta(about("The file that holds it, relative to this one.")),
  command: z.array(z.string()).min(1).optional().meta(about("The program that prints it, with its arguments.")),
});
export type InputOrigin = z.infer<typeof InputOrigin>;
