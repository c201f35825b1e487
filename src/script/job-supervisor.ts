/** Bytes kept on the host of the beginning of each stream, and about as many again of its end. A controller that listens keeps no more. */
const KEEP = { out: { head: 131_072, tail: 65_536 }, err: { head: 32_768, tail: 16_384 } } as const;

/** How often a relay says that there is more: less than what a pipe holds, since nobody may read it any more. */
const BELLS = 2000;

/**
 * The parts of the supervisor, which runs `script` in a session of its own and keeps its end and what it prints in the directory `$1`; `$2` is how it gets a session (`setsid`,
 * or nothing). Its stdout is whoever follows it, and may go away at any time. What it left in the background may hold its streams for ever: it is waited for a moment, and no
 * longer. It expects `n`, `v`, `deadline` and `script` to be set.
 *
 * Streams are redirected by `exec`: a shell that redirects a function keeps a copy of what was there. Descriptor 3: the follower, 6: the script's stderr, since the shell around it tells of
 * a killed child there, 4: the script's stdout, 8: what the parts of the supervisor tell `finish`, which alone writes the status.
 *
 * `pause` is a sleep that TERM ends with the process around it. TERM may come before `$s` is known, and a shell just forked may lose one: hence `x`, and KILL.
 */
const PARTS = `d=$1 o=$2
exec 3>&1 >/dev/null 2>&1 </dev/null 5>&- 6>&- 7>&-
trap : TERM
[ -n "$o" ] || trap '' HUP
say() { printf '%-63s\\n' "$1" 1<>"$d/status"; }
relay() {
  exec >/dev/null 4>&-
  trap '' PIPE
  s=0 g=0 k=a z=0 h=0
  while :; do
    if [ "$s" -lt "$2" ]; then
      c=$(($2 - s)); [ "$c" -le 16384 ] || c=16384
      r=$(dd bs="$c" count=1 2>&1 >>"$d/$1")
    else
      r=$(dd bs=16384 count=1 2>&1 >>"$d/$1.$k")
    fi
    case $r in
      0+0*) break ;;
      [01]+*) ;;
      *) exec 3>&- 8>&-; exec cat ;;
    esac
    if [ "$s" -lt "$2" ]; then
      s=$(($(wc -c <"$d/$1"))); h=$((h + 1))
      [ "$h" -gt ${BELLS} ] || echo "$1 $s" >&3
    else
      t=$(($(wc -c <"$d/$1.$k")))
      [ "$t" -lt "$3" ] || {
        g=$((g + z)) z=$t
        case $k in a) k=b ;; b) k=a ;; esac
        : >"$d/$1.$k"
      }
      echo "tail $1 $g $k" >&8
    fi
  done
  echo over >&8
}
found() { for f in $(grep -ls "$v=$n" /proc/[0-9]*/environ); do f=\${f#/proc/}; echo "\${f%/environ}"; done; }
members() {
  q=" "
  for p in $(found); do
    read -r st <"/proc/$p/stat" || continue
    set -- \${st##*) }
    echo "$p"
    [ "$4" = $$ ] || q="$q$4 "
  done
  [ -n "$o" ] || return 0
  for f in /proc/[0-9]*/stat; do
    read -r st <"$f" || continue
    set -- \${st##*) }
    case $q in *" $4 "*) [ "$1" = Z ] || echo "\${st%% *}" ;; esac
  done
}
reap() {
  for g in TERM KILL KILL KILL; do
    p=$(members); [ -n "$p" ] || return 0
    kill -$g $p
    for i in 0.1 0.1 0.2 0.4 0.5 0.7; do
      sleep "$i" || sleep 1
      [ -n "$(members)" ] || return 0
    done
  done
  return 1
}
pause() {
  x= s=
  trap 'x=1; [ -z "$s" ] || kill -KILL "$s"' TERM
  sleep "$1" 8>&- & s=$!
  [ -n "$x" ] || wait "$s"
  [ -z "$x" ] || { kill -KILL "$s"; wait "$s"; exit; }
  s=
}
watch() {
  exec >/dev/null 3>&- 4>&-
  pause "$deadline"
  trap '' TERM
  echo deadline >&8
  if reap; then echo reaped gone >&8; else echo reaped left >&8; fi
}
late() {
  pause 1
  echo late >&8
}
finish() {
  c= l= r= z= e=0 a="0 -" b="0 -"
  while read -r w x y y2; do
    case $w in
      code) c=$x z=$y ;;
      deadline) l=1 ;;
      reaped) r=$x ;;
      over) e=$((e + 1)) ;;
      late) [ "$e" -ge 2 ] || { e=2; [ -z "$l" ] || r=left; } ;;
      tail) case $x in out) a="$y $y2" ;; err) b="$y $y2" ;; esac ;;
    esac
    case $l:$r in
      1:left) break ;;
      : | 1:gone) [ -z "$c" ] || [ "$e" -lt 2 ] || break ;;
    esac
  done
  if [ -n "$l" ]; then say "timed-out \${r:-left} $a $b"
  elif [ -n "$c" ]; then say "ended $c $a $b"
  else say "died - $a $b"; fi
  [ -z "$z" ] || kill "$z"
  echo end >&3
}
t=-; read -r st </proc/$$/stat && set -- \${st##*) } && t=\${20}`;

const RUN = `say "running $$ $t"
{ { {
  [ -z "$deadline" ] || { watch & w=$!; }
  ( exec 6>&1 >&4 2>/dev/null 3>&- 4>&- 8>&-; script )
  c=$?
  trap '' PIPE
  exec >/dev/null 3>&- 4>&-
  [ -z "$deadline" ] || kill "$w"
  late &
  echo "code $c $!" >&8
} | relay err ${KEEP.err.head} ${KEEP.err.tail}; } 4>&1 | relay out ${KEEP.out.head} ${KEEP.out.tail}; } 8>&1 | finish`;

/** Runs a script at once, and keeps its end. */
export const SUPERVISOR = `${PARTS}\n${RUN}`;

/** Runs a script once `before` has let it: that is shell text which knows the parts of the supervisor, and which may exit instead. */
export function supervisorAfter(before: string): string {
  return `${PARTS}\n${before}\n${RUN}`;
}
