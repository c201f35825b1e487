import type { Claim } from "./lock.ts";
import { dropLock, underLock } from "./lock.ts";
import { dropKeepScript } from "./posix.ts";
import { dropWindowsKeep } from "./powershell.ts";
import { dropWindowsLock, underWindowsLock } from "./powershell-lock.ts";
import { KERNEL, REBOOT, WINDOWS_REBOOT, WINDOWS_VERSION } from "./reboot.ts";

/** What is said to a host besides the scripts of a runbook, in the language of its shell. */
export type Dialect = {
  /** A script that is begun only under the host's lock, and what it says about that. */
  readonly underLock: (claim: Claim, text: string, mark: string) => string;
  readonly dropLock: (claim: Pick<Claim, "run" | "place">) => string;
  readonly dropKeep: (name: string) => string;
  readonly reboot: string;
  /** Prints the kernel that runs, or the version of Windows. */
  readonly kernel: string;
};

const POSIX: Dialect = { underLock, dropLock, dropKeep: dropKeepScript, reboot: REBOOT, kernel: KERNEL };

const POWERSHELL: Dialect = {
  underLock: underWindowsLock,
  dropLock: dropWindowsLock,
  dropKeep: dropWindowsKeep,
  reboot: WINDOWS_REBOOT,
  kernel: WINDOWS_VERSION,
};

/** The dialect of a shell. */
export function dialectOf(shell: "sh" | "bash" | "powershell"): Dialect {
  return shell === "powershell" ? POWERSHELL : POSIX;
}

/** A script that does nothing, in every shell. */
export const NOTHING = "#";
