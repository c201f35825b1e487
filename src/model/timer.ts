import * as z from "zod";

const at = { host: z.string(), step: z.string() };

/** At a login made since the fix had ended, its host was told not to undo it; it has not begun to, and never will. */
export const Disarmed = z.object({ type: z.literal("disarmed"), ...at });

/** Whether the host has undone the fix by itself, or still will, is not known. `over`: it will not any more, since it was booted. */
export const TimerLost = z.object({
  type: z.literal("timer-lost"),
  ...at,
  reason: z.string(),
  over: z.boolean().optional(),
});
