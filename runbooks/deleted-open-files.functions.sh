# The questions that the scripts of deleted-open-files.yml ask, beside those about processes. Nothing here changes anything but empty_files.
# What holds there holds here: only what an EL5 userland or busybox has, no file is written, and every function is a subshell.

# candidates: the descriptors of all processes whose file has no name any more. Only links are read: a file
# system that is gone is not asked, and cannot hang.
candidates() (
  if find /dev/null -lname none >/dev/null 2>&1; then
    printf '%s\n' /proc/[0-9]*/fd | xargs -n 500 sh -c 'find "$@" -lname "* (deleted)" 2>/dev/null || :' find
  else
    for descriptor in /proc/[0-9]*/fd/*; do
      case $(readlink "$descriptor") in *' (deleted)') echo "$descriptor" ;; esac
    done
  fi
)

# deleted: PID DEVICE INODE BYTES DESCRIPTOR USED SIZE TYPE for each of them that is a file: the bytes that it takes up, and of its file
# system the usage in percent (as df counts), the size in bytes and the type.
deleted() (
  look='stat -L -c "file %n %h %f %d %i %b %B" "$@"; stat -f -L -c "disk %n %b %f %a %S %T" "$@"; :'
  { candidates | xargs sh -c "$look" stat 2>/dev/null || :; } | awk '
    $1 == "file" && $3 == 0 && $4 ~ /^8...$/ {
      split($2, part, "/")
      device[$2] = $5
      file[$2] = sprintf("%s %s %s %.0f %s", part[3], $5, $6, $7 * $8, $2)
    }
    $1 == "disk" && $3 - $4 + $5 > 0 {
      used = ($3 - $4) * 100 / ($3 - $4 + $5)
      disk[$2] = sprintf("%d %.0f %s", (used == int(used)) ? used : used + 1, $3 * $6, $7)
    }
    END {
      for (each in disk) if (each in device) of[device[each]] = disk[each]
      for (each in file) if (device[each] in of) print file[each], of[device[each]]
    }'
)

# service_of PID: the systemd service of this host whose process it is; nothing for a login's, a container's, one that has ended, and without systemd.
service_of() (
  { while IFS=: read -r number controllers path; do
    case $controllers in '' | name=systemd) ;; *) continue ;; esac
    case $path in /user.slice/* | /machine.slice/* | *kubepods* | *docker-* | *libpod*) exit 0 ;; esac
    case $path in */*.service | */*.service/*) ;; *) continue ;; esac
    while [ "$path" = "${path%.service}" ]; do path=${path%/*}; done
    echo "${path##*/}"
    exit 0
  done < "/proc/$1/cgroup"; } 2>/dev/null || :
)

# holders: BYTES SERVICE PID STARTED USED SIZE TYPE DESCRIPTOR for each service (`-`: a process that is of none) and file system, with the oldest
# of the processes that hold deleted files there, and the descriptor of the largest. A file that is open several times counts once.
holders() (
  deleted | while read -r pid device inode bytes descriptor used size type; do
    started=$(started_at "$pid") || continue
    service=$(service_of "$pid")
    echo "${service:--} $pid $started $device $inode $bytes $descriptor $used $size $type"
  done | awk '
    { who = ($1 == "-" ? $2 : $1) SUBSEP $4 }
    !((who, $5) in seen) { seen[who, $5]; sum[who] += $6 }
    # Children come and go: of several that have the largest open, the oldest is named.
    !(who in most) || $6 > most[who] || ($6 == most[who] && $3 < since[who]) { most[who] = $6; since[who] = $3; at[who] = $7 }
    !(who in first) || $3 < first[who] || ($3 == first[who] && $2 < pid[who]) { first[who] = $3; pid[who] = $2 }
    { service[who] = $1; disk[who] = $8 " " $9 " " $10 }
    END { for (who in most) printf "%.0f %s %s %s %s %s\n", sum[who], service[who], pid[who], first[who], disk[who], at[who] }'
)

# held_by SERVICE PID: bytes of deleted files that they still hold.
held_by() (
  holders | awk -v service="$1" -v pid="$2" '$2 == service && (service != "-" || $3 == pid) { sum += $1 } END { printf "%.0f\n", sum }'
)

# is_share BYTES PERCENT OF-BYTES
is_share() {
  awk -v bytes="$1" -v percent="$2" -v all="$3" 'BEGIN { exit !(bytes * 100 >= all * percent) }'
}

# property SERVICE NAME: what systemd says of it; nothing where it does not answer.
property() (
  { limited systemctl show -p "$2" "$1" || :; } | sed -n "s/^$2=//p"
)

# name_behind DESCRIPTOR: the name that its file had, on one line.
name_behind() (
  path=$(readlink "$1" && echo .) || exit 1
  path=${path%??}
  printable "${path% (deleted)}"
)

# program_of PID: the name of its program, on one line.
program_of() (
  { IFS= read -r line < "/proc/$1/stat"; } 2>/dev/null || exit 1
  name=${line%)*}
  printable "${name#*(}"
)

# process_line PID: what runs there, for the record.
process_line() (
  arguments=$({ tr '\0' ' ' < "/proc/$1/cmdline"; } 2>/dev/null) || exit 0
  echo "process $1: $(printable "$arguments")"
)

# remedy_for SERVICE PATH: reload, restart, truncate or none, as the inputs say and systemd allows.
remedy_for() (
  set -f
  if [ "$truncate" = true ]; then
    if matches "$2" $truncate_only; then echo truncate; else echo none; fi
  elif [ "$1" = - ] || matches "$1" $never; then
    echo none
  else
    refuses=$(property "$1" RefuseManualStop)
    reloads=$(property "$1" CanReload)
    case $refuses:$reloads:$reload_first in
      no:yes:true) echo reload ;;
      no:*) echo restart ;;
      *) echo none ;; # systemd does not answer, or will not let anybody stop it
    esac
  fi
)

# empty_files SERVICE PID PATTERNS: cuts every deleted file that they hold to nothing, where its name fits; the process goes on writing.
empty_files() (
  deleted | while read -r pid device inode bytes descriptor rest; do
    service=$(service_of "$pid")
    [ "${service:--}" = "$1" ] || continue
    [ "$1" != - ] || [ "$pid" = "$2" ] || continue
    path=$(name_behind "$descriptor") || continue
    (
      set -f
      matches "$path" $3 || exit 0
      # Opened first, and looked at once more: the process may have closed it, and have something else there by now.
      exec 3<> "$descriptor"
      [ "$(stat -L -c '%h %d %i' /proc/self/fd/3)" = "0 $device $inode" ] || exit 0
      : > /proc/self/fd/3
      echo "emptied $path ($bytes bytes, process $pid)"
    ) || echo "$path of process $pid could not be emptied" >&2
  done
)
