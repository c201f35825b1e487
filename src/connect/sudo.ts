import type { Fault } from "../model/fault.ts";

/** What sudo said (under LC_ALL=C) when it gave no shell, as a fault with its cure. `prompts` counts how often it asked for the password. */
export function sudoFault(stderr: string, user: string, passwordGiven: boolean, prompts: number): Fault {
  const said = (text: RegExp): boolean => text.test(stderr);
  if (said(/must have a tty/)) {
    return fault("sudo wants a terminal (requiretty)", "Allow it without one: `Defaults:USER !requiretty` in sudoers.");
  }
  if (said(/not in the sudoers file|may not run sudo|not allowed to (?:run sudo|execute)/)) {
    return fault(`the login user may not become ${user}`, "Add a rule in sudoers, or log in as somebody who may.");
  }
  if (said(/unknown user/))
    return fault(`there is no user ${user} to become`, "Look at become and ansible_become_user.");
  if (prompts > 1 || said(/incorrect password|[Ss]orry, try again/)) {
    return fault("wrong sudo password", "Give the right one at --ask-become-pass or in ansible_become_password.");
  }
  if (said(/password is required|no password was provided/) && !passwordGiven) {
    return fault("sudo wants a password", "Run again with --ask-become-pass, or set ansible_become_password.");
  }
  if (said(/'?sudo'?: (?:No such file|not found)/)) {
    return fault("sudo is not installed", "Install it, or log in as the user the runbook wants (-u).");
  }
  const line = stderr.split("\n").findLast((line) => line.trim() !== "");
  return fault(`sudo gave no shell${line === undefined ? "" : `: ${line.trim().slice(0, 200)}`}`);
}

function fault(message: string, hint?: string): Fault {
  return { kind: "privilege", message, ...(hint === undefined ? {} : { hint }) };
}
