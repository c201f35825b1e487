import * as z from "zod";

/** The event of a login that worked; the identity is what the host itself says (null where it cannot tell). */
export const Reached = z.object({
  type: z.literal("reached"),
  host: z.string(),
  machineId: z.string().nullable(),
  bootId: z.string().nullable(),
  ms: z.number(),
  /** Old algorithms of SSH that had to be agreed on. */
  old: z.array(z.string()).optional(),
});
