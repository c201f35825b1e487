import type { Fault } from "../../model/fault.ts";
import { lastLine, lineWith, privilegeFault, type Refused } from "./refused.ts";

/** What doas says where it would have to ask, and may not. */
export const DOAS_ASKS = /Authenti?cation required|Authorization required|a tty is required/;
const CONFIG =
  /doas is not enabled|syntax error|is writable by group or other|is not owned by root|could not open config/;

/** What doas said when it gave no shell: OpenDoas, or another port of OpenBSD's. */
export function doasFault({ said: text, user, passwordGiven, asked }: Refused): Fault {
  const said = (pattern: RegExp): boolean => pattern.test(text);
  if (said(/not (?:installed )?setuid/)) {
    return privilegeFault(
      "doas is broken there: it is not setuid root, its file system is mounted nosuid, or no_new_privs is set around the login",
      "`chown root:root` and `chmod 4755` it as root, or install it again.",
    );
  }
  if (said(CONFIG)) {
    return privilegeFault(
      `doas.conf has a mistake, or is not there${lineWith(text, CONFIG)}`,
      "As root, `doas -C /etc/doas.conf` shows it; the file must be root's, and nobody else's to write.",
    );
  }
  if (said(/unknown user|no passwd entry for target/)) {
    return privilegeFault(`there is no user ${user} to become`, "Look at become and ansible_become_user.");
  }
  if (said(/not permitted/)) {
    return privilegeFault(
      `the login user may not become ${user}`,
      "Add a rule in doas.conf (`permit USER as root`), or log in as somebody who may.",
    );
  }
  if (said(DOAS_ASKS) && !passwordGiven) {
    return privilegeFault(
      "doas wants a password",
      "Run again with --ask-become-pass, set ansible_become_password, or give its rule `nopass`.",
    );
  }
  if (asked > 0 && said(/Auth\w+ failed/)) {
    return privilegeFault(
      "wrong doas password",
      "Give the right one at --ask-become-pass or in ansible_become_password.",
    );
  }
  return privilegeFault(`doas gave no shell${lastLine(text)}`);
}
