# What runbooks ask about logical volumes, beside what they ask about processes (`limited`). Nothing here changes anything.
# Names of groups and volumes hold letters, digits and + _ . - only, so that | parts them.

# lvm_rows COMMAND COLUMNS [OPTION…]: what lvs, vgs or pvs report, a row a line, sizes in bytes; fails where they do not answer.
lvm_rows() (
  command=$1
  columns=$2
  shift 2
  rows=$(limited "$command" --noheadings --nosuffix --units b --separator '|' -o "$columns" "$@") || exit 1
  printf '%s\n' "$rows" | sed -e 's/^ *//' -e '/^$/d'
)

# is_name TEXT: whether it can be the name of a group or volume, and no option.
is_name() { case $1 in '' | -* | *[!A-Za-z0-9+_.-]*) return 1 ;; *) return 0 ;; esac; }

# human BYTES: as people write it.
human() {
  awk -v bytes="$1" 'BEGIN {
    split("B KiB MiB GiB TiB PiB", unit, " ")
    for (i = 1; bytes >= 1024 && i < 6; i++) bytes /= 1024
    printf (bytes == int(bytes) ? "%d %s\n" : "%.2f %s\n"), bytes, unit[i]
  }'
}
