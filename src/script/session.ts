import { NOTE_STUCK, setLook, unlessHung } from "./hung.ts";
import { quote } from "./quote.ts";

/** What a session is for: `look` runs read-only scripts and dies with its channel, the others run one script that writes. */
export type Purpose = "look" | "write" | "write-killable";

/** The command of the exec channel: constant but for a random mark, so that an argument list never tells anything. */
export function startCommand(shell: "sh" | "bash"): string {
  return `exec ${BARE[shell]}`;
}

/** How a shell is started: no start-up files. What a `.bashrc` prints or changes is no business of a script. */
export const BARE = { sh: "sh", bash: "bash --noprofile --norc" } as const;

/** Descriptor that every process of a session inherits, so that the channel closes only when the last of them has gone. */
const HELD = 7;
/** Descriptor that keeps the script's stderr while the shell around it is silenced. */
const ERR = 6;

/** What the first line of the prelude says, and its answer where it was read. */
export const WHOLE = "whole";

/**
 * What a new session shell reads first. It prints `\nMARK <pipefail: yes|no> <machine id|-> <boot id|-> <WHOLE> <its session>\n` on stdout and `\nMARK\n` on stderr.
 * WHOLE is there only where the first line was read by this shell, too: a login shell that asks something would have taken it.
 * A `look` session ends all its processes when its stdin ends.
 */
export function prelude(purpose: Purpose, mark: string): string {
  const lines = [
    `_r=${WHOLE}`,
    // A handler, unlike '', is not inherited: the group can be ended by TERM and the shell lives to make sure of it.
    "trap : TERM HUP",
    purpose === "look" ? "trap 'kill -KILL 0' EXIT" : "",
    purpose === "write" ? `exec ${HELD}>&-` : `{ true >&${HELD}; } 2>/dev/null || exec ${HELD}>&1`,
    'LC_ALL=C; PATH="${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin"; export LC_ALL PATH',
    // Builtins only: on a host that is out of processes this still answers.
    "m= b= p=no; { read -r m </etc/machine-id; read -r b </proc/sys/kernel/random/boot_id; } 2>/dev/null",
    "command set -o pipefail 2>/dev/null && p=yes && set +o pipefail",
    "s=; { read -r s </proc/$$/stat; } 2>/dev/null; set -- ${s##*) }",
    `printf '\\n%s %s %s %s %s %s\\n' ${mark} "$p" "\${m:--}" "\${b:--}" "\${_r:--}" "\${4:--}"; printf '\\n%s\\n' ${mark} >&2; unset m b p s _r; set --`,
  ];
  return `${lines.filter((line) => line !== "").join("\n")}\n`;
}

/**
 * What a session that looks is told when its script may not end well by itself: from here on it ends `lifetime` seconds later even if nobody
 * can reach it any more, and its end finds what has left its group. Not from the start: both cost more than most scripts do.
 */
export function alert(lifetime: number): string {
  return `${THOROUGH}\n${watchdog(lifetime)}\n`;
}

/**
 * Ends processes that left the group (`setsid`) and still hold the channel: by the held descriptor, or as their stdout, since some programs
 * close the others. Only what is a channel counts, and who writes to it: sshd is at its other end. Builtins only.
 */
const SWEEP = `for f in 1 ${HELD}; do
  [ -p /proc/$$/fd/$f ] || [ -S /proc/$$/fd/$f ] || continue
  for p in /proc/[0-9]*; do
    [ "$p" != /proc/$$ ] && [ "$p" != /proc/$PPID ] && [ "$p/fd/$f" -ef /proc/$$/fd/$f ] || continue
    while read -r k v; do case $k$v in flags:*[12]) kill -KILL "\${p#/proc/}" ;; esac; done <"$p/fdinfo/$f"
  done
done 2>/dev/null`;

const THOROUGH = `trap '${NOTE_STUCK}; ${SWEEP}; kill -KILL 0' EXIT`;

/** Ends the group when its time is up, or soon after its shell was killed and can no longer do so. Holds nothing of the channel. */
function watchdog(lifetime: number): string {
  const round = Math.min(ROUND, lifetime);
  const wait = `i=0; while [ $i -lt ${Math.ceil(lifetime / round)} ] && kill -0 $$; do sleep ${round}; i=$((i + 1)); done`;
  return `( ${wait}; ${NOTE_STUCK}; kill -KILL 0 ) </dev/null >/dev/null 2>&1 ${HELD}>&- &`;
}

/** Seconds between two looks of the watchdog. */
const ROUND = 15;

/** What is said in the place of an exit code of a script that could not be begun. */
export const NOT_BEGUN = "not-begun";

/** What of a session decides how it takes a script. */
export type Taker = { readonly purpose: Purpose; readonly shell: "sh" | "bash"; readonly pipefail: boolean };

/** A script and the word that ends it. */
export type Framed = { readonly text: string; readonly mark: string };

/**
 * Scripts as the session shell reads them: a single compound command, so that nothing of it is left unread when it starts. Each begins where the one before
 * exits 0 and has not spoiled the session, and ends with `\nMARK <exit code>[ SPOILED]\n` on stdout and `\nMARK\n` on stderr. One that looks and has a name is not begun while an earlier one of that name hangs.
 */
export function frame(taker: Taker, scripts: readonly Framed[], look?: string): string {
  const { purpose } = taker;
  const marked = scripts.map(({ text, mark }, at) => {
    // A shell that cannot fork gives up, and only its trap still speaks.
    const gone = `trap '${tell(mark, NOT_BEGUN)}' EXIT; `;
    const hung =
      at > 0 || look === undefined ? "" : `${unlessHung(look, (words) => `trap - EXIT; ${tell(mark, words)}; exit`)}; `;
    return `${gone}${hung}${silenced(taker, text)}; set -- "$?"; trap - EXIT; ${NOTE_SPOILED}; ${tell(mark, '"$1$_s"')}`;
  });
  const all = `{ trap : TERM; ${marked.join('; [ "$1$_s" = 0 ] || exit; unset _s; ')}; }`;
  switch (purpose) {
    case "look":
      // The one before has ended, and would stay in the host's list of processes for as long as the session lives.
      return `[ -z "\${_job-}" ] || wait "$_job"; ${setLook(look)}; ${all} & _job=$!\n`;
    case "write":
      // In the foreground: background jobs ignore INT and QUIT, and so would every daemon that a fix starts.
      return `${relayed(all)}\n`;
    case "write-killable":
      return `{ ${relayed(all)}; } &\n`;
  }
}

/** What is said beside an exit code where no further script must have this session. */
export const SPOILED = "spoiled";

/**
 * Whoever makes stdout non-blocking (programs that wait for many things at once do) does it for all who have it: what they print too fast would be lost.
 * The fourth octal digit of a descriptor's flags tells it; builtins only.
 */
const NOTE_SPOILED = `_s=; { while read -r _k _v; do case $_k$_v in flags:*[4-7]???) _s=" ${SPOILED}" ;; flags:*) break ;; esac; done </proc/$$/fdinfo/1; } 2>/dev/null; unset _k _v`;

/** Tells that a script has ended, on both streams. */
function tell(mark: string, end: string): string {
  return `printf "\\n%s %s\\n" ${mark} ${end}; printf "\\n%s\\n" ${mark} >&2`;
}

/** One script in a shell around it, from whose own words about it nobody hears. */
function silenced({ shell, pipefail }: Taker, script: string): string {
  const body = `set -eu${pipefail ? "; set -o pipefail" : ""}\neval ${quote(script)}\n`;
  // `exec` inside, since dash does not look through two redirections of one descriptor outside.
  const onErr = `2>&${ERR} ${ERR}>&-`;
  // In a subshell `$$` is the session's shell: a script that says it gets a shell of its own to kill. It comes through a pipe, and not in part.
  const inner = /\$\{?\$/.test(script)
    ? `printf %s ${quote(`unset s; ${body}`)} | ${BARE[shell]} -c 'exec ${onErr}; s=$(cat); exec </dev/null; eval "\${s:?}"'`
    : `( exec </dev/null ${onErr}; ${body})`;
  // Shells report a killed child with its whole text: that must not reach the script's stderr. No `||`: it would switch -e off.
  return `{ ${inner}; } ${ERR}>&2 2>/dev/null`;
}

/**
 * Reads both streams through a process that goes on reading when the channel has gone:
 * a fix that prints after the cable was cut must not die of it halfway.
 */
function relayed(command: string): string {
  const relay = "{ trap '' PIPE TERM; cat 2>/dev/null || cat >/dev/null 2>&1; }";
  const out = 5;
  return `{ ${command} 2>&1 >&${out} ${out}>&- | ${relay} >&2 ${out}>&-; } ${out}>&1 | ${relay}`;
}

/** Asks all processes of a session to end; its shell survives. */
export const ASK_TO_END = "kill -TERM 0\n";

/** Ends all processes of a session at once, its shell among them; of one that looks, also those that left its group. */
export const END_NOW = {
  look: `${THOROUGH}\nexit\n`,
  write: "kill -KILL 0\n",
  "write-killable": "kill -KILL 0\n",
} as const;

/** What starts something in the background, sends signals, or is a language of hosts in which both are done unseen; not one whose name is a word of every day. */
const SPOILERS =
  /&|[<>]\(|\b(?:nohup|setsid|coproc|daemon|daemonize|start-stop-daemon|kill|pkill|killall|(?:python|perl|ruby)[\d.]*)\b/;

/**
 * Whether a script might spoil the session for the next one: by something left running that writes into its frame, or by a signal.
 * Answers yes too often (an `&` in quotes may be `eval`ed): that costs one new session, a wrong no costs the truth.
 */
export function maySpoil(script: string): boolean {
  const plain = script.replaceAll(/&&|[<>]&|&>/g, "");
  return SPOILERS.test(plain);
}
