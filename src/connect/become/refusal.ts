import type { Fault } from "../../model/fault.ts";
import { DOAS_ASKS, doasFault } from "./doas.ts";
import { lineWith, privilegeFault, type Refused } from "./refused.ts";
import { suFault } from "./su.ts";
import { sudoFault } from "./sudo.ts";

/** Why there is no shell, as a fault with its cure. */
export function refusalOf(refused: Refused): Fault {
  const common = notThere(refused) ?? accountFault(refused);
  if (common !== undefined) return common;
  switch (refused.means.method) {
    case "sudo":
      return sudoFault(refused);
    case "su":
      return suFault(refused);
    case "doas":
      return doasFault(refused);
  }
}

/** Whether it would go on if it had a terminal. doas asks nowhere else. */
export function needsTerminal({ means: { method }, said, passwordGiven }: Refused): boolean {
  switch (method) {
    case "sudo":
      return /must have a tty|[Aa] terminal is required/.test(said);
    case "su":
      return /must be run from a terminal|standard in must be a tty/.test(said);
    case "doas":
      return passwordGiven && DOAS_ASKS.test(said);
  }
}

/** `env` tells that a program cannot be started. */
function notThere({ means: { program }, user, said }: Refused): Fault | undefined {
  const name = program.replaceAll(/[^\w]/g, "\\$&");
  const env = (why: string): boolean => new RegExp(`env: .*['‘]?${name}['’]?: ${why}`).test(said);
  if (env("(?:No such file|not found)")) {
    const other = "or name another program by ansible_become_method or ansible_become_exe";
    return privilegeFault(`${program} is not installed`, `Install it, log in as ${user} (-u), ${other}.`);
  }
  if (!env("Permission denied")) return undefined;
  return privilegeFault(
    `the login user may not become ${user}: ${program} may not be run`,
    "Its mode keeps the login user out, often all who are not in one group: add the user there.",
  );
}

const LOCKED = /account (?:is |has been |was )?(?:temporar(?:il)?y )?locked|is your account locked|locked due to/i;
const EXPIRED =
  /(?:account|password|credentials|token)(?: or \w+)? (?:is |has |have )?(?:been )?expired|no longer valid; new one required|required to change your password|expired password|authentication token manipulation error/i;
const LACKING = /lacks an "account" section/;

/** PAM says the same through each program; su asks it about the user to become, the others about the login user. */
function accountFault({ means, user, said }: Refused): Fault | undefined {
  const whose = means.method === "su" ? user : "the login user";
  if (LOCKED.test(said)) {
    const or = /is your account locked/.test(said) ? ", or has expired" : "";
    return privilegeFault(
      `the account of ${whose} is locked${or}${lineWith(said, LOCKED)}`,
      "Somebody must unlock it (`faillock --user USER --reset`, `usermod -U`), or its time must pass. Nothing is tried again in this run.",
    );
  }
  if (!EXPIRED.test(said)) return undefined;
  const or = LACKING.test(said) ? " Or its PAM service lacks an `account` section." : "";
  return privilegeFault(
    `the account or the password of ${whose} has expired${lineWith(said, EXPIRED)}`,
    `Look at it with \`chage -l\`; a new password is set by logging in.${or}`,
  );
}
