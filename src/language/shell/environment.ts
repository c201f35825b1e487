/** Names that shells set themselves, or that logins, sudo and everyday programs bring along (POSIX, "Environment Variables"; bash(1), "Shell Variables"). */
const KNOWN = new Set(
  `COLUMNS EDITOR ENV GROUPS HISTFILE HISTSIZE HOME HOSTNAME HOSTTYPE IFS LANG LANGUAGE LINENO LINES LOGNAME MACHTYPE MAIL MAILCHECK MAPFILE NLSPATH OLDPWD
  OPTARG OPTERR OPTIND OSTYPE PAGER PATH PIPESTATUS PPID PROMPT_COMMAND PS0 PS1 PS2 PS3 PS4 PWD RANDOM REPLY SECONDS SHELL SHELLOPTS SHLVL SRANDOM TERM
  TMPDIR TZ UID EUID USER VISUAL DIRSTACK FUNCNAME COPROC COMP_LINE COMP_POINT COMP_WORDS CDPATH DISPLAY EPOCHREALTIME EPOCHSECONDS INVOCATION_ID
  DBUS_SESSION_BUS_ADDRESS _`.split(/\s+/),
);
const FAMILIES = /^(?:LC_|BASH_?|SSH_|SUDO_|XDG_)\w*$|_proxy$/i;

/** Whether a script may take a variable for given that is not its own. */
export function isEnvironment(name: string): boolean {
  return KNOWN.has(name) || (FAMILIES.test(name) && (name === name.toUpperCase() || name.endsWith("_proxy")));
}
