import { FOLLOW, follower, OURS, PLACES, POLLER } from "./job-follow.ts";
import { SUPERVISOR } from "./job-supervisor.ts";
import { type Timer, timerText } from "./job-timer.ts";
import { lockFunctions, type Claim } from "./lock.ts";
import { quote } from "./quote.ts";
import { BARE, type Taker } from "./session.ts";

/** A script that writes, and that goes on without us. */
export type Detached = {
  /** Names its directory on the host; made of letters, digits, `-`, `_` and `.`. */
  readonly name: string;
  readonly script: string;
  /** Seconds after which the host ends every process of it; null: it is left alone. */
  readonly deadline: number | null;
  /** What it prints may tell a secret: its directory must be in memory. */
  readonly secret: boolean;
  /** Armed before the script begins, which does not begin where that cannot be. It counts from the script's end, or from `late` seconds on. */
  readonly timer?: Timer & { readonly late: number };
  /** It begins only under the host's lock. */
  readonly lock?: Claim;
};

/** Bytes of its output that a follower has already. */
export type ReadSoFar = { readonly stdout: number; readonly stderr: number };

/** The name of a job of a run; `place` counts the run's hosts from 1, since two names may be one machine. `which` tells it from all others. */
export function jobName(run: string, place: number | "*", which: string): string {
  return `runbook-job-${run}.${place}.${which}`;
}

/** Marks the job's processes in their environment, so that they are found wherever they went. */
export const JOB_VARIABLE = "RUNBOOK_JOB";

/**
 * What a session reads to start a job and to follow it to its end; a job of this name that is there already is only followed.
 * It ends with `\nMARK <word> <code> <bytes dropped of stdout> <of stderr>\n` on stdout and `\nMARK\n` on stderr. The words: `ended` (code), `killed` (the same, of one that `endJob` was told to end),
 * `timed-out` (code `gone` or `left`), `died` (its supervisor was killed), `rebooted`, `refused` (`full`, `disk`, `unarmed`, `lock`, `processes`: nothing was begun), `unsure` (a process of it could not be started),
 * and of a timer that never fired `disarmed` and `lapsed`.
 * What follows is what the host's lock said: why it was refused, or which stale lock it was given over.
 */
export function startJob(taker: Taker, job: Detached, mark: string): string {
  const { name, timer } = job;
  const lines = [
    `name=${quote(name)} mark=${mark} setsid= new=`,
    "! command -v setsid >/dev/null 2>&1 || setsid=setsid",
    make(job.secret),
    `refuse() { trap - EXIT; printf '\\n%s refused %s\\n' "$mark" "$1"; printf '\\n%s\\n' "$mark" >&2; exit; }`,
    `trap 'refuse "processes 0 0"' EXIT`,
    FIND,
    ...(job.lock === undefined ? [] : [lockFunctions(job.lock), UNDER_LOCK]),
    '[ -n "$dir" ] || { make; }',
    '[ -n "$dir" ] || { complain; refuse "$why 0 0"; }',
    FOLLOW,
    POLLER,
    // Both in a pipeline of the foreground: what is put into the background with & ignores INT and QUIT, and so would all that a fix starts.
    `go() { trap 'printf "\\n%s unsure - 0 0\\n" "$mark"; printf "\\n%s\\n" "$mark" >&2' EXIT; if [ -n "$new" ]; then ${begin(`${settings(taker, job)}\n${SUPERVISOR}`, '"$dir" "$setsid"')}; else poll; fi | ${follower({ stdout: 0, stderr: 0 })}; trap - EXIT; }`,
    timer === undefined ? "go" : `if [ -z "$new" ]; then go; else ${armed(taker, job, timer)}; fi; trap - EXIT`,
  ];
  // Without a process for the subshell its shell gives up, and nothing was begun; an end that is not by a signal tells that.
  const none = `case $? in 2 | 126 | 254) printf "\\n%s refused processes 0 0\\n" ${mark}; printf "\\n%s\\n" ${mark} >&2 ;; esac`;
  return `trap '${none}' EXIT\n( ${lines.join("\n")}\n)\ntrap - EXIT\n`;
}

/** Starts a supervisor. Its text goes out of the pipe into the shell's memory: never into an argument list, the environment, or a file. */
function begin(text: string, args: string): string {
  return `printf %s ${quote(text)} | $setsid sh -c 'unset s; s=$(cat); eval "$s"' runbook-job ${args}`;
}

/** What a supervisor must know of a script. */
function settings({ shell, pipefail }: Taker, job: Pick<Detached, "name" | "script" | "deadline">): string {
  const body = `unset s; set -eu${pipefail ? "; set -o pipefail" : ""}\neval ${quote(job.script)}\n`;
  return [
    `name=${quote(job.name)} variable=${JOB_VARIABLE}`,
    `deadline=${job.deadline === null ? "" : Math.max(1, Math.ceil(job.deadline))}`,
    // Redirected as commands, not as a function: a shell that redirects a function keeps a copy of what was there. No `env`: it is one exec less.
    `script() { printf %s ${quote(body)} | ${JOB_VARIABLE}=${quote(`${job.name}:`)} $setsid ${BARE[shell]} -c 's=$(cat); exec </dev/null; eval "\${s:?}"' 2>&1 >&4 3>&- 4>&- 8>&-; }`,
  ].join("\n");
}

/**
 * Lets the job go once its timer is armed. The timer says so on its stdout, and has nothing of ours from then on. It lives in the same pipeline,
 * in a session of its own, for the reason that the job does; so the shell around it stays until it has ended.
 */
function armed(taker: Taker, job: Detached, timer: NonNullable<Detached["timer"]>): string {
  const text = timerText(timer, job.name, timer.late, settings(taker, timer));
  return `fix=$dir name=${quote(timer.name)} dir= new=
  make
  timer=$dir dir=$fix
  undo() { rm -rf "$dir" \${timer:+"$timer"}; refuse "$1 0 0"; }
  [ -n "$new" ] && (umask 077; : >"$timer/armed") 2>/dev/null || undo "$why"
  ${begin(text, '"$timer" "$setsid" "$dir"')} | {
    said=; read -r said || :
    if [ "$said" = armed ] && mv -f "$timer/armed" "$timer/live" 2>/dev/null; then go
    else
      mv -f "$timer/armed" "$timer/lapsed" 2>/dev/null || :
      undo unarmed
    fi
  }`;
}

/** The lock is asked for in the very exec that starts the job. `$stale` is the entry that it was given over, if any: the last line tells it. */
const UNDER_LOCK = `[ -n "$dir" ] || {
  stale=$(lock 2>/dev/null)
  case $stale in
    "held "*) stale=\${stale#held } ;;
    *) refuse "lock 0 0 $stale" ;;
  esac
}`;

/** What a session that looks reads to follow a job from where somebody else stopped. The same marks, and `gone` where there is no such job. */
export function attachJob(name: string, from: ReadSoFar, mark: string): string {
  const lines = [
    `name=${quote(name)} mark=${mark}`,
    FIND,
    `[ -n "$dir" ] || { printf '\\n%s gone - 0 0\\n' "$mark"; printf '\\n%s\\n' "$mark" >&2; exit; }`,
    FOLLOW,
    POLLER,
    `poll | ${follower(from)}`,
  ];
  // In the background, so that the session's shell sees the end of its input.
  return `[ -z "\${_job-}" ] || wait "$_job"; ( ${lines.join("\n")}\n) & _job=$!\n`;
}

/** All four places, since which of them can be written to may have changed since. */
const FIND = `dir=; for place in ${PLACES}; do dir=$place/$name; ! { ${OURS}; } || break; dir=; done`;

/**
 * Makes the job's directory, at most once by an atomic mkdir, with its status written in advance: a full file system may still take a
 * directory. `complain` lets stderr say why it could not. Memory first for root; a user's files in /dev/shm go at logout, so it comes last for others.
 */
function make(secret: boolean): string {
  const inMemory = `kind=; while read -r device point type rest; do [ "$point" != "$place" ] || kind=$type; done </proc/mounts; case $kind in tmpfs | ramfs) ;; *) continue ;; esac`;
  return `make() {
why=${secret ? "disk" : "full"}
if [ -w /run ]; then set -- /run /dev/shm /var/tmp /tmp; else set -- /var/tmp /tmp /dev/shm; fi
for place do
  ${secret ? `${inMemory}; why=full` : ":"}
  dir=$place/$name
  if (umask 077; mkdir "$dir") 2>/dev/null; then
    if (umask 077; cd "$dir" && printf '%-63s\\n' starting >status && : >out && : >err && : >boot && : >going &&
      { [ ! -r /proc/sys/kernel/random/boot_id ] || { read -r id </proc/sys/kernel/random/boot_id && printf '%s\\n' "$id" >boot; }; } &&
      printf '%63s\\n' probe >probe && : >probe) 2>/dev/null
    then new=1; break; fi
    rm -rf "$dir"
  elif ${OURS}; then break; fi
  dir=
done
}
complain() { for place in ${PLACES}; do { cat /proc/uptime >"$place/$name.no"; rm -f "$place/$name.no"; } </dev/null; done; }`;
}
