# The questions that the scripts of kernel-cfs-throttle.yml ask. Nothing here changes anything but choose_once, choose_default and install.
# Only what an EL7 userland or busybox has: a POSIX shell, awk, and GRUB's own tools for its environment. No file is written.
# Every function is a subshell: its variables cannot meet those of the script.

LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export LC_ALL PATH

STATE=/var/lib/kernel-cfs-throttle # what must outlast a boot: that the node was drained, and which kernel was tried

# fail MESSAGE: a look that cannot tell.
fail() { echo "$1" >&2; exit 2; }

# listed: the lines of its input as one.
listed() { tr '\n' ' '; }

# older A B: whether the version-release A is older than B, as RPM orders them: version first, then release.
older() (
  order=$(printf '%s\n%s\n' "$1" "$2" | awk '
    function compare(x, y, p, q) {
      for (;;) {
        sub(/^[^A-Za-z0-9~^]+/, "", x)
        sub(/^[^A-Za-z0-9~^]+/, "", y)
        if (x ~ /^~/ || y ~ /^~/) {
          if (x !~ /^~/) return 1
          if (y !~ /^~/) return -1
        } else if (x ~ /^\^/ || y ~ /^\^/) {
          if (x == "") return -1
          if (y == "") return 1
          if (x !~ /^\^/) return 1
          if (y !~ /^\^/) return -1
        } else {
          if (x == "" || y == "") return (x != "") - (y != "")
          if (x ~ /^[0-9]/ && y !~ /^[0-9]/) return 1
          if (x !~ /^[0-9]/ && y ~ /^[0-9]/) return -1
          match(x, x ~ /^[0-9]/ ? "^[0-9]+" : "^[A-Za-z]+")
          p = substr(x, 1, RLENGTH)
          x = substr(x, RLENGTH + 1)
          match(y, y ~ /^[0-9]/ ? "^[0-9]+" : "^[A-Za-z]+")
          q = substr(y, 1, RLENGTH)
          y = substr(y, RLENGTH + 1)
          if (p ~ /^[0-9]/) {
            # As text, since they may have more digits than awk counts with.
            sub(/^0+/, "", p)
            sub(/^0+/, "", q)
            if (length(p) != length(q)) return length(p) > length(q) ? 1 : -1
          }
          if (p "" != q "") return p "" > q "" ? 1 : -1
          continue
        }
        x = substr(x, 2)
        y = substr(y, 2)
      }
    }
    # The release is what follows the last dash.
    { part = match($0, /-[^-]*$/); version[NR] = part ? substr($0, 1, part - 1) : $0; release[NR] = part ? substr($0, part + 1) : "" }
    END {
      by = compare(version[1], version[2])
      if (by == 0) by = compare(release[1], release[2])
      print by
    }') || fail "cannot compare $1 with $2"
  case $order in
    -1) exit 0 ;;
    0 | 1) exit 1 ;;
    *) fail "cannot compare $1 with $2" ;;
  esac
)

# version KERNEL: its version-release, without the architecture.
version() (
  machine=$(uname -m)
  echo "${1%."$machine"}"
)

# age: old or new, as the kernel that runs is older than the wanted one or not.
age() (
  running=$(uname -r) || running=
  [ -n "$running" ] || fail "cannot tell which kernel runs"
  status=0
  older "$(version "$running")" "$wanted" || status=$?
  case $status in
    0) echo old ;;
    1) echo new ;;
    *) exit 2 ;;
  esac
)

# kernels: the installed kernels, as uname -r would tell them. Where rpm cannot open its database it says so, and then that the package is not installed.
kernels() (
  status=0
  list=$(rpm -q --qf '%{VERSION}-%{RELEASE}.%{ARCH}\n' kernel 2>&1) || status=$?
  case $status:$list in
    *error:*) fail "rpm does not tell which kernels are installed: $(printf '%s\n' "$list" | grep error: | listed)" ;;
    0:*) printf '%s\n' "$list" | sed '/^warning:/d' ;;
    *'is not installed'*) exit 0 ;;
    *) fail "rpm does not tell which kernels are installed: $list" ;;
  esac
)

# listed_in LIST KERNEL: whether the kernel is a line of the list.
listed_in() {
  case "
$1
" in *"
$2
"*) return 0 ;; esac
  return 1
}

# stage: new where a kernel as new as the wanted one runs; else installed or missing, as the target is.
stage() (
  age=$(age) || exit 2
  if [ "$age" = new ]; then
    echo new
    exit 0
  fi
  list=$(kernels) || exit 2
  if listed_in "$list" "$target"; then echo installed; else echo missing; fi
)

# target_kernel: the kernel that is to run: this one where it is new enough, else the wanted one, or the newest of those that are installed and newer.
target_kernel() (
  age=$(age) || exit 2
  if [ "$age" = new ]; then
    uname -r
    exit 0
  fi
  best="$wanted.$(uname -m)"
  list=$(kernels) || exit 2
  if ! listed_in "$list" "$best"; then
    found=
    for each in $list; do
      if older "$(version "$each")" "$wanted"; then continue; fi
      if [ -z "$found" ] || older "$(version "$found")" "$(version "$each")"; then found=$each; fi
    done
    best=${found:-$best}
  fi
  echo "$best"
)

# The boot loader.

# menu: the file of GRUB's menu.
menu() (
  if [ -d /sys/firmware/efi ]; then set -- /etc/grub2-efi.cfg; else set -- /etc/grub2.cfg /boot/grub2/grub.cfg; fi
  for file; do
    if [ -r "$file" ]; then
      echo "$file"
      exit 0
    fi
  done
  fail "cannot read GRUB's menu, $1"
)

# entries: number, title (in a submenu: with that of the menu before it) and kernel of each entry of the menu, separated by TAB.
entries() (
  file=$(menu) || exit 2
  awk '
    function title_of(line, quote) {
      sub(/^[ \t]*[a-z]+[ \t]+/, "", line)
      quote = substr(line, 1, 1)
      line = substr(line, 2)
      return substr(line, 1, index(line, quote) - 1)
    }
    BEGIN { number = -1 }
    /\{[ \t]*$/ {
      kind[++depth] = $1
      if ($1 == "submenu") { number += !inside; inside++; within = title_of($0) ">" }
      if ($1 == "menuentry") { number += !inside; name = within title_of($0); kernel = "" }
      next
    }
    /^[ \t]*\}/ {
      if (kind[depth] == "submenu") { inside--; within = "" }
      if (kind[depth] == "menuentry" && kernel != "") printf "%d\t%s\t%s\n", number, name, kernel
      if (depth > 0) depth--
      next
    }
    kind[depth] == "menuentry" && $1 ~ /^linux(16|efi)?$/ && kernel == "" {
      kernel = $2
      sub(/.*\//, "", kernel)
      sub(/^vmlinuz-/, "", kernel)
    }
  ' "$file"
)

# environment NAME: a variable of GRUB; empty where it has none.
environment() (
  all=$(grub2-editenv list) || fail "cannot read GRUB's environment"
  printf '%s\n' "$all" | sed -n "s/^$1=//p"
)

# kernel_of ENTRY: the kernel that GRUB boots when this is its default. It takes what begins with a digit for a number, and the first entry for what it does not know.
kernel_of() (
  list=$(entries) || exit 2
  [ -n "$list" ] || fail "GRUB's menu has no entry with a kernel"
  number=
  case $1 in [0-9]*) number=${1%%[!0-9]*} ;; esac
  printf '%s\n' "$list" | { ENTRY=$1 awk -F '\t' -v number="$number" '
    (number != "" && $1 == number && $2 !~ />/) || (number == "" && $2 == ENVIRON["ENTRY"]) { kernel = $3; exit }
    $1 == 0 && first == "" { first = $3 }
    END { print kernel == "" ? first : kernel }
  '; }
)

# is_saved: whether the menu takes its default from the environment.
is_saved() (
  file=$(menu) || exit 2
  grep -q 'set default="${saved_entry}"' "$file"
)

# default_entry: what GRUB boots unless it is told otherwise.
default_entry() (
  file=$(menu) || exit 2
  if is_saved; then
    environment saved_entry
  else
    sed -n 's/^[[:space:]]*set default="\([^"$]*\)".*/\1/p' "$file" | tail -n 1
  fi
)

default_kernel() (
  entry=$(default_entry) || exit 2
  kernel_of "${entry:-0}"
)

# once_kernel: the kernel that the next boot takes, and no other; empty where there is none such.
once_kernel() (
  file=$(menu) || exit 2
  if ! grep -q next_entry "$file"; then exit 0; fi
  entry=$(environment next_entry) || exit 2
  [ -z "$entry" ] || kernel_of "$entry"
)

# coming KERNEL: how the next boot would take it: once, default, or none.
coming() (
  once=$(once_kernel) || exit 2
  default=$(default_kernel) || exit 2
  if [ -n "$once" ]; then
    if [ "$once" = "$1" ]; then echo once; else echo none; fi
  elif [ "$default" = "$1" ]; then
    echo default
  else
    echo none
  fi
)

# can_boot_once: whether GRUB can write its environment, and so forget the entry for one boot. It cannot on LVM or MD, nor on btrfs or ZFS.
can_boot_once() (
  file=$(menu) || exit 2
  grep -q 'save_env next_entry' "$file" || exit 1
  set -- $(df -PT /boot/grub2/grubenv 2>/dev/null | awk 'NR == 2 { print $1, $2 }')
  case ${1:-} in /dev/sd* | /dev/hd* | /dev/vd* | /dev/xvd* | /dev/nvme* | /dev/mmcblk* | /dev/cciss/* | /dev/loop*) ;; *) exit 1 ;; esac
  case ${2:-} in ext2 | ext3 | ext4 | xfs | vfat) ;; *) exit 1 ;; esac
)

# entry_for KERNEL: how its entry is to be named to GRUB: by its title, or by its number where the title begins with a digit.
entry_for() (
  list=$(entries) || exit 2
  printf '%s\n' "$list" | { KERNEL=$1 awk -F '\t' '
    $3 == ENVIRON["KERNEL"] { print ($2 ~ /^[0-9]/ ? $1 : $2); found = 1; exit }
    END { if (!found) exit 1 }
  '; }
)

# choose_once KERNEL
choose_once() (
  entry=$(entry_for "$1") || { echo "GRUB's menu has no entry for $1" >&2; exit 1; }
  grub2-reboot "$entry"
)

# choose_default KERNEL
choose_default() (
  if is_saved; then
    entry=$(entry_for "$1") || { echo "GRUB's menu has no entry for $1" >&2; exit 1; }
    grub2-set-default "$entry"
  elif command -v grubby >/dev/null; then
    grubby --set-default="/boot/vmlinuz-$1"
  else
    echo "the default is fixed in GRUB's menu: write GRUB_DEFAULT=saved into /etc/default/grub and run grub2-mkconfig" >&2
    exit 1
  fi
)

# Packages.

# installer: yum, or dnf where there is no yum.
installer() (
  for tool in yum dnf; do
    if command -v "$tool" >/dev/null; then
      echo "$tool"
      exit 0
    fi
  done
  fail "there is neither yum nor dnf"
)

# excluded: the line of the installer's configuration that keeps kernels out; nothing where there is none.
excluded() (
  tool=$(installer) || exit 2
  [ "$disable_excludes" != true ] || exit 0
  if [ "$tool" = yum ]; then file=/etc/yum.conf; else file=/etc/dnf/dnf.conf; fi
  [ -r "$file" ] || exit 0
  set -f
  for pattern in $(awk '
    /^[ \t]*(#|$)/ { next }
    /^exclude(pkgs)?[ \t]*=/ { sub(/^[^=]*=/, ""); gsub(/,/, " "); print; on = 1; next }
    /^[ \t]/ && on { gsub(/,/, " "); print; next }
    { on = 0 }
  ' "$file"); do
    for name in kernel "kernel-$wanted.$(uname -m)"; do
      # shellcheck disable=SC2254
      case $name in $pattern) echo "exclude=$pattern in $file"; exit 0 ;; esac
    done
  done
)

# ask ARGUMENT…: the installer, with what the inputs say of it.
ask() (
  tool=$(installer) || exit 2
  if [ "$disable_excludes" = true ]; then set -- --disableexcludes=all "$@"; fi
  "$tool" "$@"
)

# enabled_repositories: how many the installer's files name.
enabled_repositories() (
  cat /etc/yum.conf /etc/dnf/dnf.conf /etc/yum.repos.d/*.repo 2>/dev/null | awk '
    /^\[/ { number += on; on = ($0 !~ /^\[main\]/) }
    /^enabled[ \t]*=[ \t]*(0|no|false|off)/ { on = 0 }
    END { print number + on }
  '
)

# why_not KERNEL STATUS: why the installer has not installed it, in one line.
why_not() (
  package=kernel-$1
  tool=$(installer) || exit 2
  unreachable=
  said=$("$tool" -y makecache 2>&1) || unreachable=yes
  if printf '%s\n' "$said" | grep -q 'Ignoring repositories'; then unreachable=yes; fi
  if ask -q list available "$package" >/dev/null 2>&1; then
    echo "$tool exited $2, and $package is not installed though a repository has it"
  elif [ "$(enabled_repositories)" = 0 ]; then
    echo "$tool has no repository: none is enabled in /etc/yum.repos.d"
  elif "$tool" -q --disableexcludes=all list available "$package" >/dev/null 2>&1; then
    echo "a line exclude= keeps $package out: see /etc/yum.repos.d, or set the input disable_excludes"
  elif [ -n "$unreachable" ]; then
    said=$(printf '%s\n' "$said" | grep -iE 'error|cannot|could not|fail' | tail -n 1) || :
    echo "a repository cannot be reached (those of CentOS 7 are at vault.centos.org since July 2024): ${said:-$tool makecache fails}"
  elif grep -qs kernel /etc/yum/pluginconf.d/versionlock.list /etc/dnf/plugins/versionlock.list; then
    echo "$package is not to be had: versionlock holds the kernel"
  else
    there=$("$tool" -q --disableexcludes=all --showduplicates list available kernel 2>/dev/null | awk '$1 ~ /^kernel\./ { print $2 }' | sort -u | tail -n 5 | tr '\n' ' ') || :
    echo "no repository has $package; there is: ${there:-none}"
  fi
)

# makes_default: whether installing a kernel makes it the default entry.
makes_default() (
  grep -qs '^UPDATEDEFAULT=yes' /etc/sysconfig/kernel
)

# The evidence.

# crashes: how many dumps bear the marks of this fault, and the name of the last one's directory.
crashes() (
  count=0
  last=-
  for file in "$crash_dir"/*/vmcore-dmesg.txt; do
    [ -r "$file" ] || continue
    grep -qE 'unthrottle_cfs_rq|distribute_cfs_runtime|sched_cfs_period_timer|tg_set_cfs_bandwidth' "$file" || continue
    grep -qE 'hard LOCKUP|NULL pointer dereference' "$file" || continue
    count=$((count + 1))
    last=${file%/*}
    last=$(printf %s "${last##*/}" | tr -c '[:alnum:]._:-' '?')
  done
  printf '%s\t%s\n' "$count" "$last"
)

# throttled_groups: quota, times throttled and name of each group with a quota, below the one that is looked at.
throttled_groups() (
  base=$(awk '{ for (at = 7; at <= NF && $at != "-"; at++); if ($(at + 1) == "cgroup" && ("," $(at + 3) ",") ~ /,cpu,/) { print $5; exit } }' /proc/self/mountinfo)
  [ -n "$base" ] || exit 1
  base=$base/${cgroup#/}
  base=${base%/}
  [ -d "$base" ] || exit 0
  # A group that has gone meanwhile is none.
  { find "$base" \( -name cpu.cfs_quota_us -o -name cpu.stat \) -exec grep -H . {} + 2>/dev/null || :; } | BASE=$base awk '
    match($0, /\/cpu\.cfs_quota_us:[0-9]+$/) { quota[substr($0, 1, RSTART - 1)] = substr($0, RSTART + 18) }
    match($0, /\/cpu\.stat:nr_throttled [0-9]+$/) { times[substr($0, 1, RSTART - 1)] = substr($0, RSTART + 23) }
    END { for (group in quota) printf "%s\t%.0f\t%s\n", quota[group], times[group], substr(group, length(ENVIRON["BASE"]) + 1) "/" }
  '
)

# evidence: number of crash dumps, the last of them, number of groups with a quota, and how often they were throttled; separated by TAB.
evidence() (
  dumps=$(crashes) || fail "cannot look through $crash_dir"
  if groups=$(throttled_groups); then
    printf '%s\t' "$dumps"
    printf '%s' "$groups" | awk -F '\t' '{ groups++; times += $2 } END { printf "%d\t%.0f\n", groups, times }'
  else
    printf '%s\t-\t-\n' "$dumps"
  fi
)

# show_evidence: the same for people.
show_evidence() (
  for file in "$crash_dir"/*/vmcore-dmesg.txt; do
    [ -r "$file" ] || continue
    grep -oE 'Watchdog detected hard LOCKUP.*|unable to handle kernel NULL pointer dereference.*' "$file" | head -n 1 | sed "s|^|${file%/*}: |" || :
  done | tail -n 5
  if groups=$(throttled_groups) && [ -n "$groups" ]; then
    echo "Groups with a quota (in microseconds), and how often they were throttled:"
    printf '%s\n' "$groups" | sort -t "$(printf '\t')" -k 2,2nr | head -n 10
  fi
)

# The cluster.

# trusted FILE: whether it may be run as root: it is a program of root's that nobody else can change, nor anything on the way to it.
trusted() (
  [ -f "$1" ] && [ -x "$1" ] || { echo "$1 is no program"; exit 1; }
  safe_way "$1" 40
)

# safe_way PATH LINKS: whether only root can change what is there and all directories above it, and those of each link on the way, LINKS at most.
safe_way() (
  place=$1
  [ "$2" -gt 0 ] || { echo "too many links lead to $place"; exit 1; }
  while :; do
    case $(ls -ldn "$place" | awk '{ print substr($1, 1, 1) substr($1, 6, 1) substr($1, 9, 1), $3 }') in
      l*' 0')
        next=$(readlink "$place") || { echo "cannot tell where $place leads"; exit 1; }
        case $next in /*) ;; *) next=${place%/*}/$next ;; esac
        safe_way "$next" $(($2 - 1)) || exit 1
        ;;
      ?'-- 0') ;;
      *) echo "$place belongs to or can be changed by somebody else than root"; exit 1 ;;
    esac
    [ "$place" != / ] || exit 0
    place=${place%/*}
    place=${place:-/}
  done
)

boot_id() { cat /proc/sys/kernel/random/boot_id; }

# drained: now where the node was drained in this boot, before where it was in an earlier one, else no.
drained() (
  if [ ! -e "$STATE/drained" ]; then
    echo no
    exit 0
  fi
  { note=$(cat "$STATE/drained") && boot=$(boot_id); } || fail "cannot tell in which boot the node was drained"
  if [ "$note" = "$boot" ]; then echo now; else echo before; fi
)

# tried KERNEL: whether an earlier boot was to take it, and this one has not; says when that was.
tried() (
  [ -r "$STATE/tried" ] || exit 1
  read -r kernel boot when < "$STATE/tried" || exit 1
  [ "$kernel" = "$1" ] && [ "$boot" != "$(boot_id)" ] && echo "$when"
)

# lacking SERVICE…: those that do not run.
lacking() (
  for service; do
    if systemctl is-active --quiet "$service"; then continue; fi
    echo "$service"
  done
)

# running_services: what systemd started at the boot and will start again.
running_services() (
  systemctl --no-pager --no-legend list-units --type=service --state=running 2>/dev/null | while read -r name rest; do
    case $(systemctl is-enabled "$name" 2>/dev/null) in enabled) echo "$name" ;; esac
  done
)
