# The questions that the scripts of lvm-thin-pool-full.yml ask, beside those about volumes. Nothing here changes anything.

# pools: VG POOL ATTR SIZE DATA% METADATA-SIZE METADATA% VG-FREE EXTENT of every active thin pool.
pools() {
  rows=$(lvm_rows lvs vg_name,lv_name,lv_attr,lv_size,data_percent,lv_metadata_size,metadata_percent,vg_free,vg_extent_size) || {
    echo "lvs does not answer" >&2
    exit 2
  }
  printf '%s\n' "$rows" | awk -F '|' '
    $3 !~ /^t/ || substr($3, 5, 1) == "-" { next }
    NF != 9 { exit 2 }
    { for (i = 4; i <= 9; i++) if ($i !~ /^[0-9.]+$/) exit 2; print }' || {
    echo "lvs does not tell how full a thin pool is" >&2
    exit 2
  }
}

# full_pools: VG POOL DATA% METADATA% SIZE METADATA-SIZE FREE GROW GROW-METADATA WHY, with TABs between them, of every pool that is too full. WHY is `-` where
# it can grow by those bytes, else what forbids it.
full_pools() {
  pools | awk -F '|' -v data_percent="$data_percent" -v metadata_percent="$metadata_percent" -v grow_percent="$grow_percent" \
    -v max_grow="$max_grow" -v keep_free="$keep_free" '
    function up(bytes) { return bytes <= 0 ? 0 : (int((bytes - 1) / extent) + 1) * extent }
    function down(bytes) { return bytes <= 0 ? 0 : int(bytes / extent) * extent }
    # What brings it five points below the limit, or the usual share, whichever is more.
    function growth(size, used, limit, share,   least) {
      least = size * used / (limit > 10 ? limit - 5 : limit / 2) - size
      return up(least > size * share / 100 ? least : size * share / 100)
    }
    $5 + 0 < data_percent + 0 && $7 + 0 < metadata_percent + 0 { next }
    {
      extent = $9; room = down($8 - keep_free); why = "-"; grow = 0; more = 0
      health = substr($3, 9, 1)
      if (health == "F" || health == "M") why = "it has failed, or its metadata is read-only: it needs a repair"
      if (substr($3, 5, 1) != "a") why = $3 ~ /^t...[cC]/ ? "its metadata needs a check and a repair" : "it is suspended, or half active"
      if ($7 + 0 >= metadata_percent + 0) {
        # The spare copy of the metadata grows with it. No pool can use more than 15.81 GiB.
        more = growth($6, $7, metadata_percent, 100)
        if ($6 + more > 16957571072) more = down(16957571072 - $6)
        if (more == 0 || $6 * $7 / ($6 + more) >= metadata_percent) { more = 0; if (why == "-") why = "its metadata is as large as it can be" }
        else if (2 * more > room) { more = 0; if (why == "-") why = "its group has no room for more metadata" }
        room -= 2 * more
      }
      if ($5 + 0 >= data_percent + 0) {
        grow = growth($4, $5, data_percent, grow_percent)
        if (grow > room) grow = room
        if (grow > down(max_grow)) grow = down(max_grow)
        if (grow == 0 || $4 * $5 / ($4 + grow) >= data_percent) {
          grow = 0
          if (why == "-") why = "its group has " (max_grow < room ? "room, but max_grow does not let it grow by enough" : "not enough room")
        }
      }
      printf "%s\t%s\t%s\t%s\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%s\n", $1, $2, $5, $7, $4, $6, $8, grow, more, why
    }'
}

# members VG POOL snapshots|closed: up to 5 names of thin volumes of the pool that are snapshots, or that nobody has open.
members() {
  volumes=$(lvm_rows lvs vg_name,pool_lv,lv_name,origin,lv_attr) || return 1
  printf '%s\n' "$volumes" | awk -F '|' -v group="$1" -v pool="$2" -v which="$3" '
    $1 != group || $2 != pool { next }
    which == "snapshots" ? $4 != "" : substr($5, 6, 1) != "o" { if (++n <= 5) names = names (n > 1 ? " " : "") $3 }
    END { print n == 0 ? "-" : names (n > 5 ? " and " n - 5 " more" : "") }'
}
