import { REBOOT_COMMANDS } from "../model/reboot.ts";

/** Asks the host to reboot. Its exit says whether somebody took the order, not that the host goes down. */
export const REBOOT = REBOOT_COMMANDS.join(" || ");

/** Prints the kernel that runs. */
export const KERNEL = "uname -r";

/** The same on Windows. */
export const WINDOWS_REBOOT = "shutdown.exe /r /t 0";

/** Prints the version of Windows, such as `10.0.17763`. */
export const WINDOWS_VERSION = "[Environment]::OSVersion.Version.ToString(3)";
