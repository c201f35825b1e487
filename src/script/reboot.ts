import { REBOOT_COMMANDS } from "../model/reboot.ts";

/** Asks the host to reboot. Its exit says whether somebody took the order, not that the host goes down. */
export const REBOOT = REBOOT_COMMANDS.join(" || ");

/** Prints the kernel that runs. */
export const KERNEL = "uname -r";
