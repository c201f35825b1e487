import type { Fault } from "../../model/fault.ts";
import { lastLine, lineWith, privilegeFault, type Refused } from "./refused.ts";

const SUDOERS =
  /syntax error|parse error in|no valid sudoers|is (?:world|group) writable|is owned by [ug]id \d+, should be|is mode 0\d+, should be|unable to (?:open|stat|read) \S*sudoers|unable to initialize policy plugin|unable to load plugins|invalid configuration|^sudo: error in \S*sudo/m;
const PAM = /unable to initialize PAM|PAM (?:authentication |account management )?error/;

/** What sudo or sudo-rs said when it gave no shell. */
export function sudoFault({ said: text, user, passwordGiven, asked, silently }: Refused): Fault {
  const said = (pattern: RegExp): boolean => pattern.test(text);
  if (asked > 1 && silently) {
    return privilegeFault(
      "sudo asks for more than a password",
      "A second factor cannot be given: let this user become another without one.",
    );
  }
  if (asked === 0 && passwordGiven && said(/incorrect (?:password|authentication) attempt/)) {
    return privilegeFault(
      "sudo refused without asking for a password: the account of the login user may be locked",
      "`faillock --user USER` shows it, `--reset` ends it. Nothing is tried again in this run.",
    );
  }
  if (asked > 1 || said(/incorrect (?:password|authentication) attempt|[Tt]ry again/)) {
    return privilegeFault(
      "wrong sudo password",
      "Give the right one at --ask-become-pass or in ansible_become_password.",
    );
  }
  const broken = brokenSudo(text);
  if (broken !== undefined) return broken;
  const asks = said(
    /password is required|no password was provided|[Ii]nteract(?:ion|ive authentication) (?:is )?required/,
  );
  if (asks && !passwordGiven) {
    return privilegeFault("sudo wants a password", "Run again with --ask-become-pass, or set ansible_become_password.");
  }
  const refused = said(
    /not in the sudoers file|may not run|not allowed to (?:run sudo|execute|authenticate)|I'm afraid I can't do that/,
  );
  if (said(SUDOERS)) {
    const which = refused ? `, and without it the login user may not become ${user}` : "";
    return privilegeFault(
      `sudoers has a mistake${which}${lineWith(text, SUDOERS)}`,
      "As root, `visudo -c` shows it; the file must be root's, and nobody else's to write.",
    );
  }
  if (refused) {
    return privilegeFault(
      `the login user may not become ${user}`,
      "Add a rule in sudoers, or log in as somebody who may.",
    );
  }
  if (said(/unknown user|user '.*' not found/)) {
    return privilegeFault(`there is no user ${user} to become`, "Look at become and ansible_become_user.");
  }
  if (said(/^usage: /m)) {
    return privilegeFault(`sudo does not take its flags${lineWith(text, /\S/)}`, "Look at ansible_become_flags.");
  }
  if (said(PAM)) {
    return privilegeFault(
      `sudo could not ask PAM${lineWith(text, PAM)}`,
      "Look at /etc/pam.d/sudo and the host's log.",
    );
  }
  return privilegeFault(`sudo gave no shell${lastLine(text)}`);
}

/** A sudo that cannot work for anybody there. */
function brokenSudo(text: string): Fault | undefined {
  if (/no new privileges/.test(text)) {
    return privilegeFault(
      "sudo cannot work there: what may not gain privileges (no_new_privs) surrounds the login",
      "A container or a service has NoNewPrivileges set around sshd; log in elsewhere, or as the wanted user.",
    );
  }
  if (!/have the setuid bit set|effective uid is not 0/.test(text)) return undefined;
  return privilegeFault(
    "sudo is broken there: it is not setuid root, or its file system is mounted nosuid",
    "`chown root:root` and `chmod 4755` it as root, or install it again.",
  );
}
