# What runbooks ask about processes. Nothing here changes anything but signal_and_wait.
# Only what an EL5 userland or busybox has: bash 3 or dash, coreutils 5.97, awk. No file is written, and no here-document is used.
# Every function is a subshell: its variables cannot meet those of the script.

LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export LC_ALL PATH

# started_at PID: when the process began, in clock ticks since boot; fails when it has ended.
# The name stands in parentheses and may hold anything, so the fields are counted from the last one.
started_at() (
  { IFS= read -r line < "/proc/$1/stat"; } 2>/dev/null || exit 1
  set -- ${line##*) }
  [ "$1" != Z ] && echo "${20}"
)

# same PID STARTED: whether that very process still runs.
same() { [ "$(started_at "$1")" = "$2" ]; }

# processes NAME: pid and start of every process with that name (the kernel keeps 15 bytes of it).
processes() (
  name=$(printf %.15s "$1")
  for directory in /proc/[0-9]*; do
    { IFS= read -r line < "$directory/stat"; } 2>/dev/null || continue
    found=${line%)*}
    [ "${found#*(}" = "$name" ] || continue
    started=$(started_at "${directory#/proc/}") || continue
    echo "${directory#/proc/} $started"
  done
)

# printable TEXT: on one line; control characters and backslashes as \ooo.
printable() (
  printf %s "$1" | od -A n -v -t o1 | awk '{
    for (i = 1; i <= NF; i++) {
      n = substr($i, 1, 1) * 64 + substr($i, 2, 1) * 8 + substr($i, 3, 1)
      if (n < 32 || n == 127 || n == 92) printf "\\%s", $i; else printf "%c", n
    }
  }'
)

# process_lines NAME…: the processes with these names, one a line, for the record.
process_lines() (
  for name; do
    processes "$name" | while read -r pid started; do
      arguments=$({ tr '\0' ' ' < "/proc/$pid/cmdline"; } 2>/dev/null) || continue
      parent=$(awk '/^PPid:/ { print $2 }' "/proc/$pid/status" 2>/dev/null) || continue
      printf 'pid %s, parent %s, started at tick %s: %s\n' "$pid" "$parent" "$started" "$(printable "$arguments")"
    done
  done
)

# catches_hup PID: whether the process has its own answer to SIGHUP (the lowest bit of SigCgt).
catches_hup() {
  case $(awk '/^SigCgt:/ { print $2 }' "/proc/$1/status" 2>/dev/null) in *[13579bdf]) return 0 ;; *) return 1 ;; esac
}

# limited COMMAND…: what it prints, or failure after 5 seconds: the tools of a sick host may hang.
limited() (
  exec 2>/dev/null
  "$@" </dev/null &
  asked=$!
  { sleep 5 & nap=$!; trap 'kill "$nap"; exit' TERM; wait "$nap"; kill -KILL "$asked"; } >/dev/null &
  timer=$!
  status=0
  wait "$asked" || status=$?
  kill "$timer"
  exit "$status"
)

# wait_while SECONDS COMMAND…: until the command fails; fails itself when the time is up (never before, as only whole seconds count).
wait_while() (
  end=$(($(date +%s) + ${1%.*}))
  shift
  while "$@"; do
    [ "$(date +%s)" -le "$end" ] || exit 1
    sleep 0.2 2>/dev/null || sleep 1
  done
)

# signal_and_wait SIGNAL PID STARTED SECONDS: fails when that process is still there afterwards.
signal_and_wait() (
  same "$2" "$3" || exit 0
  kill "-$1" "$2" 2>/dev/null || :
  wait_while "$4" same "$2" "$3"
)

# matches TEXT PATTERN…: whether it fits one of the patterns of the shell.
matches() (
  text=$1
  shift
  for pattern; do
    # shellcheck disable=SC2254 # a pattern is what it is
    case $text in $pattern) exit 0 ;; esac
  done
  exit 1
)
