/** Bytes kept on the host of the beginning of each stream, and about as many again of its end. A controller that listens keeps no more. */
const KEEP = { out: { head: 131_072, tail: 65_536 }, err: { head: 32_768, tail: 16_384 } } as const;

/** How often a relay says that there is more: less than what a pipe holds, since nobody may read it any more. */
const BELLS = 2000;

/** `look PID` reads what the kernel says of a process: `$state`, `$session`, and `$born`, since numbers are given again. */
export const LOOK = `look() {
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  set -- \${stat##*) }
  state=$1 session=$4 born=\${20}
}`;

/**
 * `reap` ends every process of the job `$name`, at the privilege of who runs it; it fails where one is left. `$own` is the session of the
 * job's supervisor, which is spared. `members` are those that have the job's variable in their environment (without -F: with it, busybox sees no
 * further than to the first NUL), and all of their sessions.
 */
export const REAP = `members() {
  sessions=" "
  for file in $(grep -ls "$variable=$name:" /proc/[0-9]*/environ); do
    pid=\${file#/proc/} pid=\${pid%/environ}
    look "$pid" || continue
    echo "$pid"
    [ "$session" = "$own" ] || sessions="$sessions$session "
  done
  for file in /proc/[0-9]*/stat; do
    pid=\${file#/proc/} pid=\${pid%/stat}
    look "$pid" && [ "$state" != Z ] || continue
    case $sessions in *" $session "*) echo "$pid" ;; esac
  done
}
reap() {
  [ -r /proc/self/environ ] || return 1
  for signal in TERM KILL KILL KILL; do
    left=$(members); [ -n "$left" ] || return 0
    kill -$signal $left
    for seconds in 0.1 0.1 0.2 0.4 0.5 0.7; do
      sleep "$seconds" || sleep 1
      [ -n "$(members)" ] || return 0
    done
  done
  return 1
}`;

/**
 * The parts of the supervisor, which runs `script` in a session of its own and keeps its end and what it prints in the directory `$1`; `$2` is how it gets a session (`setsid`,
 * or nothing). Its stdout is whoever follows it, and may go away at any time. It expects `name`, `variable`, `deadline` and `script` to be set.
 *
 * Descriptor 3 is the follower, 4 the script's stdout, 8 what the parts of the supervisor tell `finish`, which alone writes the status:
 * `code`, `deadline`, `reaped`, `over` (a stream has ended), `tail` (bytes dropped of a stream, and which file has its end), and `late`: what is
 * left in the background may hold the streams for ever, and is waited for a moment by a process of its own, `$waiter`. The shell that says `code` is the script's parent: a
 * script that kills it is not taken for one that has ended.
 *
 * `relay` reads to the end whatever happens, since the script would die of a pipe that nobody reads: on a full disk, and (by the trap: a
 * shell that cannot fork exits) on a host that is out of processes. `pause` is a sleep that TERM ends with the process around it. TERM may
 * come before `$sleep` is known, and a shell just forked may lose one: hence `over`, and KILL.
 *
 * The file `going` is there for as long as a person may have the script ended: it is removed as soon as the script has ended, or moved to `killed` by
 * who ends it (`script/job-end`). One of the two is first, so what a script left in the background is never taken for the script.
 */
const PARTS = `dir=$1 setsid=$2
exec 3>&1 >/dev/null 2>&1 </dev/null 5>&- 6>&- 7>&-
trap : TERM
[ -n "$setsid" ] || trap '' HUP
${LOOK}
end() { look "$1" && [ "$session" = "$own" ] && kill "$1"; }
say() { printf '%-63s\\n' "$1" 1<>"$dir/status"; }
relay() {
  exec >/dev/null 4>&-
  trap '' PIPE
  stream=$1 head=$2 tail=$3 kept=0 dropped=0 turn=a before=0 bells=0
  trap 'echo "tail $stream $((dropped + 1)) $turn" >&8; exec cat 3>&- 8>&-' EXIT
  while :; do
    if [ "$kept" -lt "$head" ]; then
      room=$((head - kept)); [ "$room" -le 16384 ] || room=16384
      said=$(dd bs="$room" count=1 2>&1 >>"$dir/$stream")
    else
      said=$(dd bs=65536 count=1 2>&1 >>"$dir/$stream.$turn")
    fi
    case $said in
      0+0*) break ;;
      [01]+*) ;;
      *)
        echo "tail $stream $((dropped + 1)) $turn" >&8
        dropped=$((dropped + 1 + $(wc -c)))
        echo "tail $stream $dropped $turn" >&8
        break ;;
    esac
    if [ "$kept" -lt "$head" ]; then
      kept=$(($(wc -c <"$dir/$stream"))) bells=$((bells + 1))
      [ "$bells" -gt ${BELLS} ] || echo "$stream $kept" >&3
    else
      size=$(($(wc -c <"$dir/$stream.$turn")))
      [ "$size" -lt "$tail" ] || {
        dropped=$((dropped + before)) before=$size
        case $turn in a) turn=b ;; b) turn=a ;; esac
        rm -f "$dir/$stream.$turn"
      }
      echo "tail $stream $dropped $turn" >&8
    fi
  done
  trap - EXIT
  echo over >&8
}
${REAP}
pause() {
  over= sleep=
  trap 'over=1; [ -z "$sleep" ] || kill -KILL "$sleep"' TERM
  sleep "$1" 8>&- & sleep=$!
  [ -n "$over" ] || wait "$sleep"
  [ -z "$over" ] || { kill -KILL "$sleep"; wait "$sleep"; exit; }
  sleep=
}
watch() {
  exec >/dev/null 3>&- 4>&-
  pause "$deadline"
  trap '' TERM
  echo deadline >&8
  reap || { echo reaped left >&8; exit; }
  echo reaped gone >&8
  sleep 1
  echo late reaped >&8
}
late() {
  pause 1
  echo late code >&8
}
finish() {
  code= overdue= reaped= open=2 waiter= out="0 -" err="0 -"
  while read -r word what x y; do
    case $word in
      code) code=$what waiter=$x ;;
      deadline) [ -n "$code" ] || overdue=1 ;;
      reaped) reaped=$what ;;
      over) open=$((open - 1)) ;;
      late)
        case $overdue:$what in
          :code) open=0 ;;
          1:reaped) [ "$open" -le 0 ] || reaped=left ;;
        esac ;;
      tail) case $what in out) out="$x $y" ;; err) err="$x $y" ;; esac ;;
    esac
    case $overdue:$reaped in
      1:left) break ;;
      1:gone | :*) [ -z "$code" ] || [ "$open" -gt 0 ] || break ;;
    esac
  done
  if [ -n "$overdue" ]; then say "timed-out \${reaped:-left} $out $err"
  elif [ -n "$code" ]; then
    ended=ended; [ ! -e "$dir/killed" ] || ended=killed
    say "$ended $code $out $err"
  else say "died - $out $err"; fi
  [ -z "$waiter" ] || end "$waiter"
  echo end >&3
}
session= born=-
look $$
own=$session birth=$born`;

/** A shell that was killed (128 + one of 64 signals) leaves what it ran at work: the script has ended once nothing of it is left, or at its deadline. */
const RUN = `say "running $$ $birth"
{ { {
  [ -z "$deadline" ] || { watch & watcher=$!; }
  script
  code=$?
  [ "$code" -le 128 ] || [ "$code" -gt 192 ] || while [ -n "$(members)" ]; do sleep 0.3 || sleep 1; done
  trap '' PIPE
  exec >/dev/null 3>&- 4>&-
  rm -f "$dir/going"
  [ -z "$deadline" ] || end "$watcher"
  late &
  echo "code $code $!" >&8
} | relay err ${KEEP.err.head} ${KEEP.err.tail}; } 4>&1 | relay out ${KEEP.out.head} ${KEEP.out.tail}; } 8>&1 | finish`;

/** Runs a script at once, and keeps its end. */
export const SUPERVISOR = `${PARTS}\n${RUN}`;

/** Runs a script once `before` has let it: that is shell text which knows the parts of the supervisor, and which may exit instead. */
export function supervisorAfter(before: string): string {
  return `${PARTS}\n${before}\n${RUN}`;
}
