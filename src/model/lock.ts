import * as z from "zod";

/** Who has, or had, the lock of a host: run, and person and machine as they call themselves. `since` is ms since the epoch. */
export const LockHolder = z.object({ run: z.string(), by: z.string(), since: z.number() });
export type LockHolder = z.infer<typeof LockHolder>;

const at = { host: z.string(), step: z.string() };

/** Another has the host's lock, or it cannot be taken: nothing of the fix was begun, though it may have been announced. `holder` null: it is not known who. */
export const LockedOut = z.object({
  type: z.literal("locked-out"),
  ...at,
  holder: LockHolder.nullable(),
  reason: z.string(),
});

/** The host's lock is ours, after others had it. `over`: what they left was stale. */
export const LockTaken = z.object({ type: z.literal("lock-taken"), ...at, over: LockHolder.optional() });
