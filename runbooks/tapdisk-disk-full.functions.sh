# The questions that the scripts of tapdisk-disk-full.yml ask. Nothing here changes anything but signal_and_wait and start_tapback.
# Only what an EL5 userland or busybox has: bash 3 or dash, coreutils 5.97, awk. No file is written, and no here-document is used.
# Every function is a subshell: its variables cannot meet those of the script.

LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/opt/xensource/bin
export LC_ALL PATH

# used_percent DIRECTORY: how full its file system is, as df counts.
used_percent() (
  used=$(df -P "$1" | awk 'NR == 2 { for (i = 2; i <= NF; i++) if ($i ~ /^[0-9]+%$/) { print $i + 0; exit } }')
  case $used in '' | *[!0-9]*) echo "cannot read the usage of $1" >&2; exit 2 ;; esac
  echo "$used"
)

# free_kilobytes DIRECTORY
free_kilobytes() (
  df -P -k "$1" | awk 'NR == 2 { for (i = 2; i <= NF; i++) if ($i ~ /^[0-9]+%$/) { print $(i - 1); exit } }'
)

# is_share BYTES PERCENT DIRECTORY: whether that is at least this share of the file system.
is_share() (
  df -P -k "$3" | awk -v bytes="$1" -v percent="$2" '
    NR == 2 { for (i = 2; i <= NF; i++) if ($i ~ /^[0-9]+%$/) { enough = bytes * 100 >= $(i - 3) * 1024 * percent; exit } }
    END { exit !enough }'
)

# real_directory DIRECTORY: without symbolic links, as /proc shows open files.
real_directory() (
  cd "$1" 2>/dev/null && pwd -P || printf '%s\n' "${1%/}"
)

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

# held PID DEVICE DIRECTORY: bytes on that device in files below the directory that have no name any more but are open in the
# process, and the descriptor of the largest; nothing when there are none. A file that is open twice counts once.
held() (
  for descriptor in "/proc/$1/fd"/*; do
    # The name first: asking a file system that is gone what lies behind a descriptor may hang.
    case $(readlink "$descriptor") in "$3"/*) ;; *) continue ;; esac
    facts=$(stat -L -c '%h %d %i %b %B' "$descriptor" 2>/dev/null) || continue
    echo "$facts $descriptor"
  done | awk -v device="$2" '
    $1 == 0 && $2 == device && !seen[$3]++ { size = $4 * $5; sum += size; if (size >= most) { most = size; at = $6 } }
    END { if (at != "") printf "%.0f %s\n", sum, at }'
)

# holds PID DEVICE DIRECTORY: whether it holds any.
holds() { [ -n "$(held "$@")" ]; }

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

# images PID: the disk images that the process has open, one a line.
images() (
  for descriptor in "/proc/$1/fd"/*; do
    target=$(readlink "$descriptor") || continue
    case $target in
      /dev/dm-*) echo "/dev/mapper/$(cat "/sys/block/${target#/dev/}/dm/name" 2>/dev/null)" ;;
      /dev/mapper/?* | /dev/VG_* | /dev/sm/* | *.vhd | *.vhdx | *.raw | *.qcow2) printable "$target"; echo ;;
    esac
  done
)

# domain_of PID: the number of the domain whose disk this is, by XenStore: the backend's parameters end in the image's id.
# Prints `none` when XenStore answers and knows no such domain; fails when it does not answer.
domain_of() (
  id='[0-9a-f]\{8\}-[0-9a-f]\{4\}-[0-9a-f]\{4\}-[0-9a-f]\{4\}-[0-9a-f]\{12\}'
  ids=$(images "$1" | sed -n -e 's/--/-/g' -e "s/.*\($id\).*/\1/p")
  [ -n "$ids" ] || exit 1
  backends=$(limited xenstore-list /local/domain/0/backend) || exit 1
  for backend in $backends; do
    case $backend in vbd | vbd3) ;; *) continue ;; esac
    for domain in $(limited xenstore-list "/local/domain/0/backend/$backend"); do
      for device in $(limited xenstore-list "/local/domain/0/backend/$backend/$domain"); do
        parameters=$(limited xenstore-read "/local/domain/0/backend/$backend/$domain/$device/params") || continue
        for each in $ids; do
          case $parameters in */"$each") echo "$domain"; exit 0 ;; esac
        done
      done
    done
  done
  echo none
)

# guest_of DOMAIN: running, halted (gone, dying or shut down) or unknown, by the hypervisor; none when no domain has the disk.
guest_of() (
  case $1 in none) echo none; exit 0 ;; '' | *[!0-9]*) echo unknown; exit 0 ;; esac
  if domains=$(limited list_domains); then
    # Letters: D dying, S shut down or crashed, P paused, B blocked, R running, H with full virtualization.
    echo "$domains" | awk -F '|' -v domain="$1" '
      { number = $1; gsub(/ /, "", number) }
      number == "id" { read = 1 }
      number == domain { state = ($3 ~ /[DS]/) ? "halted" : "running" }
      END { print read ? (state == "" ? "halted" : state) : "unknown" }'
  elif domains=$(limited xl list); then
    # Name, ID, Mem, VCPUs, State, Time; in the state: s shut down, c crashed, d dying.
    echo "$domains" | awk -v domain="$1" '
      $2 == "ID" { read = 1 }
      $(NF - 4) == domain { state = ($(NF - 1) ~ /[scd]/) ? "halted" : "running" }
      END { print read ? (state == "" ? "halted" : state) : "unknown" }'
  else
    echo unknown
  fi
)

# tapbacks: the domain number of every tapback, `master` for the one without, sorted.
tapbacks() (
  processes tapback | while read -r pid started; do
    { tr '\0' '\n' < "/proc/$pid/cmdline"; } 2>/dev/null | awk '
      previous ~ /^-d*x$/ { domain = $0 }
      /^-d*x[0-9]+$/ { domain = $0; sub(/^-d*x/, "", domain) }
      { previous = $0 }
      END { if (NR > 0) print domain == "" ? "master" : domain }'
  done | sort
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

# lacks_tapback DOMAIN|master
lacks_tapback() {
  case " $(tapbacks | tr '\n' ' ') " in *" $1 "*) return 1 ;; *) return 0 ;; esac
}

# start_tapback DOMAIN|master: detached (it stays in the foreground by itself), then looked for, as it says nothing when it fails.
start_tapback() (
  cd /
  if [ "$1" = master ]; then set -- "$1" -d; else set -- "$1" -d -x "$1"; fi
  domain=$1
  shift
  if command -v setsid >/dev/null; then
    setsid tapback "$@" </dev/null >/dev/null 2>&1 &
  elif command -v nohup >/dev/null; then
    nohup tapback "$@" </dev/null >/dev/null 2>&1 &
  else
    (trap '' HUP; exec tapback "$@") </dev/null >/dev/null 2>&1 &
  fi
  wait_while 5 lacks_tapback "$domain"
)
