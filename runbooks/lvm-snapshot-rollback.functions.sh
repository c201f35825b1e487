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

# guests_of VG LV: NAME, a TAB and the state of every guest of libvirt that has this volume as a disk. Fails where libvirt does not answer.
guests_of() (
  command -v virsh >/dev/null || exit 0
  { command -v libvirtd || command -v virtqemud; } >/dev/null || exit 0
  escaped=$(printf '%s-%s' "$(printf %s "$1" | sed 's/-/--/g')" "$(printf %s "$2" | sed 's/-/--/g')")
  device=$(device_of "/dev/$1/$2") || device=-
  names=$(limited virsh -r -c qemu:///system list --all --name) || exit 1
  printf '%s\n' "$names" | {
    while IFS= read -r name; do
      [ -n "$name" ] || continue
      disks=$(limited virsh -r -c qemu:///system domblklist "$name" --details) || exit 1
      uses=$(printf '%s\n' "$disks" | sed -n -e 's/^ *[a-z]*  *[a-z]*  *[^ ]*  *//p' | {
        while IFS= read -r path; do
          case $path in /dev/"$1"/"$2" | /dev/mapper/"$escaped") echo yes; continue ;; /*) ;; *) continue ;; esac
          other=$(device_of "$path") || continue
          if [ "$device" != - ] && [ "$other" = "$device" ]; then echo yes; fi
        done
      })
      [ -n "$uses" ] || continue
      state=$(limited virsh -r -c qemu:///system domstate "$name") || exit 1
      saved=$(limited virsh -r -c qemu:///system dominfo "$name") || exit 1
      case $saved in *'Managed save:'*yes*) state="$state, with a saved memory" ;; esac
      printf '%s\t%s\n' "$name" "$state"
    done
  }
)
