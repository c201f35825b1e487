import type { ReadSoFar } from "./job.ts";

/** Where a job's directory may be. */
export const PLACES = "/run /dev/shm /var/tmp /tmp";

/** Passes on what of the two files was not passed on yet: `more out 120` up to the 120th byte. `$a` and `$b` count. */
export const FOLLOW = `part() { tail -c +$(($2 + 1)) "$d/$1" | head -c $(($3 - $2)); }
more() {
  case $1 in
    out) [ "$2" -le "$a" ] || { part out "$a" "$2"; a=$2; } ;;
    err) [ "$2" -le "$b" ] || { part err "$b" "$2" >&2; b=$2; } ;;
  esac
}
ends() { case $2 in a) cat "$d/$1.b" "$d/$1.a" ;; b) cat "$d/$1.a" "$d/$1.b" ;; esac 2>/dev/null; }
size() { echo "$1 $((0 + $({ wc -c <"$d/$1" || echo 0; } 2>/dev/null)))"; }`;

/** Reads what the supervisor or the poller says (\`out SIZE\`, \`err SIZE\`, and the end), and prints the marks. */
export function follower({ stdout, stderr }: ReadSoFar): string {
  return `{ a=${stdout} b=${stderr} e=died
while read -r w x; do
  case $w in
    out | err) more "$w" "$x" ;;
    end | died | rebooted) e=$w; break ;;
  esac
done
set -- $(wc -c "$d/out" "$d/err" 2>/dev/null)
while [ $# -gt 1 ]; do more "\${2##*/}" "$1"; shift 2; done
w=$e x=- y=0 y2=0
case $e in
  end)
    read -r w x y k y2 k2 <"$d/status"
    ends out "$k"; ends err "$k2" >&2 ;;
esac
printf '\\n%s %s %s %s %s\\n' "$m" "$w" "$x" "$y" "$y2"; printf '\\n%s\\n' "$m" >&2; }`;
}

/** Whether a process is there that has this number and started at this time. */
export const THERE = `there() {
  { read -r st <"/proc/$1/stat"; } 2>/dev/null || return 1
  y=$2; set -- \${st##*) }
  [ "\${20}" = "$y" ]
}`;

/**
 * Says of a job what its supervisor said to the first who followed it. A supervisor is known by its number and the time at which it
 * started, since numbers are given again. `starting` lasts for as long as it takes to start a shell.
 */
export function poller(): string {
  return `${THERE}
poll() {
  i=0
  while :; do
    b1= b2=
    { read -r b1 <"$d/boot" && read -r b2 </proc/sys/kernel/random/boot_id; } 2>/dev/null
    w=; { read -r w x y z <"$d/status"; } 2>/dev/null
    size out; size err
    case $w in
      "" | starting | running | armed) [ "$b1" = "$b2" ] || { echo rebooted; return; } ;;
      *) echo end; return ;;
    esac
    case $w in
      "" | starting) i=$((i + 1)); [ "$i" -lt 50 ] || { echo died; return; } ;;
      running | armed) there "$x" "$y" || { v=$w; read -r w x <"$d/status"; [ "$w" != "$v" ] || { echo died; return; }; continue; } ;;
    esac
    sleep 0.2 2>/dev/null || sleep 1
  done
}`;
}
