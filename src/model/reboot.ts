import * as z from "zod";

/** How a host is asked to reboot; the next one where it does not have or will not take the one before. None skips the orderly end of services. */
export const REBOOT_COMMANDS = ["systemctl reboot", "shutdown -r now", "reboot"] as const;

/** The event of a reboot that is done: the host is back as itself with another boot id, and with the kernel that was wanted, if one was. */
export const Rebooted = z.object({
  type: z.literal("rebooted"),
  host: z.string(),
  step: z.string(),
  bootId: z.string(),
  kernelBefore: z.string(),
  kernel: z.string(),
  ms: z.number(),
});

/**
 * The event of a reboot that did not come to its end. `stayed`: the host did not go down. `away`: it has not come back, and may yet. `same`: the
 * connection went, and the boot did not change. `kernel`: it was booted into another kernel than the one wanted. `stranger`: another key or
 * machine answers.
 */
export const RebootFailed = z.object({
  type: z.literal("reboot-failed"),
  host: z.string(),
  step: z.string(),
  how: z.enum(["stayed", "away", "same", "kernel", "stranger"]),
  reason: z.string(),
  ms: z.number(),
});
