# What hyperv-enlightenments.yml asks and does, beside what stands in libvirt.functions.sh.

# is_windows: whether the definition (flat on stdin) is of an x86 guest with Windows: by libosinfo's metadata, or by its name where it has none.
is_windows() (
  flat=$(cat)
  case $(printf '%s\n' "$flat" | value /domain/os/type@arch) in x86_64 | i?86) ;; *) exit 1 ;; esac
  system=$(printf '%s\n' "$flat" | value /domain/metadata/libosinfo/os@id)
  case $system in
    http://microsoft.com/win*) exit 0 ;;
    ?*) exit 1 ;;
  esac
  set -f
  matches "$(printf '%s\n' "$flat" | value /domain/name=)" $windows_names
)

# Of a `-cpu` value, in awk: puts into has[] which of the three it says anything of.
CPU_FLAGS='
  function flags_of(cpu, has,   n, i, each, name) {
    n = split(cpu, each, ",")
    for (i = 2; i <= n; i++) {
      name = each[i]
      sub(/^[+-]/, "", name)
      sub(/=.*/, "", name)
      gsub(/_/, "-", name)
      # Off is said, too, and here it is for a process what it is not for a definition: not there.
      if (each[i] ~ /^-/ || each[i] ~ /=(off|no)$/) continue
      if (name == "hv-passthrough") has["relaxed"] = has["vapic"] = has["spinlocks"] = 1
      if (name ~ /^hv-(relaxed|vapic|spinlocks)$/) has[substr(name, 4)] = 1
    }
  }
  function lacking(has, not_these,   out, n, i, each) {
    n = split("relaxed vapic spinlocks", each, " ")
    for (i = 1; i <= n; i++) if (!(each[i] in has) && !(each[i] in not_these)) out = out (out == "" ? "" : " ") each[i]
    return out == "" ? "-" : out
  }'

# wanting: of a definition (flat on stdin) LACKS, OFF and BY: what it says nothing of, what it says is off, and what its flags come from: features or cpu
# (a `-cpu` that is passed to qemu, and replaces what libvirt makes of the features).
wanting() {
  awk -F '\t' "$CPU_FLAGS"'
    $2 == "/domain/features/hyperv@mode" && $3 == "passthrough" { has["relaxed"] = has["vapic"] = has["spinlocks"] = 1 }
    $2 ~ /^\/domain\/features\/hyperv\/(relaxed|vapic|spinlocks)$/ { name = $2; sub(/.*\//, "", name); has[name] = 1 }
    $2 ~ /^\/domain\/features\/hyperv\/(relaxed|vapic|spinlocks)@state$/ && $3 == "off" {
      name = $2
      sub(/.*\//, "", name)
      sub(/@.*/, "", name)
      off[name] = 1
    }
    $2 == "/domain/commandline/arg@value" {
      if (last == "-cpu") { cpu = $3; by_cpu = 1 }
      last = $3
    }
    END {
      if (by_cpu) {
        delete_all(has)
        delete_all(off)
        flags_of(cpu, has)
      }
      said = ""
      for (name in off) said = said (said == "" ? "" : " ") name
      printf "%s\t%s\t%s\n", lacking(has, none), said == "" ? "-" : said, by_cpu ? "cpu" : "features"
    }
    function delete_all(array,   each) { for (each in array) delete array[each] }'
}

# process_lacks PID OFF: which of the three that qemu runs without; OFF are not missed.
process_lacks() (
  lines=$(argument_lines "$1") || exit 1
  [ -n "$lines" ] || exit 1
  printf '%s\n' "$lines" | awk -v off="$2" "$CPU_FLAGS"'
    last == "-cpu" { cpu = $0 }
    { last = $0 }
    END {
      n = split(off, each, " ")
      for (i = 1; i <= n; i++) not_these[each[i]] = 1
      flags_of(cpu, has)
      print lacking(has, not_these)
    }'
)

# libvirt_knows: whether this libvirt has the three as features (1.1.0 and later); fails with status 2 where it does not tell its version.
libvirt_knows() (
  case $method in features) exit 0 ;; commandline) exit 1 ;; esac
  told=$(ask version --daemon) || told=$(ask version) || exit 2
  printf '%s\n' "$told" | awk '
    /^Running against daemon:/ || (/^Using library:/ && version == "") { version = $NF }
    END {
      if (split(version, part, ".") < 2 || part[1] !~ /^[0-9]+$/ || part[2] !~ /^[0-9]+$/) exit 2
      exit !(part[1] > 1 || (part[1] == 1 && part[2] >= 1))
    }'
)

# how_for BY UUID: how what a guest lacks can be added: features, commandline or hand.
how_for() (
  [ "$1" = features ] || { echo hand; exit 0; }
  if libvirt_knows; then echo features; exit 0; else [ "$?" = 1 ] || exit 2; fi
  if [ -n "$(cpu_of "$2")" ]; then echo commandline; else echo hand; fi
)

# cpu_of UUID: the `-cpu` that libvirt makes of the definition; nothing where that cannot be told for sure.
cpu_of() (
  ask dumpxml --inactive "$1" | ask_native | awk '
    { gsub(/\\$/, "") }
    { for (i = 1; i <= NF; i++) { if (last == "-cpu") { cpu = $i; n++ } last = $i } }
    END { if (n == 1 && cpu ~ /^[A-Za-z0-9][A-Za-z0-9_.,=+-]*$/) print cpu }'
)

# ask_native: the command line that libvirt makes of a definition on stdin. It changes nothing, but libvirt answers it on no read-only connection.
ask_native() (
  text=$(cat)
  limited sh -c 'printf "%s\n" "$1" | virsh -q -c "$2" domxml-to-native qemu-argv /dev/stdin' sh "$text" "$uri"
)

# edited HOW LACKS UUID: the definition on stdin with what lacks.
edited() (
  case $1 in
    features) xml features "$2" "$retries" ;;
    commandline)
      cpu=$(cpu_of "$3")
      [ -n "$cpu" ] || { echo "the CPU model that libvirt gives it cannot be told" >&2; exit 1; }
      for flag in $2; do
        case $flag in
          spinlocks) cpu="$cpu,hv_spinlocks=$(printf 0x%x "$retries")" ;;
          *) cpu="$cpu,hv_$flag" ;;
        esac
      done
      xml commandline "$cpu"
      ;;
    *) exit 1 ;;
  esac
)

# only_added OLD NEW: whether two files of XML differ in nothing but flags that were added.
only_added() (
  before=$(xml flat < "$1") || exit 1
  after=$(xml flat < "$2") || exit 1
  before=$(printf '%s\n' "$before" | cut -f 2- | sort)
  after=$(printf '%s\n' "$after" | cut -f 2- | sort)
  printf '%s\n--\n%s\n' "$before" "$after" | awk '
    $0 == "--" { second = 1; next }
    !second { had[$0]++; next }
    had[$0] > 0 { had[$0]--; next }
    # What is new: the elements that were asked for, those around them, and the prefix of qemu.
    $0 !~ /^\/domain\/features(\/hyperv(@mode|\/(relaxed|vapic|spinlocks)(@(state|retries))?)?)?\t/ && $0 !~ /^\/domain\/commandline(\/arg(@value)?)?\t/ && $0 !~ /^\/domain@xmlns:qemu\t/ { other = 1 }
    END {
      for (each in had) if (had[each] > 0) other = 1
      exit other
    }'
)

# Notes outlast the run: which guests were told to shut down, and what their definitions were before.
note_of() { echo "$notes/$1.off"; }

# started_since UUID TIME: whether libvirt's log says that the guest was started after that time (as in the log: YYYY-MM-DD HH:MM:SS).
started_since() (
  flat=$(definition "$1" --inactive) || exit 1
  name=$(printf '%s\n' "$flat" | value /domain/name=)
  awk -v since="$2" '/: starting up/ && substr($0, 1, 19) > since { found = 1 } END { exit !found }' "/var/log/libvirt/qemu/$name.log" 2>/dev/null
)
