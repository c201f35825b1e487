# What the looks of kvm-host-health.yml ask, beside those about processes, the kernel's log and volumes. Nothing here changes anything.

# cannot WHY: ends the script, as nobody can tell.
cannot() { echo "$*" >&2; exit 2; }

# skip WHY: ends an `applies`: this is nothing for this host.
skip() { echo "$*"; exit 1; }

# need TOOL…: skips where one is missing.
need() {
  for tool; do command -v "$tool" >/dev/null || skip "there is no $tool"; done
}

# need_file FILE WHY: skips where it is not there.
need_file() { [ -e "$1" ] || skip "$2"; }

# some FILE…: whether a pattern of the shell has found something.
some() { [ -e "$1" ]; }

# memory_facts: `TOTAL AVAILABLE SWAP SWAP-USED` in kB, of what is not set aside for huge pages.
memory_facts() (
  text=$(cat /proc/meminfo) || exit 2
  printf '%s\n' "$text" | awk '
    { value[$1] = $2 }
    function known(name) { return (name in value) && value[name] ~ /^[0-9]+$/ }
    END {
      if (!known("MemTotal:") || !known("MemFree:") || !known("SwapTotal:") || !known("SwapFree:")) exit 2
      huge = known("Hugetlb:") ? value["Hugetlb:"] : value["HugePages_Total:"] * value["Hugepagesize:"]
      # Kernels before 3.14 do not say what is available.
      free = known("MemAvailable:") ? value["MemAvailable:"] : value["MemFree:"] + value["Buffers:"] + value["Cached:"] - value["Shmem:"]
      total = value["MemTotal:"] - huge
      if (total <= 0) exit 2
      printf "%.0f %.0f %.0f %.0f\n", total, free, value["SwapTotal:"], value["SwapTotal:"] - value["SwapFree:"]
    }' || exit 2
)

# need_pressure NAME: skips where this kernel does not tell how long is waited.
need_pressure() {
  need_file "/proc/pressure/$1" "this kernel tells no pressure (PSI: 4.20 or later, with CONFIG_PSI)"
  why=$({ cat "/proc/pressure/$1" >/dev/null; } 2>&1) || case $why in
    *upported*) skip "PSI is switched off in this kernel (psi=1 at boot)" ;;
    *) cannot "$why" ;;
  esac
}

# pressure NAME some|full LEAST: the average of 5 minutes in percent, where it is at least that much.
pressure() (
  text=$(cat "/proc/pressure/$1") || exit 2
  printf '%s\n' "$text" | awk -v what="$1" -v line="$2" -v least="$3" '
    $1 == line && $4 ~ /^avg300=[0-9.]+$/ { known = 1; sub("avg300=", "", $4); if ($4 + 0 >= least + 0) printf "%s\t%s\t%s\n", what, $4, substr($2, 7) }
    END { if (!known) exit 2 }' || cannot "/proc/pressure/$1 cannot be understood"
)

# share_used NAME USED MOST LEAST: a finding where USED is at least LEAST percent of MOST.
share_used() {
  for number in "$2" "$3"; do
    case $number in '' | *[!0-9]*) cannot "$1 cannot be understood: $number" ;; esac
  done
  awk -v name="$1" -v used="$2" -v most="$3" -v least="$4" 'BEGIN { if (most > 0 && used * 100 >= most * least) printf "%s\t%.1f\t%.0f\t%.0f\n", name, used * 100 / most, used, most }'
}

# processes_in_wait: PID STARTED PARENT NAME of each process of which a thread waits uninterruptibly, once each. Threads of the kernel are left out.
processes_in_wait() (
  # With a thousand threads a shell would take a second.
  stats=$({ printf '%s\n' /proc/[0-9]*/task/[0-9]*/stat | xargs cat 2>/dev/null || :; } | awk '{ at = match($0, /\) [A-Za-z] [0-9]/); if (at) print substr($0, at + 2, 1) }' | sort | uniq -c) || exit 2
  case $stats in '') exit 2 ;; *' D'*) ;; *) exit 0 ;; esac
  for directory in /proc/[0-9]*; do
    pid=${directory#/proc/}
    states=$(cat "$directory"/task/[0-9]*/stat 2>/dev/null | awk '{ at = match($0, /\) [A-Za-z] [0-9]/); if (at && substr($0, at + 2, 1) == "D") found = 1 } END { if (found) print "D" }') || :
    [ "$states" = D ] || continue
    { IFS= read -r line < "$directory/stat"; } 2>/dev/null || continue
    name=${line%)*}
    name=${name#*(}
    set -- ${line##*) }
    # The children of kthreadd, and itself.
    [ "$2" = 2 ] || [ "$pid" = 2 ] || printf '%s\t%s\t%s\n' "$pid" "${20}" "$(printable "$name")"
  done
)

# is_qemu NAME: whether a process with that name runs a guest.
is_qemu() { case $1 in qemu-system-* | qemu-kvm | qemu-kvm-* | kvm) return 0 ;; *) return 1 ;; esac; }

# guests: PID of every process that runs one.
guests() (
  for directory in /proc/[0-9]*; do
    { IFS= read -r line < "$directory/stat"; } 2>/dev/null || continue
    name=${line%)*}
    is_qemu "${name#*(}" || continue
    case ${line##*) } in Z*) continue ;; esac
    echo "${directory#/proc/}"
  done
)

# guests_want: `GUESTS VCPUS MEGABYTES` that the guests' command lines ask for together; fails where one cannot be read.
guests_want() (
  all=$(for pid in $(guests); do
    # One that has ended meanwhile wants nothing; one that may not be read is unknown.
    { tr '\0' '\n' < "/proc/$pid/cmdline"; } 2>/dev/null || if [ -e "/proc/$pid" ]; then echo '@unread'; fi
    echo '@end'
  done) || exit 2
  printf '%s\n' "$all" | awk '
    function field(text, name,   parts, n, i) {
      n = split(text, parts, ",")
      for (i = 1; i <= n; i++) if (index(parts[i], name "=") == 1) return substr(parts[i], length(name) + 2)
      return ""
    }
    function megabytes(text,   unit) {
      unit = substr(text, length(text), 1)
      if (unit ~ /[0-9]/) return text + 0
      return text * (unit ~ /[Tt]/ ? 1048576 : unit ~ /[Gg]/ ? 1024 : unit ~ /[Mm]/ ? 1 : unit ~ /[Kk]/ ? 1 / 1024 : 0)
    }
    $0 == "@unread" { unread = 1 }
    $0 == "@end" { if (any) { guests++; vcpus += cpus; memory += size } any = 0; cpus = 1; size = 128; last = ""; next }
    BEGIN { cpus = 1; size = 128 }
    { any = 1 }
    last == "-smp" {
      if ($0 ~ /^[0-9]/) cpus = $0 + 0
      else if (field($0, "cpus") != "") cpus = field($0, "cpus") + 0
      else {
        cpus = 1
        split("sockets dies clusters cores threads", part, " ")
        for (i = 1; i <= 5; i++) if (field($0, part[i]) != "") cpus *= field($0, part[i])
      }
    }
    last == "-m" { size = megabytes($0 ~ /^[0-9]/ ? substr($0, 1, index($0 ",", ",") - 1) : field($0, "size")) }
    { last = $0 }
    END { if (unread) exit 2; printf "%d %d %.0f\n", guests, vcpus, memory }' || exit 2
)

tab=$(printf '\t')

# disk_table [-i]: what df says of the file systems of this host; what it could read even where it fails.
disk_table() (
  whole=true
  # Without -l (busybox has none) a server that is silent costs the time that is given to df.
  table=$(limited df -P -T -l "$@") || { [ -n "$table" ] && whole=false || table=$(limited df -P -T "$@") || whole=false; }
  printf '%s\n' "$table"
  "$whole"
)

# full_rows LEAST: MOUNT USED DEVICE of each file system on a disk, from what df -PT prints on stdin, that is at least that full. A device counts once.
full_rows() {
  awk -v least="$1" '
    NR == 1 { next }
    $2 ~ /^(tmpfs|devtmpfs|squashfs|iso9660|udf|erofs|cramfs|overlay|aufs|ramfs|efivarfs|rootfs|fuse|fuse\..*|nsfs|autofs|proc|sysfs)$/ { next }
    NF < 7 { exit 2 }
    {
      used = $6
      if (used == "-") next # btrfs and vfat have no inodes to count
      if (sub("%", "", used) != 1 || used !~ /^[0-9]+$/) exit 2
      device = $1
      mount = $0; for (i = 1; i <= 6; i++) sub(/^[ ]*[^ ]+[ ]+/, "", mount)
      gsub(/\t/, " ", mount)
      if (used + 0 >= least + 0 && !(device in told)) { told[device]; printf "%s\t%s\t%s\n", mount, used, device }
    }
    END { if (NR == 0) exit 2 }'
}

# disks: the names of disks that are not removable.
disks() (
  for disk in /sys/block/sd* /sys/block/hd* /sys/block/nvme*n*; do
    [ -e "$disk" ] || continue
    removable=$(cat "$disk/removable" 2>/dev/null) || removable=0
    [ "$removable" = 1 ] || echo "${disk##*/}"
  done
)

# smart_of DISK: well, failing, asleep, mute (it tells nothing) or unreadable. A disk that sleeps is not woken.
smart_of() (
  status=0
  told=$(limited smartctl -n standby -H "/dev/$1") || status=$?
  case $told in
    *'test result: PASSED'* | *'SMART Health Status: OK'*) echo well ;;
    *'test result: FAILED'* | *'SMART Health Status: '*) echo failing ;;
    *STANDBY* | *SLEEP*) echo asleep ;;
    *'lacks SMART capability'* | *'Unavailable - '* | *'does not support SMART'* | *'Unable to detect device type'* | *'Not a SMART device'*) echo mute ;;
    *) if [ $((status & 8)) -ne 0 ] && [ "$status" -lt 128 ]; then echo failing; else echo unreadable; fi ;;
  esac
)

# cards: CARD PACKETS ERRORS DROPS of every network card (no bridges, no taps), since it came up.
cards() {
  for card in /sys/class/net/*; do
    [ -e "$card/device" ] || continue
    set --
    for counter in rx_packets tx_packets rx_errors tx_errors rx_dropped tx_dropped rx_missed_errors; do
      number=$(cat "$card/statistics/$counter") || cannot "cannot read the counters of ${card##*/}"
      set -- "$@" "$number"
    done
    printf '%s\t%s\t%s\t%s\n' "${card##*/}" "$(($1 + $2))" "$(($3 + $4))" "$(($5 + $6 + $7))"
  done
}

# quotas: the cpu.stat of every control group of a guest, in either version of control groups.
quotas() (
  for top in /sys/fs/cgroup /sys/fs/cgroup/cpu /sys/fs/cgroup/cpu,cpuacct; do
    for place in "$top/machine.slice" "$top/machine"; do
      [ ! -d "$place" ] || find "$place" -mindepth 2 -maxdepth 5 -name cpu.stat
    done
  done | sort -u
)

# clock_state: `synchronized OFFSET`, `unsynchronized`, `unknown`, or nothing where nobody tells.
clock_state() (
  if command -v chronyc >/dev/null && told=$(limited chronyc -n tracking); then
    printf '%s\n' "$told" | awk '
      /^Leap status/ { known = 1; bad = /Not synchronised/ }
      /^System time/ { offset = $4 }
      END { if (!known) print "unknown"; else if (bad) print "unsynchronized"; else print "synchronized " offset + 0 }'
  elif command -v ntpq >/dev/null && told=$(limited ntpq -pn) && [ -n "$told" ]; then
    printf '%s\n' "$told" | awk '/^\*/ { found = 1; offset = $9 / 1000 } END { if (found) print "synchronized " offset; else print "unsynchronized" }'
  elif command -v timedatectl >/dev/null && told=$(limited timedatectl); then
    case $told in
      *'synchronized: yes'*) echo "synchronized 0" ;;
      *'synchronized: no'*) echo unsynchronized ;;
      *) echo unknown ;;
    esac
  fi
)
