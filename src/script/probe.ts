import type { Place, Probe } from "../model/probe.ts";
import { privilegeOf } from "./privilege.ts";

/**
 * Asks a host about itself in one go. What needs no process comes first, so that a host without any left still tells it; what may hang
 * (a mount, a directory service) runs beside the rest, each part by itself. Nothing is written. `sudo -l` only lists: unlike `sudo true` it neither
 * logs nor mails that a password was needed.
 */
export const PROBE = `set +eu; set -f
say() { printf '%s %s\\n' "$1" "$2"; }
nl='
'
each() { k=$1; IFS=$nl; for l in $2; do say "$k" "$l"; done; unset IFS; }
uid=
{
  while read -r k v; do case $k in Uid:) uid=\${v%%[!0-9]*}; break ;; esac; done </proc/self/status
  read -r v </proc/sys/kernel/osrelease && say kernel "$v"
  read -r v k </proc/uptime && say uptime "$v"
  read -r v </proc/loadavg && say load "$v"
  n=0; while read -r k v; do case $k in cpu) ;; cpu[0-9]*) n=$((n + 1)) ;; *) break ;; esac; done </proc/stat && say cpus "$n"
  for f in /etc/os-release /usr/lib/os-release; do
    [ -r "$f" ] && { while read -r v; do case $v in PRETTY_NAME=*|ID=*|VERSION_ID=*) say os "$v" ;; esac; done <"$f"; break; }
  done
  for f in /etc/redhat-release /etc/SuSE-release /etc/alpine-release /etc/debian_version; do
    read -r v <"$f" && { say release "\${f##*/} $v"; break; }
  done
} 2>/dev/null
say shell "\${SHELL:-}"
say login "\${LOGNAME:-\${USER:-}}"
say clock "$(date +%s.%N 2>/dev/null)"
say arch "$(uname -m 2>/dev/null)"
[ -n "$uid" ] || uid=$(id -u 2>/dev/null)
say uid "$uid"
{ v=$(id -un) && say user "$v"; } 2>/dev/null &
m=$(grep -E ' (/|/var|/run|/tmp) ' /proc/mounts 2>/dev/null)
each mount "$m"
for p in / /var /run /tmp; do
  [ "$p" = / ] || case "$m" in *" $p "*) ;; *) continue ;; esac
  { v=$(df -Pk "$p") && say space "\${v##*"$nl"}"; } 2>/dev/null &
  { v=$(df -Pi "$p") && say inodes "\${v##*"$nl"}"; } 2>/dev/null &
done
if [ "$uid" != 0 ]; then
  if command -v sudo >/dev/null; then { v=$(sudo -n -l 2>&1); each sudo "$v"; } &
  elif command -v doas >/dev/null; then { v=$(doas -n true 2>&1) && v=free; each doas "$v"; } &
  else say nothing -
  fi
fi
wait
say end -
`;

/** Reads what the script above printed, and what has not come yet as not told. */
export function readProbe(printed: string): Probe {
  const said = Map.groupBy(printed.split("\n"), (line) => line.split(" ", 1)[0] ?? "");
  const all = (key: string): string[] => (said.get(key) ?? []).map((line) => line.slice(key.length + 1).trim());
  const one = (key: string): string | null => all(key).findLast((value) => value !== "") ?? null;
  const uid = numberIn(one("uid"));
  const user = one("user") ?? one("login");
  const load = one("load")?.split(" ").slice(0, 3).map(Number) ?? [];
  return {
    clock: clockIn(one("clock")),
    user,
    uid,
    shell: one("shell"),
    os: osOf(all("os"), one("release")),
    kernel: one("kernel"),
    arch: one("arch"),
    uptime: numberIn(one("uptime")),
    load:
      load.length === 3 && load.every(Number.isFinite)
        ? { averages: load, processors: numberIn(one("cpus")) || null }
        : null,
    places: placesOf(all("space"), all("inodes"), all("mount")),
    privilege: privilegeOf(uid, { sudo: all("sudo"), doas: all("doas"), missing: said.has("nothing") }),
    whole: said.has("end"),
  };
}

function numberIn(text: string | null): number | null {
  return text !== null && /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : null;
}

/** BusyBox may know no `%N`, and prints the letters. */
function clockIn(text: string | null): Probe["clock"] {
  const [, seconds, fraction] = /^(\d{1,12})(?:\.(\d{1,9})$)?/.exec(text ?? "") ?? [];
  if (seconds === undefined) return null;
  return { at: Number(`${seconds}.${fraction ?? 0}`), whole: fraction === undefined };
}

function osOf(lines: readonly string[], release: string | null): Probe["os"] {
  const value = (key: string): string | null => {
    const line = lines.find((each) => each.startsWith(`${key}=`));
    return line?.slice(key.length + 1).replace(/^(["'])(.*)\1$/, "$2") || null;
  };
  const name = value("PRETTY_NAME") ?? value("ID");
  if (name !== null) return { name, id: value("ID"), version: value("VERSION_ID") };
  const [, file, words] = /^(\S+) (.+)$/.exec(release ?? "") ?? [];
  if (file === undefined || words === undefined) return null;
  const [id = ""] = file.toLowerCase().split(/[-_]/);
  const bare = /^[\d./a-z]+$/.test(words) && (id === "debian" || id === "alpine");
  return { name: bare ? `${id} ${words}` : words, id, version: /\d[\d.]*/.exec(words)?.[0] ?? null };
}

/** `-P` keeps a file system on one line: name, size, used, free, share, place; its name may have spaces. */
const ROW = /(\d+) +(-?\d+) +(-?\d+) +(?:\d+%|-) +(\/.*)$/;
/** A line of /proc/mounts: blanks in names are written as \\040 there. */
const READ_ONLY = /^\S+ \S+ \S+ (?:\S+,)?ro(?:,| )/;

function rowsOf(lines: readonly string[]): Map<string, { readonly size: number; readonly free: number }> {
  return new Map(
    lines.flatMap((line) => {
      const [, size, , free, at] = ROW.exec(line) ?? [];
      return at === undefined ? [] : [[at, { size: Number(size), free: Number(free) }] as const];
    }),
  );
}

function placesOf(space: readonly string[], inodes: readonly string[], mounts: readonly string[]): Place[] {
  // Where something is mounted over something else, the last one is seen.
  const modes = new Map(mounts.map((line) => [line.split(" ")[1] ?? "", READ_ONLY.test(line)]));
  const [sized, counted] = [rowsOf(space), rowsOf(inodes)];
  return [...new Set([...sized.keys(), ...counted.keys(), ...modes.keys()])].toSorted().map((at) => {
    const [bytes, nodes] = [sized.get(at), counted.get(at)];
    // Some file systems have no number of inodes: they say 0.
    const limited = nodes !== undefined && nodes.size > 0;
    return {
      at,
      size: bytes === undefined ? null : bytes.size * 1024,
      free: bytes === undefined ? null : bytes.free * 1024,
      inodes: limited ? nodes.size : null,
      inodesFree: limited ? nodes.free : null,
      readOnly: modes.get(at) ?? false,
    };
  });
}
