import type { BecomeMeans } from "../model/inventory.ts";
import { BARE } from "./session.ts";

/** What is needed to start a shell as another user. */
export type Becoming = {
  readonly means: BecomeMeans;
  readonly user: string;
  readonly shell: "sh" | "bash";
  /** Printed on a line of its own once the shell is there. Then it waits for a line, and takes it for nothing: a password that came too late is no command. */
  readonly ready: string;
  /** What sudo asks with; null: as it likes, which others always do. */
  readonly prompt: string | null;
  /** Whether there is a password to answer with; without one sudo and doas never ask. */
  readonly answered: boolean;
};

/** The program where an inventory is silent. */
export const SUDO: BecomeMeans = { method: "sudo", program: "sudo", flags: [] };

/** The command of an exec channel that becomes another user. Nothing in it tells anything but who. */
export function becomeCommand(becoming: Becoming): string {
  const { means } = becoming;
  switch (means.method) {
    case "sudo":
      return `${PROGRAM} ${words(becoming, asking(becoming, "-S"), shellOf(becoming, false))}`;
    case "doas":
      return `${PROGRAM} ${words(becoming, "-n", shellOf(becoming, true))}`;
    case "su":
      return `exec sh -c ${nest(`${suNotes(means.program)} ${PROGRAM} ${words(becoming, "", shellOf(becoming, true))}`)}`;
  }
}

/**
 * What holds the pipes for a program that insists on a terminal, so that nothing of a script goes through one: on the channel that has none.
 * Prints `\nMARK <pid>\n`. All pipes are its own, since those of an sshd may be root's. It ends when all that was
 * given them has let go, or with its input.
 */
export function holdPipes(mark: string): string {
  const holder = nest(`echo; echo ${mark} $$; read -r x`);
  // A shell reports who was killed.
  const pipes = `{ { sh -c ${holder} 2>&1 >&5 5>&- 6>&- | cat >&6 5>&- 6>&-; } 5>&1 | cat 6>&-; }`;
  return `exec sh -c ${nest(`exec 6>&2 2>/dev/null; cat 6>&- | ${pipes}`)}`;
}

/** The same as `becomeCommand` for a channel with a terminal: that is asked on and answered on, and the shell has the pipes which `holder` holds. */
export function becomeOnTerminal(becoming: Becoming, holder: number): string {
  const { means } = becoming;
  // Until it is gone it may still take the first byte of what is meant for the shell.
  const gone = `kill -KILL ${holder}; while [ -e $p/0 ]; do :; done`;
  const take = `p=/proc/${holder}/fd; exec 3<$p/0 4>$p/1 5>$p/2; ${gone}; LC_ALL=C; export LC_ALL;`;
  const pipes = "<&3 >&4 2>&5 3<&- 4>&- 5>&-";
  // Not in its place: with nobody else on it the terminal would be taken for closed.
  const run = (options: string, given: string, after: string): string =>
    `exec sh -c ${nest(`${take} env ${words(becoming, options, given)} ${after}; exit $?`)}`;
  const login = means.flags.some((flag) => flag === "-i" || flag === "--login");
  // What sudo -i hands to a login shell must not say `$`: it would be replaced there.
  const shell = shellOf(becoming, !login);
  switch (means.method) {
    case "sudo":
      return run(asking(becoming, ""), shell, pipes);
    case "doas":
      return run("", shell, pipes);
    case "su":
      // It asks on its stdin.
      return run("", `exec ${pipes}; ${shell}`, "");
  }
}

/** Quotes for any login shell, however deep: fish takes a backslash in quotes for more than a backslash. */
function nest(text: string): string {
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}

const PROGRAM = "exec env LC_ALL=C";

/** The options by which sudo asks, `where` being the one for its stdin. */
function asking({ prompt, answered }: Becoming, where: string): string {
  if (!answered) return "-n";
  return prompt === null ? where : `${where} -p ${prompt}`;
}

/** The program and its arguments, with options of the method. */
function words({ means: { method, program, flags }, user }: Becoming, options: string, shell: string): string {
  const first = [program, ...flags].map(nest).join(" ");
  // Not the target's login shell, which may be csh; su itself says who must have theirs.
  if (method === "su") return `${first} -s /bin/sh -c ${nest(shell)} ${nest(user)}`;
  return `${first} ${options} ${method === "sudo" ? "-H " : ""}-u ${nest(user)} sh -c ${nest(shell)}`;
}

function shellOf({ ready, shell }: Becoming, apart: boolean): string {
  return `echo ${ready}; read -r x; ${apart ? inOwnSession(BARE[shell]) : `exec ${BARE[shell]}`}`;
}

/**
 * The shell in a session of its own: su, doas and a sudo with a terminal wait for it in its process group, or end its group when the terminal hangs up
 * with its channel; they would die of what ends a script, and a fix of a cut cable. Whoever leads a session (`f`) has one. Who leads a group (`e`) cannot
 * leave it, and waits. In one line and without `!`, since the login shell may be csh.
 */
function inOwnSession(shell: string): string {
  const apart = `[ "$a" = "$e" ] || exec setsid ${shell}; setsid ${shell}; exit $?`;
  const where = "read -r a b c d e f g </proc/$$/stat;";
  return `${where} [ "$a" = "$f" ] || { command -v setsid >/dev/null 2>&1 && { ${apart}; }; }; exec ${shell}`;
}

/** su without the right to change users just says that the password was wrong: what might be the cause is noted before. */
function suNotes(program: string): string {
  return [
    `p=$(command -v ${nest(program)}); [ -z "$p" ] || [ -u "$p" ] || echo "${NOTE.setuid}" >&2;`,
    `while read -r k v; do [ "$k$v" = NoNewPrivs:1 ] && echo "${NOTE.privileges}" >&2; done </proc/self/status;`,
  ].join(" ");
}

/** What is noted of a su that cannot work. */
export const NOTE = { setuid: "runbook: su is not setuid", privileges: "runbook: no new privileges" } as const;
