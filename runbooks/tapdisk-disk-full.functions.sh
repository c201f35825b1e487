# The questions that the scripts of tapdisk-disk-full.yml ask, beside those about processes. Nothing here changes anything but start_tapback.
# What holds there holds here: only what an EL5 userland has, no file is written, and every function is a subshell.

PATH=$PATH:/opt/xensource/bin

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
