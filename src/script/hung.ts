/** A process of a look whose time was up, which nothing ended. */
export type Stuck = {
  readonly pid: number;
  /** As the kernel calls it. */
  readonly name: string;
  /** The kernel's letter: `D` waits in the kernel and takes no signal. */
  readonly state: string;
};

/** What a look that is not begun says in the place of an exit code; then the process, the seconds for which it has been there, and its name. */
export const HUNG = "hung";

/** Where it is noted which processes hang: in memory, since a disk may be what they wait for, so that nothing of it outlasts a boot. */
const PLACES = ["/dev/shm", "/run"] as const;

/** Takes a line of /proc/PID/stat apart, by what is built into a shell: `$_n` name, `$1` state, `$4` session, `$20` when it began. */
const APART = "_n=${_s#*(}; _n=${_n%)*}; set -- ${_s##*) }";

/**
 * Asks before a look whether one of the same name still hangs on the host, and by whom that was noted: only one's own notes count. `tell` says the
 * words of a variable and ends the look. Where nothing hangs, this is two lists of names and starts no process.
 */
export function unlessHung(look: string, tell: (words: string) => string): string {
  const notes = PLACES.map((place) => `${place}/${noteOf(look)},*`).join(" ");
  return `for _f in ${notes}; do
  [ -O "$_f" ] || continue
  _b=\${_f##*,} _p=\${_f%,*}; _p=\${_p##*,} _s=
  { read -r _s <"/proc/$_p/stat"; } 2>/dev/null
  ${APART}
  if [ "\${20-}" = "$_b" ] && [ "$1" != Z ]; then
    _u=0; { read -r _u _s </proc/uptime; } 2>/dev/null
    _h="${HUNG} $_p $((\${_u%%.*} - _b / 100)) $_n"
    ${tell('"$_h"')}
  fi
  rm -f "$_f"
done; set --; unset _f _b _p _s _n _u _h`;
}

/** Notes a process; a name that is there is not written to, since anybody may have made it. */
const NOTE = `${PLACES.map((place) => `{ true >"${place}/$_look,$_p,\${20}"; } 2>/dev/null`).join(" || ")} || :`;

/** What a session's shell is told of the look that it begins; it may end before we hear of it. */
export function setLook(look: string | undefined): string {
  return `_look=${look === undefined ? "" : noteOf(look)}`;
}

/**
 * How often a session's end looks whether those it killed are gone. Without a pause between: that would start a process. One that waits in the
 * kernel for a moment only, as everything does that reads from a disk, is gone before the last of them.
 */
const ROUNDS = 50;

/**
 * The last thing but one that a session's shell does: it kills its processes and notes those that stay. Of those of other users, such as the sudo
 * around us, only what the kernel holds (`D`) hangs. A process may wait where a signal
 * could reach it, and in the kernel only once one did (as one that asks a FUSE server does), so it is looked at after it was killed.
 */
export const NOTE_STUCK = `[ -z "\${_look-}" ] || {
  read -r _s </proc/self/stat; ${APART}; _i=$4 _m=\${_s%% *} _r=0; set -C; umask 077
  while _w= _r=$((_r + 1)); [ $_r -le ${ROUNDS} ]; do
    for _f in /proc/[0-9]*/stat; do
      _s=; read -r _s <"$_f" || continue
      ${APART}; _p=\${_s%% *}
      [ "\${4-}" = "$_i" ] && [ "$_p" != "$_m" ] && [ "$1" != Z ] || continue
      kill -KILL "$_p" || [ "$1" = D ] || continue
      if [ $_r = ${ROUNDS} ]; then ${NOTE}; else _w=1; fi
    done
    [ -n "$_w" ] || break
  done
} 2>/dev/null`;

/** A script that lists what is left of a session, a line each (\`PID STATE NAME\`), and notes it for later looks of this name. */
export function findStuck(session: number, look: string | undefined): string {
  const note = look === undefined ? "" : `_look=${noteOf(look)}; ${NOTE}`;
  return `set -C; umask 077
for _f in /proc/[0-9]*/stat; do
  _s=; { read -r _s <"$_f"; } 2>/dev/null || continue
  ${APART}
  [ "\${4-}" = ${session} ] && [ "$1" != Z ] || continue
  _p=\${_s%% *}
  kill -0 "$_p" 2>/dev/null || [ "$1" = D ] || continue
  printf '%s %s %s\\n' "$_p" "$1" "$_n"
  ${note}
done`;
}

/** Reads what \`findStuck\` printed. */
export function stuckIn(text: string): Stuck[] {
  return text.split("\n").flatMap((line) => {
    const [, pid = "", state = "", name = ""] = /^(\d+) (\w) (.*)$/.exec(line) ?? [];
    return pid === "" ? [] : [{ pid: Number(pid), state, name }];
  });
}

/** A look's name on its host, as a file may be called. */
function noteOf(look: string): string {
  return `runbook-hung,${look.replaceAll(/[^\w.@-]/g, "_").slice(0, 150)}`;
}
