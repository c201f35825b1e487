import type { Fault } from "../../model/fault.ts";
import { NOTE } from "../../script/become.ts";
import { lastLine, privilegeFault, type Refused } from "./refused.ts";

/** What su said when it gave no shell: that of util-linux, of shadow, of old coreutils, or of busybox. */
export function suFault({ said: text, user, passwordGiven, asked }: Refused): Fault {
  const said = (pattern: RegExp): boolean => pattern.test(text);
  if (said(/does not exist|[Uu]nknown (?:id|user)|No passwd entry|not known to the underlying/)) {
    return privilegeFault(`there is no user ${user} to become`, "Look at become and ansible_become_user.");
  }
  if (text.includes(NOTE.privileges)) {
    return privilegeFault(
      "su cannot work there: what may not gain privileges (no_new_privs) surrounds the login",
      "A container or a service has NoNewPrivileges set around sshd; log in elsewhere, or as the wanted user.",
    );
  }
  if (text.includes(NOTE.setuid) || said(/cannot set (?:user id|group id|groups)|must be suid/)) {
    return privilegeFault(
      "su is broken there: it is not setuid root, or its file system is mounted nosuid",
      "`chown root:root` and `chmod 4755` it as root, or install it again.",
    );
  }
  if (said(/Permission denied|not authorized|access denied/i)) {
    return privilegeFault(
      `the login user may not become ${user}`,
      "su is kept for some users (pam_wheel, often a group wheel): add the login user there, or use sudo.",
    );
  }
  if (said(/not available|restricted shell/)) {
    return privilegeFault(
      `${user} has a login shell that lets nobody in, and su keeps to it`,
      "Use sudo, or give that user a shell of /etc/shells.",
    );
  }
  if (asked > 0 && !passwordGiven) {
    return privilegeFault(
      `su wants the password of ${user}`,
      "Run again with --ask-become-pass, or set ansible_become_password.",
    );
  }
  if (asked > 1 || (asked > 0 && said(/[Aa]uthentication fail|incorrect password|Sorry/))) {
    return privilegeFault(
      "wrong su password",
      `su takes the password of ${user}, not the login user's; an account without one, or a locked one, looks the same.`,
    );
  }
  if (said(/[Aa]uthentication fail/)) {
    return privilegeFault(
      `su refused without asking for a password${lastLine(text)}`,
      "The account may be locked, or PAM keeps su from the login user: look at /etc/pam.d/su and the host's log.",
    );
  }
  return privilegeFault(`su gave no shell${lastLine(text)}`);
}
