# The questions that the scripts of lvm-snapshot-rollback.yml ask, beside those about volumes. Nothing here changes anything.

# volumes: VG LV ATTR ORIGIN TIME SIZE DATA% POOL of every volume, with | between them; hidden ones too, as a snapshot that is being merged is one.
volumes() {
  lvm_rows lvs vg_name,lv_name,lv_attr,origin,lv_time,lv_size,data_percent,pool_lv -a | sed -e 's/[][]//g'
}

# row_of VG LV: its row; nothing where there is none. Exits 2 where lvs does not answer.
row_of() {
  rows=$(lvm_rows lvs vg_name,lv_name,lv_attr,origin,lv_time,lv_size,data_percent,pool_lv -a) || { echo "lvs does not answer" >&2; exit 2; }
  printf '%s\n' "$rows" | awk -F '|' -v vg="$1" -v lv="$2" '{ gsub(/[][]/, "", $2); gsub(/[][]/, "", $4) } $1 == vg && $2 == lv { print $1 "|" $2 "|" $3 "|" $4 "|" $5 "|" $6 "|" $7 "|" $8 }'
}

# is_open ATTR: whether somebody has it open, or that cannot be told.
is_open() { case $1 in ?????-*) return 1 ;; *) return 0 ;; esac; }

# device_of PATH: its device's numbers, whatever link leads there.
device_of() { stat -L -c '%t:%T' "$1" 2>/dev/null; }

# libvirt COMMAND…: what libvirt says; fails where it does not answer.
libvirt() { limited virsh -r -c qemu:///system "$@"; }

# place_of POOL VOLUME: the path of a volume of one of libvirt's pools; fails where that cannot be told.
place_of() (
  case $1$2 in *'&'*) exit 1 ;; esac # written otherwise in XML
  if path=$(libvirt vol-path --vol "$2" --pool "$1") && [ -n "$path" ]; then
    printf '%s\n' "$path"
    exit 0
  fi
  # A pool that is not active tells of no volume, nor does one that has not looked since the volume is there.
  pool=$(libvirt pool-dumpxml "$1") || exit 1
  type=$(printf '%s\n' "$pool" | sed -n "s/^<pool type='\([a-z-]*\)'.*/\1/p")
  target=$(printf '%s\n' "$pool" | sed -n 's/^ *<path>\(.*\)<\/path>.*/\1/p')
  case $type:$target in
    logical:/* | disk:/* | dir:/* | fs:/* | netfs:/*) printf '%s\n' "$target/$2" ;;
    *) exit 1 ;;
  esac
)

# disks_of GUEST: the path of each of its disks, or what else libvirt calls it by; ? for one whose place cannot be told. Fails where libvirt does not answer.
disks_of() (
  disks=$(libvirt domblklist "$1" --details) || exit 1
  printf '%s\n' "$disks" | sed -n -e '/^ *volume /d' -e 's/^ *[a-z]*  *[a-z]*  *[^ ]*  *//p'
  volumes=$(printf '%s\n' "$disks" | awk '$1 == "volume" && $4 != "-" { n++ } END { print n + 0 }')
  [ "$volumes" -gt 0 ] || exit 0
  # Only there the pools are named.
  definition=$(libvirt dumpxml "$1") || exit 1
  tab=$(printf '\t')
  sources=$(printf '%s\n' "$definition" | sed -n "s/^ *<source pool='\([^']*\)' volume='\([^']*\)'.*/\1$tab\2/p")
  [ "$(printf '%s' "$sources" | awk 'END { print NR }')" -ge "$volumes" ] || echo '?'
  printf '%s\n' "$sources" | while IFS=$tab read -r pool volume; do
    [ -z "$pool" ] || place_of "$pool" "$volume" || echo '?'
  done
)

# guests_of VG LV: NAME, a TAB and the state of every guest of libvirt that has this volume as a disk, or may have it and is not off.
# Fails where libvirt does not answer.
guests_of() (
  command -v virsh >/dev/null || exit 0
  { command -v libvirtd || command -v virtqemud; } >/dev/null || exit 0
  escaped=$(printf '%s-%s' "$(printf %s "$1" | sed 's/-/--/g')" "$(printf %s "$2" | sed 's/-/--/g')")
  device=$(device_of "/dev/$1/$2") || device=-
  names=$(libvirt list --all --name) || exit 1
  printf '%s\n' "$names" | {
    while IFS= read -r name; do
      [ -n "$name" ] || continue
      disks=$(disks_of "$name") || exit 1
      uses=$(printf '%s\n' "$disks" | {
        while IFS= read -r path; do
          case $path in /dev/"$1"/"$2" | /dev/mapper/"$escaped") echo yes; continue ;; '?') echo perhaps; continue ;; /*) ;; *) continue ;; esac
          other=$(device_of "$path") || continue
          if [ "$device" != - ] && [ "$other" = "$device" ]; then echo yes; fi
        done
      })
      [ -n "$uses" ] || continue
      state=$(libvirt domstate "$name") || exit 1
      saved=$(libvirt dominfo "$name") || exit 1
      case $saved in *'Managed save:'*yes*) state="$state, with a saved memory" ;; esac
      case $uses in *yes*) ;; *)
        [ "$state" != 'shut off' ] || continue
        state="$state, with a disk of a pool whose place cannot be told"
        ;;
      esac
      printf '%s\t%s\n' "$name" "$state"
    done
  }
)
