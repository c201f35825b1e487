import type { ReadSoFar } from "./job.ts";
import { LOOK } from "./job-supervisor.ts";

/** Where a job's directory may be. */
export const PLACES = "/run /dev/shm /var/tmp /tmp";

/** Whether \`$dir\` is a directory of ours: anybody may make one in /tmp. */
export const OURS = `[ -d "$dir" ] && [ ! -h "$dir" ] && [ -O "$dir" ]`;

/** `there PID BORN`: whether a process is there that has this number and began then; where there is no /proc, that has the number. */
export const THERE = `there() {
  [ "$2" != - ] || { kill -0 "$1" 2>/dev/null; return; }
  look "$1" && [ "$born" = "$2" ]
}`;

/**
 * `status` reads what is known of the job in `$dir`: `$word` is `starting`, `running`, `armed`, `ended`, `killed`, `timed-out`, or `died` where its supervisor was
 * killed, `rebooted`, `gone`. One whose process is not there any more may have ended since its status was read: hence the second look.
 */
export const STATUS = `${LOOK}
${THERE}
status() {
  [ -d "$dir" ] || { word=gone; return; }
  word= what=- boot= now=
  { read -r word what x y <"$dir/status"; } 2>/dev/null
  case $word in
    "") word=starting ;;
    starting | running | armed) ;;
    *) return ;;
  esac
  { read -r boot <"$dir/boot" && read -r now </proc/sys/kernel/random/boot_id; } 2>/dev/null
  [ "$boot" = "$now" ] || { word=rebooted; return; }
  [ "$word" = starting ] || there "$what" "$x" || {
    was=$word
    { read -r word what x y <"$dir/status"; } 2>/dev/null
    [ "$word" != "$was" ] || word=died
  }
}`;

/** Passes on what of the two files was not passed on yet: `pass out 120` up to the 120th byte. `$stdout` and `$stderr` count. */
export const FOLLOW = `part() { tail -c +$(($2 + 1)) "$dir/$1" | head -c $(($3 - $2)); }
pass() {
  case $1 in
    out) [ "$2" -le "$stdout" ] || { part out "$stdout" "$2"; stdout=$2; } ;;
    err) [ "$2" -le "$stderr" ] || { part err "$stderr" "$2" >&2; stderr=$2; } ;;
  esac
}
tails() { case $2 in a) cat "$dir/$1.b" "$dir/$1.a" ;; b) cat "$dir/$1.a" "$dir/$1.b" ;; esac 2>/dev/null; }
size() { echo "$1 $((0 + $({ wc -c <"$dir/$1" || echo 0; } 2>/dev/null)))"; }`;

/** Reads what the supervisor or the poller says (\`out SIZE\`, \`err SIZE\`, and the end), and prints the marks. */
export function follower({ stdout, stderr }: ReadSoFar): string {
  return `{ stdout=${stdout} stderr=${stderr} word=died what=- dropped=0 dropped2=0
while read -r heard x; do
  case $heard in
    out | err) pass "$heard" "$x" ;;
    *) word=$heard; break ;;
  esac
done
set -- $(wc -c "$dir/out" "$dir/err" 2>/dev/null)
while [ $# -gt 1 ]; do pass "\${2##*/}" "$1"; shift 2; done
case $word in
  end)
    read -r word what dropped turn dropped2 turn2 <"$dir/status"
    tails out "$turn"; tails err "$turn2" >&2 ;;
esac
printf '\\n%s %s %s %s %s%s\\n' "$mark" "$word" "$what" "$dropped" "$dropped2" "\${stale:+ $stale}"; printf '\\n%s\\n' "$mark" >&2; }`;
}

/** Says of a job what its supervisor said to the first who followed it. \`starting\` lasts for as long as it takes to start a shell. */
export const POLLER = `${STATUS}
poll() {
  round=0
  while :; do
    status
    size out; size err
    case $word in
      running | armed) ;;
      starting) [ "$round" -lt 150 ] || { echo died; return; } ;;
      died | rebooted | gone) echo "$word"; return ;;
      *) echo end; return ;;
    esac
    round=$((round + 1))
    sleep 0.2 2>/dev/null || sleep 1
  done
}`;
