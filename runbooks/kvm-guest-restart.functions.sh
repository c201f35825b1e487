# What kvm-guest-restart.yml asks, beside what stands in libvirt.functions.sh. Nothing here changes anything.

# failed_disks UUID: TARGET, TYPE, SOURCE and ERROR (as `domblkerror` tells) of the disks that its qemu stopped for; fails where libvirt does not tell.
failed_disks() (
  errors=$(ask domblkerror "$1") || exit 1
  flat=$(definition "$1") || exit 1
  printf '%s\n' "$flat" | disks | while IFS=$tab read -r target type source; do
    error=$(printf '%s\n' "$errors" | sed -n "s/^$target: //p")
    [ -z "$error" ] || row "$target" "$type" "$source" "$error"
  done
)

# room_for UUID TARGET TYPE SOURCE: says nothing where there is space for a disk (again); else why not, or that it cannot be told, and fails.
room_for() (
  case $3 in
    file)
      line=$(limited df -P -k "$4" | awk 'NR == 2 { for (i = 2; i <= NF; i++) if ($i ~ /^[0-9]+%$/) { print $(i - 1), $1; exit } }') || line=
      free=${line%% *}
      case $free in '' | *[!0-9]*) echo "the space for disk $2 ($4) cannot be told"; exit 1 ;; esac
      awk -v free="$free" -v least="$min_free" 'BEGIN { exit !(free * 1024 >= least) }' || { echo "there are $free KiB left for disk $2 ($4)"; exit 1; }
      case ${line#* } in /dev/*) pool_has_room "$2" "${line#* }" ;; esac
      ;;
    block)
      pool=$(pool_of "$4") || { echo "the space for disk $2 ($4) cannot be told: LVM does not know it"; exit 1; }
      if [ -n "$pool" ]; then pool_has_room "$2" "$4"; exit; fi
      # An image in a volume of its own: it can grow up to the end of that.
      ask domblkinfo "$1" "$2" | awk -v least="$min_free" '
        /^Allocation:/ { used = $2; n++ }
        /^Physical:/ { size = $2; n++ }
        END { exit !(n == 2 && size - used >= least) }' || { echo "the volume of disk $2 ($4) is full: extend it"; exit 1; }
      ;;
    *) echo "the space for disk $2 cannot be told: it is of type $3"; exit 1 ;;
  esac
)

# pool_of DEVICE: VG/POOL where it is a thin volume; nothing where it is another one; fails where it is none of LVM's.
pool_of() (
  command -v lvs >/dev/null || exit 1
  told=$(limited lvs --noheadings --separator '|' -o vg_name,pool_lv "$1") || exit 1
  printf '%s\n' "$told" | awk -F '|' '{ gsub(/ /, "") } NF == 2 { if ($2 != "") print $1 "/" $2; found = 1; exit } END { exit !found }'
)

# pool_has_room TARGET DEVICE: whether the thin pool behind it, if there is one, has space; else it says why not.
pool_has_room() (
  pool=$(pool_of "$2") || exit 0
  [ -n "$pool" ] || exit 0
  told=$(limited lvs --noheadings --separator '|' -o data_percent,metadata_percent "$pool") || { echo "thin pool $pool does not answer"; exit 1; }
  printf '%s\n' "$told" | awk -F '|' -v most="$pool_percent" '
    { gsub(/ /, "") }
    NF == 2 && $1 ~ /^[0-9.]+$/ && $2 ~ /^[0-9.]+$/ { ok = ($1 < most && $2 < most); exit }
    END { exit !ok }' || { echo "thin pool $pool of disk $1 is full (data and metadata in percent: $(echo $told))"; exit 1; }
)

# no_room UUID: why a guest that is paused on an I/O error would only stop again, and success; fails where nothing speaks against it.
no_room() (
  failed=$(failed_disks "$1") || { echo "libvirt does not tell which disk failed"; exit 0; }
  [ -n "$failed" ] || { echo "libvirt tells of no disk that failed"; exit 0; }
  why=$(printf '%s\n' "$failed" | while IFS=$tab read -r target type source error; do
    case $error in
      'no space') room_for "$1" "$target" "$type" "$source" || : ;;
      *) echo "disk $target ($source) failed for another reason than space: $error" ;;
    esac
  done)
  [ -n "$why" ] || exit 1
  printf '%s\n' "$why" | awk '{ line = line (NR > 1 ? "; " : "") $0 } END { print line }'
)

# console_of: the file that a guest (flat on stdin) writes its console to; nothing where there is none.
console_of() {
  awk -F '\t' '
    $2 ~ /^\/domain\/devices\/(serial|console)\/log@file$/ { print $3; exit }
    $2 ~ /^\/domain\/devices\/(serial|console)@type$/ && $3 == "file" { file[$1] = 1 }
    $2 ~ /^\/domain\/devices\/(serial|console)\/source@path$/ && ($1 in file) { print $3; exit }'
}

# age_of STARTED: seconds since a process began.
age_of() (
  ticks=$(getconf CLK_TCK 2>/dev/null) || ticks=100
  awk -v started="$1" -v ticks="$ticks" '{ printf "%d\n", $1 - started / ticks }' /proc/uptime
)

# kernel_error FILE AGE: KIND and TEXT of the last error of a guest's kernel since it was booted last, where that is one of this process (AGE: its seconds):
# a panic after which nothing came, or another one within the input recent. Fails where the file cannot be read.
kernel_error() (
  changed=$(stat -L -c %Y "$1" 2>/dev/null) || exit 1
  quiet=$(($(date +%s) - changed))
  if [ "$quiet" -gt "$2" ]; then exit 0; fi
  # Of a pipe dash tells only how its last command ended.
  tail -c 1 "$1" >/dev/null 2>&1 || exit 1
  text=$(tail -c 262144 "$1" 2>/dev/null | tr -d '\0\r') || exit 1
  printf '%s\n' "$text" | awk -v age="$2" -v quiet="$quiet" -v recent="${recent%.*}" '
    function forget() { kind = ""; dead = 0 }
    {
      line = $0
      gsub(/[\t\033]/, " ", line)
      # A prompt may stand before it.
      stamped = match(line, /\[ *[0-9]+\.[0-9]+\]/)
      if (stamped) {
        line = substr(line, RSTART)
        at = substr(line, 2, RLENGTH - 2) + 0
        # The clock goes back where it was booted anew: also a kernel that only saves what the one before left.
        if (at < last - 1) forget()
        last = at
        line = substr(line, RLENGTH + 1)
        sub(/^\[ *[TC][0-9]+\]/, "", line)
        sub(/^ +/, "", line)
      }
      if (line ~ /^Linux version /) forget()
      # Whatever else is said after a panic, is said by somebody who lives.
      if (dead && !stamped && line !~ /^ *$/) forget()
      if (line ~ /^Kernel panic - not syncing/) { kind = "panic"; when = last; text = line; if (stamped) dead = 1 }
      else if (line ~ /^---\[ end Kernel panic/ && kind == "panic") dead = 1
      else if (dead) next
      else if (line ~ /^(BUG: |kernel BUG at |Oops: |Internal error: Oops|general protection fault|Unable to handle kernel |watchdog: BUG: soft lockup|NMI watchdog: .*LOCKUP|INFO: rcu_.*self-detected stall|rcu: INFO: .*self-detected stall|INFO: task .* blocked for more than )/ && stamped) {
        kind = line ~ /lockup|LOCKUP|stall/ ? "lockup" : line ~ /blocked for more than/ ? "hung task" : "oops"
        when = last
        text = line
      }
    }
    END {
      if (kind == "" || (kind == "panic" && !dead)) exit
      if (when > age + 60) exit # it is of an earlier process
      if (kind != "panic" && quiet + last - when > recent) exit
      printf "%s\t%s\n", kind, substr(text, 1, 200)
    }'
)

# may_start UUID: says nothing where nothing speaks against starting it here; else why not, and fails.
may_start() (
  persistent=$(guests --all --persistent) || { echo "libvirt does not answer"; exit 1; }
  is_among "$1" "$persistent" || { echo "it is transient: whoever made it has to make it anew"; exit 1; }
  saved=$(guests --all --with-managed-save) || { echo "libvirt does not answer"; exit 1; }
  if is_among "$1" "$saved"; then echo "it has a saved state, from which it would go on"; exit 1; fi
  flat=$(definition "$1" --inactive) || { echo "libvirt does not tell its definition"; exit 1; }
  manager=$(printf '%s\n' "$flat" | manager_of)
  [ -z "$manager" ] || { echo "$manager manages it: restart it there"; exit 1; }
  runs_nowhere_else "$1"
)

# has_job UUID: which job (a migration, say) is under way, and success; fails where there is none.
has_job() (
  job=$(ask domjobinfo "$1" | awk -F ': *' '/^Job type:/ { print $2 }')
  case $job in None*) exit 1 ;; esac
  echo "it has a job under way: ${job:-which, libvirt does not tell}"
)

# last_words NAME CONSOLE: what qemu and the guest said last, for whoever has to decide.
last_words() (
  for file in "/var/log/libvirt/qemu/$1.log" "$2"; do
    [ -n "$file" ] && [ -r "$file" ] || continue
    echo "the end of $file:"
    tail -c 4096 "$file" | tail -n 6 | tr -d '\0\r\033' | cut -c 1-200 | sed 's/^/  /'
  done
)
