# What runbooks ask of the kernel's log, beside what they ask about processes (`limited`). Nothing here changes anything.
# What holds there holds here: only what an EL7 or Debian userland or busybox has, and no file is written.

# kernel_events SECONDS: what went wrong by the kernel's log in that time. First `source NAME`, or `source none WHY`; then for each kind of trouble and
# what it is about a line: KIND, SUBJECT, LINES, LAST (when), TEXT (the last line), with TABs between them.
kernel_events() (
  window=${1%.*}
  uptime=$(cut -d ' ' -f 1 /proc/uptime) || uptime=0
  # A journal in memory knows nothing of the time before a boot that was within the window; the files of syslog do.
  if [ "${uptime%.*}" -lt "$window" ] && [ ! -d /var/log/journal ]; then
    events_of_files && exit 0
  fi
  events_of_journal || events_of_dmesg || events_of_files || echo "source none neither the journal nor dmesg nor /var/log tells what the kernel said"
)

# The end of a source is told by its own word: dash does not tell that the first of a pipe has failed.
ended() { "$@" || { echo "@end failed"; return 0; }; echo "@end"; }

events_of_journal() (
  command -v journalctl >/dev/null || exit 1
  told=$(ended limited journalctl --no-pager --quiet -o short-iso "--since=-${window}s" _TRANSPORT=kernel | events journal) || exit 1
  # Nothing in the window is good news only from a journal that has lines of the kernel at all.
  [ -n "$told" ] || [ -n "$(limited journalctl --no-pager --quiet -n 1 -o short-iso _TRANSPORT=kernel)" ] || exit 1
  echo "source journal"
  printf '%s\n' "$told"
)

events_of_dmesg() (
  command -v dmesg >/dev/null || exit 1
  told=$(ended limited dmesg | events dmesg) || exit 1
  echo "source dmesg"
  printf '%s\n' "$told"
)

events_of_files() (
  for file in /var/log/kern.log /var/log/messages /var/log/syslog; do
    [ -r "$file" ] && [ -s "$file" ] || continue
    told=$(ended tail -c 4000000 "$file" | events file) || continue
    echo "source $file"
    printf '%s\n' "$told"
    exit 0
  done
  exit 1
)

# events FORM: the trouble in the lines on stdin; fails where they did not come whole.
events() {
  awk -v form="$1" -v window="$window" -v uptime="$uptime" -v now="$(date '+%Y %j %H %M %S')" '
    # The awk of busybox takes 061 for an octal number.
    function decimal(text) { sub(/^0+/, "", text); return text + 0 }
    function is_leap(year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 }
    function seconds(days, hour, minute, second) { return ((days * 24 + decimal(hour)) * 60 + decimal(minute)) * 60 + decimal(second) }
    # Seconds since the year began, of a syslog line; its own year is not told.
    function second_of(month, day, clock,   part, names, days) {
      names = index("JanFebMarAprMayJunJulAugSepOctNovDec", month)
      if (names % 3 != 1 || split(clock, part, ":") != 3) return -1
      days = first[(names + 2) / 3] + decimal(day) - 1
      if (leap && names > 4) days++
      return seconds(days, part[1], part[2], part[3])
    }
    function iso_second_of(text,   day) {
      day = first[decimal(substr(text, 6, 2))] + decimal(substr(text, 9, 2)) - 1
      if (is_leap(substr(text, 1, 4) + 0) && decimal(substr(text, 6, 2)) > 2) day++
      return seconds(day, substr(text, 12, 2), substr(text, 15, 2), substr(text, 18, 2))
    }
    # Sets when and text; 0: not a line of the kernel, or an older one.
    function taken(line,   at, age) {
      when = "-"
      if (form == "dmesg") {
        if (!match(line, /^\[ *[0-9]+\.[0-9]+\] /)) { text = line; return 1 } # it keeps no times
        age = uptime - substr(line, 2, RLENGTH - 3)
        text = substr(line, RLENGTH + 1)
        when = sprintf("%d s ago", age < 0 ? 0 : age)
        return age <= window
      }
      at = index(line, " kernel: ")
      if (at == 0) return 0
      text = substr(line, at + 9)
      sub(/^\[ *[0-9]+\.[0-9]+\] /, "", text)
      if (form == "journal") { when = $1; return 1 }
      if ($1 ~ /^[0-9][0-9][0-9][0-9]-/) { when = $1; age = today - iso_second_of($1) }
      else { when = $1 " " $2 " " $3; age = today - second_of($1, $2, $3) }
      if (age < -86400) age += (365 + is_leap(year - 1)) * 86400 # it is of last year
      return age <= window
    }
    function part(pattern) { return match(text, pattern) ? substr(text, RSTART, RLENGTH) : "" }
    function within_parentheses(word) { word = part("\\([^()]*\\)"); gsub(/[()]/, "", word); sub(/^device /, "", word); return word }
    function seen(kind, subject,   id) {
      if (subject == "") subject = "-"
      id = kind "\t" subject
      if (!(id in lines)) { if (++kinds[kind] > 20) return; order[++n] = id }
      lines[id]++; last[id] = when; sample[id] = substr(text, 1, 240)
    }
    BEGIN {
      split("0 31 59 90 120 151 181 212 243 273 304 334", first, " ")
      split(now, clock, " ")
      year = clock[1]; leap = is_leap(year)
      today = seconds(decimal(clock[2]) - 1, clock[3], clock[4], clock[5])
    }
    $1 == "@end" { whole = ($2 == ""); next }
    !taken($0) { next }
    { gsub(/[\t\r]/, " ", text) }
    text ~ /[Oo]ut of memory: Kill/ {
      subject = part("process [0-9]+ \\(.*\\)"); sub(/^process [0-9]+ \(/, "", subject); sub(/\).*/, "", subject)
      seen(text ~ /cgroup/ ? "oom-group" : "oom", subject); next
    }
    text ~ /soft lockup - CPU#|hard LOCKUP|self-detected stall|detected (expedited )?stalls on CPU|BUG: workqueue lockup/ {
      seen("lockup", text ~ /soft/ ? "soft lockup" : text ~ /hard/ ? "hard lockup" : text ~ /workqueue/ ? "workqueue" : "rcu stall"); next
    }
    text ~ /^INFO: task .* blocked for more than/ { subject = part("task .*:[0-9]+ blocked"); sub(/^task /, "", subject); sub(/:[0-9]+ blocked$/, "", subject); seen("hung", subject); next }
    text ~ /^Kernel panic - not syncing/ { seen("bug", "panic"); next }
    text ~ /^(kernel BUG at|BUG: |Oops|Internal error: Oops|general protection fault|Unable to handle kernel)/ { seen("bug", text ~ /^kernel BUG|^BUG/ ? "BUG" : "oops"); next }
    text ~ /temperature above threshold, cpu clock throttled|[Cc]ritical temperature reached/ { seen("thermal", text ~ /ritical/ ? "critical" : text ~ /Package/ ? "package" : "core"); next }
    text ~ /PCIe Bus Error: severity=/ { subject = part("severity=[A-Za-z]+"); sub(/severity=/, "", subject); seen("pcie", substr(text, 1, index(text, ": ") - 1) " " subject); next }
    text ~ /\[Hardware Error\]|Machine check events logged|Machine Check Exception|Memory failure: 0x/ { seen("machine", text ~ /Memory failure/ ? "memory failure" : "machine check"); next }
    text ~ /EDAC .*MC[0-9]+: [0-9]+ (CE|UE) / { if (text ~ / UE /) seen("machine", "uncorrected memory, " part("MC[0-9]+")); next } # what was corrected is counted by EDAC itself
    text ~ /I\/O error, dev |critical [a-z ]+ error, dev |^Buffer I\/O error on dev/ { subject = part("dev(ice)? [a-zA-Z0-9!_-]+"); sub(/^dev(ice)? /, "", subject); if (subject !~ /^(fd|sr)[0-9]/) seen("disk", subject); next }
    text ~ /rejecting I\/O to offline device|timing out command, waited|^nvme.*(I\/O|timeout).*(timeout|aborting|reset controller)|^ata.*failed command: / { seen("disk", part("\\[sd[a-z]+\\]|nvme[0-9]+|ata[0-9.]+")); next }
    text ~ /^EXT[234]-fs error|^EXT[234]-fs .*Remounting filesystem read-only|^XFS.*([Cc]orruption|I\/O [Ee]rror|Internal error|hutting down filesystem|has been shut down)|^BTRFS (error|critical)/ { seen("fs", within_parentheses()); next }
    text ~ /^(JBD2?: .*[Aa]bort|Aborting journal on device)/ { subject = part("device [^ .]+"); sub(/^device /, "", subject); seen("fs", subject); next }
    text ~ /page allocation failure/ { seen("alloc", part("order:[0-9]+")); next }
    text ~ /NETDEV WATCHDOG: / { subject = part("(: [a-z0-9]+: NETDEV)|(WATCHDOG: [a-z0-9]+ \\()"); gsub(/: NETDEV|WATCHDOG: |[:( ]/, "", subject); seen("net", subject); next }
    text ~ /(nf|ip)_conntrack: table full/ { seen("conntrack", "table full"); next }
    text ~ /Possible SYN flooding on port/ { subject = part("port [^ ]+"); gsub(/^port |\.$/, "", subject); seen("syn", subject); next }
    text ~ /^(traps: )?(qemu|kvm|CPU [0-9]+\/KVM)[^ ]*\[[0-9]+\].*(segfault|general protection|trap )/ { seen("qemu", "crash"); next }
    text ~ /^nfs: server .* not responding/ { subject = part("server [^ ]+"); sub(/^server /, "", subject); seen("nfs", subject); next }
    text ~ /^device-mapper: (thin|multipath): .*([Ff]ail|out of data space|reached low water mark|no free|read-only)/ { seen("dm", text ~ /thin/ ? "thin pool" : "multipath"); next }
    END {
      if (!whole) exit 1
      for (i = 1; i <= n; i++) printf "%s\t%d\t%s\t%s\n", order[i], lines[order[i]], last[order[i]], sample[order[i]]
    }'
}

# kernel_said KIND EVENTS: SUBJECT, LINES, LAST and TEXT of that kind, as `kernel_events` told; exits 2 where no log could be read.
kernel_said() (
  case $2 in
    'source none '*) echo "${2#source none }" >&2; exit 2 ;;
    'source '*) ;;
    *) echo "the log of the kernel was not read" >&2; exit 2 ;;
  esac
  printf '%s\n' "$2" | awk -F '\t' -v kind="$1" '$1 == kind { printf "%s\t%s\t%s\t%s\n", $2, $3, $4, $5 }'
)
