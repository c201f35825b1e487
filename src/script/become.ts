import type { BecomeMeans } from "../model/inventory.ts";
import { quote } from "./quote.ts";
import { BARE } from "./session.ts";

/** What is needed to start a shell as another user. */
export type Becoming = {
  readonly means: BecomeMeans;
  readonly user: string;
  readonly shell: "sh" | "bash";
  /** Printed on a line of its own once the shell is there. Then it waits for a line, and takes it for nothing: a password that came too late is no command. */
  readonly ready: string;
  /** What sudo asks with, or null where no password is known. Others ask as they like. */
  readonly prompt: string | null;
};

/** The program where an inventory is silent. */
export const SUDO: BecomeMeans = { method: "sudo", program: "sudo", flags: [] };

/** The command of an exec channel that becomes another user. Nothing in it tells anything but who. */
export function becomeCommand(becoming: Becoming): string {
  const { means, user, prompt } = becoming;
  const program = [`exec env LC_ALL=C ${quote(means.program)}`, ...means.flags.map(quote)].join(" ");
  switch (means.method) {
    case "sudo":
      return `${program} ${prompt === null ? "-n" : `-S -p ${prompt}`} -H -u ${quote(user)} sh -c ${quote(shellOf(becoming, ""))}`;
    case "doas":
      return `${program} -n -u ${quote(user)} sh -c ${quote(shellOf(becoming, OWN_SESSION))}`;
    case "su": {
      const command = `${program} ${SU_SHELL} -c ${quote(shellOf(becoming, OWN_SESSION))} ${quote(user)}`;
      return `exec sh -c ${quote(`${suNotes(means.program)} ${command}`)}`;
    }
  }
}

/** Not the target's login shell, which may be csh; su itself says who must have theirs. */
const SU_SHELL = "-s /bin/sh";

function shellOf({ ready, shell }: Becoming, before: string): string {
  return `echo ${ready}; read -r x; ${before}exec "$@" ${BARE[shell]}`;
}

/**
 * su and doas wait for the shell in its process group, and would die of what ends a script, as of a terminal that hangs up. Whoever leads a group
 * has one of its own already. In one line and without `!`, since the login shell may be csh.
 */
const OWN_SESSION =
  'read -r a b c d e f </proc/$$/stat; [ "$a" = "$e" ] || { command -v setsid >/dev/null 2>&1 && set -- setsid; }; ';

/** su without the right to change users just says that the password was wrong: what might be the cause is noted before. */
function suNotes(program: string): string {
  return [
    `p=$(command -v ${quote(program)}); [ -z "$p" ] || [ -u "$p" ] || echo "${NOTE.setuid}" >&2;`,
    `while read -r k v; do [ "$k$v" = NoNewPrivs:1 ] && echo "${NOTE.privileges}" >&2; done </proc/self/status;`,
  ].join(" ");
}

/** What is noted of a su that cannot work. */
export const NOTE = { setuid: "runbook: su is not setuid", privileges: "runbook: no new privileges" } as const;
