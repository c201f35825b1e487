# What runbooks ask libvirt and qemu about guests. Nothing here changes anything but shut_down, stop_hard and start_guest.
# Guests are named by their UUID only: names may hold blanks and quotes. Stands behind processes.functions.sh, and what holds there holds here. `uri`,
# `peers`, `alone` and `never` are inputs.

tab=$(printf '\t')
newline='
'

# row FIELD…: with TABs between them.
row() (
  line=$1
  shift
  for field; do line=$line$tab$field; done
  printf '%s\n' "$line"
)

# is_libvirt_host: whether guests can run here; else it says on stdout why not.
is_libvirt_host() (
  command -v virsh >/dev/null || { echo "there is no virsh"; exit 1; }
  command -v libvirtd >/dev/null || command -v virtqemud >/dev/null || { echo "there is neither libvirtd nor virtqemud"; exit 1; }
)

# ask COMMAND…: what virsh answers on a read-only connection; fails after 5 seconds.
ask() { limited virsh -q -r -c "$uri" "$@"; }

# tell COMMAND…: virsh, without a limit of time, with its words on stdout.
tell() { virsh -q -c "$uri" "$@" </dev/null 2>&1; }

# guests [OPTION…]: the UUIDs that `virsh list` tells; fails where libvirt does not answer.
guests() (
  list=$(ask list --uuid "$@") || exit 1
  for uuid in $list; do
    case $uuid in ????????-????-????-????-????????????) echo "$uuid" ;; *) exit 1 ;; esac
  done
)

# is_among UUID LIST
is_among() {
  case " $(echo $2) " in *" $1 "*) return 0 ;; *) return 1 ;; esac
}

# state_of UUID: as `domstate --reason` tells: running (booted), paused (I/O error), shut off (crashed).
state_of() (
  ask domstate --reason "$1" | awk 'NF { print; found = 1; exit } END { exit !found }'
)

# is_on STATE: whether there is a qemu.
is_on() {
  case $1 in 'shut off'*) return 1 ;; *) return 0 ;; esac
}

# xml flat: GROUP, PATH and VALUE for each element, attribute (PATH@NAME) and text (PATH=) of a document on stdin, without prefixes of namespaces. Elements
# within the same child of the child of the root have the same GROUP.
# xml features ADD RETRIES: the document with those of `relaxed vapic spinlocks` added to its hyperv features; what is there is kept byte by byte.
# xml commandline CPU: the document with that `-cpu` added to what is passed to qemu.
# All fail, with a word, where they are not sure.
xml() (
  awk -v mode="$1" -v add="${2:-}" -v retries="${3:-}" '
    function fail(why) {
      print "the XML cannot be read for sure: " why | "cat >&2"
      close("cat >&2")
      failed = 1
      exit 2
    }
    function decoded(text,   out, name) {
      out = ""
      while (match(text, /&[^;&]*;/)) {
        out = out substr(text, 1, RSTART - 1)
        name = substr(text, RSTART + 1, RLENGTH - 2)
        text = substr(text, RSTART + RLENGTH)
        if (name == "lt") out = out "<"
        else if (name == "gt") out = out ">"
        else if (name == "amp") out = out "&"
        else if (name == "quot") out = out "\""
        else if (name == "apos") out = out apostrophe
        else if (name ~ /^#[0-9]+$/ && substr(name, 2) + 0 < 127 && substr(name, 2) + 0 > 31) out = out sprintf("%c", substr(name, 2) + 0)
        else out = out "&" name ";"
      }
      return out text
    }
    function encoded(text) {
      gsub(/&/, "\\&amp;", text)
      gsub(/</, "\\&lt;", text)
      gsub(apostrophe, "\\&apos;", text)
      return text
    }
    # On one line, so that no value can look like another line.
    function shown(text) {
      text = decoded(text)
      gsub(/\\/, "\\134", text)
      gsub(/\t/, "\\011", text)
      gsub(/\n/, "\\012", text)
      gsub(/\r/, "\\015", text)
      return text
    }
    function tell(path, value) { if (mode == "flat") print group + 0 "\t" path "\t" shown(value) }
    function local(name) { return (name ~ /^xmlns/) ? name : substr(name, index(name, ":") + 1) }
    # Where a tag lies: from, up to behind; for those that matter to an edit.
    function opened(name, from, behind, empty,   key) {
      depth++
      open[depth] = name
      path[depth] = path[depth - 1] "/" local(name)
      text[depth] = ""
      if (depth == 1 && (roots++ || name != "domain")) fail("its root is not one <domain>")
      if (depth == 3) group = ++groups
      key = ""
      if (depth == 2 && (name == "features" || name == "os" || name == "qemu:commandline")) key = name
      if (depth == 3 && name == "hyperv" && open[2] == "features") key = name
      if (depth == 1) key = name
      noted[depth] = key
      if (key != "") { count[key]++; start[key] = from; after[key] = behind; self[key] = empty; end[key] = behind }
      tell(path[depth], "")
    }
    function closed(from, behind) {
      if (noted[depth] != "") { stop[noted[depth]] = from; end[noted[depth]] = behind }
      if (text[depth] !~ /^[ \t\r\n]*$/) tell(path[depth] "=", text[depth])
      if (depth == 3) group = 0
      depth--
    }
    function parse(   at, pos, i, j, k, rest, name, attribute, value, mark, pairs, empty) {
      pos = 1
      while ((i = index(substr(s, pos), "<")) > 0) {
        value = substr(s, pos, i - 1)
        at = pos + i - 1
        if (depth > 0) text[depth] = text[depth] value
        else if (value !~ /^[ \t\r\n]*$/) fail("text outside of its root")
        rest = substr(s, at)
        if (substr(rest, 1, 4) == "<!--") {
          if (!(j = index(substr(rest, 5), "-->"))) fail("a comment without an end")
          pos = at + j + 6
        } else if (substr(rest, 1, 9) == "<![CDATA[") {
          if (!(j = index(substr(rest, 10), "]]>")) || !depth) fail("CDATA without an end")
          value = substr(rest, 10, j - 1)
          gsub(/&/, "\\&amp;", value)
          text[depth] = text[depth] value
          pos = at + j + 11
        } else if (substr(rest, 1, 2) == "<?") {
          if (!(j = index(rest, "?>"))) fail("an instruction without an end")
          pos = at + j + 1
        } else if (substr(rest, 1, 2) == "<!") {
          fail("it has a document type")
        } else if (substr(rest, 1, 2) == "</") {
          if (!(j = index(rest, ">"))) fail("a tag without an end")
          name = substr(rest, 3, j - 3)
          sub(/[ \t\r\n]+$/, "", name)
          if (!depth || name != open[depth]) fail("</" name "> closes what is not open")
          closed(at, at + j)
          pos = at + j
        } else {
          if (!match(rest, /^<[A-Za-z_][A-Za-z0-9_:.-]*/)) fail("a < that begins no tag")
          name = substr(rest, 2, RLENGTH - 1)
          k = RLENGTH + 1
          pairs = 0
          empty = 0
          for (;;) {
            i = match(substr(rest, k), /^[ \t\r\n]+/) ? RLENGTH : 0
            k += i
            if (substr(rest, k, 1) == ">") { k++; break }
            if (substr(rest, k, 2) == "/>") { empty = 1; k += 2; break }
            if (!i || !match(substr(rest, k), /^[A-Za-z_][A-Za-z0-9_:.-]*[ \t\r\n]*=[ \t\r\n]*["\047]/)) fail("a tag <" name "> that is not well-formed")
            attribute = substr(rest, k, RLENGTH - 1)
            mark = substr(rest, k + RLENGTH - 1, 1)
            sub(/[ \t\r\n]*=.*/, "", attribute)
            k += RLENGTH
            if (!(j = index(substr(rest, k), mark))) fail("a value without an end")
            pairs++
            key[pairs] = attribute
            val[pairs] = substr(rest, k, j - 1)
            if (index(val[pairs], "<")) fail("a < in a value")
            k += j
          }
          opened(name, at, at + k - 1, empty)
          for (i = 1; i <= pairs; i++) {
            tell(path[depth] "@" local(key[i]), val[i])
            if (depth == 1 && key[i] == "xmlns:qemu") { if (decoded(val[i]) != schema) fail("the prefix qemu is of something else"); bound = 1 }
          }
          pos = at + k - 1
          if (empty) closed(at, pos)
        }
      }
      if (depth || !roots) fail("it is not complete")
      if (substr(s, pos) !~ /^[ \t\r\n]*$/) fail("text outside of its root")
    }
    # The blanks that its line begins with.
    function indent(pos,   line) {
      line = substr(s, 1, pos - 1)
      while (match(line, /\n/)) line = substr(line, RSTART + 1)
      return match(line, /^[ \t]+/) ? substr(line, 1, RLENGTH) : ""
    }
    # Puts lines, each with its newline, into an element as the last ones.
    function inside(name, lines,   cut, pos, blanks) {
      blanks = indent(start[name])
      if (self[name]) {
        cut = substr(s, 1, end[name] - 3)
        sub(/[ \t\r\n]+$/, "", cut)
        return cut ">\n" lines blanks "</" name ">" substr(s, end[name])
      }
      pos = stop[name]
      cut = substr(s, 1, pos - 1)
      if (cut ~ /\n[ \t]*$/) sub(/[ \t]*$/, "", cut)
      else cut = cut "\n"
      return cut lines blanks substr(s, pos)
    }
    function items(blanks,   n, i, each, out) {
      out = ""
      n = split(add, each, " ")
      for (i = 1; i <= n; i++) {
        out = out blanks "<" each[i] " state=" apostrophe "on" apostrophe
        if (each[i] == "spinlocks") out = out " retries=" apostrophe retries apostrophe
        out = out "/>\n"
      }
      return out
    }
    function hyperv(blanks) { return blanks "<hyperv>\n" items(blanks "  ") blanks "</hyperv>\n" }
    function with_features() {
      if (count["features"] > 1 || count["hyperv"] > 1) fail("it has several <features> or <hyperv>")
      if (count["hyperv"]) return inside("hyperv", items(indent(start["hyperv"]) "  "))
      if (count["features"]) return inside("features", hyperv(indent(start["features"]) "  "))
      if (count["os"] != 1) fail("it has no <os>")
      return substr(s, 1, end["os"] - 1) "\n  <features>\n" hyperv("    ") "  </features>" substr(s, end["os"])
    }
    function argument(value) { return "    <qemu:arg value=" apostrophe encoded(value) apostrophe "/>\n" }
    function with_commandline(   lines) {
      if (count["qemu:commandline"] > 1) fail("it has several <qemu:commandline>")
      lines = argument("-cpu") argument(add)
      if (count["qemu:commandline"]) return inside("qemu:commandline", lines)
      lines = inside("domain", "  <qemu:commandline>\n" lines "  </qemu:commandline>\n")
      if (bound) return lines
      # The start tag lies before all that was put in.
      return substr(lines, 1, after["domain"] - 2) " xmlns:qemu=" apostrophe schema apostrophe substr(lines, after["domain"] - 1)
    }
    BEGIN { apostrophe = sprintf("%c", 39); schema = "http://libvirt.org/schemas/domain/qemu/1.0"; s = "" }
    { s = s $0 "\n" }
    END {
      if (failed) exit 2
      parse()
      if (mode == "features") printf "%s", with_features()
      if (mode == "commandline") printf "%s", with_commandline()
    }'
)

# definition UUID [OPTION…]: of a guest, flat; fails where it cannot be had.
definition() (
  text=$(ask dumpxml "$@") || exit 1
  printf '%s\n' "$text" | xml flat
)

# value PATH: the first value of it in what is flat on stdin.
value() {
  awk -F '\t' -v path="$1" '$2 == path && !found { print $3; found = 1 }'
}

# argument_lines PID: its arguments, one a line.
argument_lines() { { tr '\n\0' ' \n' < "/proc/$1/cmdline"; } 2>/dev/null; }

# process_of UUID: pid and start of the qemu that runs it; fails where none can be seen.
process_of() (
  for file in /proc/[0-9]*/cmdline; do
    # Shells leave out the NULs that they read. (The grep of busybox looks no further than the first.)
    line=
    { IFS= read -r line < "$file"; } 2>/dev/null || :
    case $line in *-uuid"$1"*) ;; *) continue ;; esac
    pid=${file#/proc/}
    pid=${pid%/cmdline}
    argument_lines "$pid" | awk -v uuid="$1" 'last == "-uuid" && $0 == uuid { found = 1 } { last = $0 } END { exit !found }' || continue
    started=$(started_at "$pid") || continue
    echo "$pid $started"
    exit 0
  done
  exit 1
)

# manager_of: who manages a guest by what its definition (flat on stdin) says; nothing where nobody says so.
manager_of() {
  awk -F '\t' '
    $2 ~ /@xmlns/ && $3 ~ /^http:\/\/openstack\.org\/xmlns\/libvirt\/nova\// { who = "OpenStack Nova" }
    $2 ~ /@xmlns/ && $3 ~ /^http:\/\/ovirt\.org\/vm\// { who = "oVirt" }
    END { if (who != "") print who }'
}

# disks: TARGET, TYPE and SOURCE of those that the guest (flat on stdin) may write to.
disks() {
  awk -F '\t' '
    $2 == "/domain/devices/disk" { order[++n] = $1 }
    $2 == "/domain/devices/disk@type" { type[$1] = $3 }
    $2 == "/domain/devices/disk@device" { device[$1] = $3 }
    $2 == "/domain/devices/disk/readonly" { fixed[$1] = 1 }
    $2 == "/domain/devices/disk/target@dev" { target[$1] = $3 }
    $2 ~ /^\/domain\/devices\/disk\/source@(file|dev|dir|name|volume)$/ { source[$1] = $3 }
    END {
      for (i = 1; i <= n; i++) {
        d = order[i]
        if (fixed[d] || device[d] == "cdrom") continue
        printf "%s\t%s\t%s\n", target[d], type[d], source[d]
      }
    }'
}

# runs_nowhere_else UUID: whether that is certain, before it is started here; else it says on stdout why not.
runs_nowhere_else() (
  [ -z "$(processes pacemakerd)" ] || { echo "pacemaker runs here, and decides where guests run"; exit 1; }
  set -f # a URI may hold a ?
  for peer in $peers; do
    active=$(limited virsh -q -r -c "$peer" list --uuid) || { echo "$peer does not answer, and it may run there"; exit 1; }
    if is_among "$1" "$active"; then echo "it runs at $peer"; exit 1; fi
  done
  if [ -n "$peers" ] || [ "$alone" = trust ]; then exit 0; fi
  locks=$(awk -F '"' '/^[ \t]*lock_manager[ \t]*=/ { print $2 }' /etc/libvirt/qemu.conf 2>/dev/null) || locks=
  [ "$locks" != sanlock ] || exit 0
  flat=$(definition "$1" --inactive) || { echo "libvirt does not tell its definition"; exit 1; }
  printf '%s\n' "$flat" | disks | {
    while IFS=$tab read -r target type source; do
      # An empty drive; what is on the network, or in another process, may have no source that we know.
      case $source:$type in :file | :block) continue ;; esac
      kind=
      if [ "$type" = file ]; then kind=$(limited stat -f -L -c %T "$source") || kind=; fi
      case $kind:$locks in
        ext2/ext3:* | ext4:* | xfs:* | btrfs:* | zfs:* | tmpfs:*) ;; # no two hosts can have it mounted
        nfs:lockd | gfs/gfs2:lockd | ocfs2:lockd) ;; # libvirt locks the file itself
        *) echo "its disk $target ($source) may be in use on another host: name the others in peers, or say alone=trust"; exit 1 ;;
      esac
    done
  }
)

# excepted NAME: whether the input never names it.
excepted() (
  set -f
  matches "$1" $never
)

# is_off UUID: fails also where libvirt does not tell.
is_off() (
  state=$(state_of "$1") || exit 1
  case $state in 'shut off'*) exit 0 ;; *) exit 1 ;; esac
)
# Somebody waits for it: not without a break, as each look is a process.
is_not_off() {
  if is_off "$1"; then return 1; fi
  sleep 0.5 2>/dev/null || sleep 1
}

# shut_down UUID SECONDS: asks the guest, and waits; fails where it has not obeyed by then.
shut_down() (
  tell shutdown "$1" || exit 1
  wait_while "$2" is_not_off "$1"
)

# start_guest UUID: fails where no qemu of it runs afterwards.
start_guest() (
  tell start "$1" || exit 1
  state=$(state_of "$1") && is_on "$state" && process_of "$1" >/dev/null
)

# dump UUID: its persistent definition with its secrets: without them `define` would take the password of its screen away.
dump() { virsh -q -c "$uri" dumpxml --inactive --security-info "$1" </dev/null; }

# unchanged UUID FILE: whether its persistent definition is still the one in the file.
unchanged() { dump "$1" | cmp -s - "$2"; }

# compared BEFORE AFTER: two texts as a unified diff.
compared() (
  command -v diff >/dev/null || { echo "(there is no diff)"; exit 0; }
  printf '%s\n' "$2" | {
    exec 3<&0
    printf '%s\n' "$1" | diff -u -L before -L after - /proc/self/fd/3 || [ "$?" = 1 ]
  }
)
