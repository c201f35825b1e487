import { quote } from "./quote.ts";

/** What a script is made of. */
export type Parts = {
  /** Name → value. They become shell variables that no child process sees. */
  readonly variables: ReadonlyMap<string, string>;
  /** Shell text put before the body; empty for none. */
  readonly functions: string;
  /** Base name → content. Written only when there are some. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** A word nobody can guess: names the private directory of `files`. Needed only with files. */
  readonly filesName?: string;
  readonly body: string;
  /** Name of the run's `$keep` directory on this host; absent: the script has none. */
  readonly keepName?: string;
  /** Whether `$keep` must outlast a boot of the host. */
  readonly keepLasts?: boolean;
};

/** One script as text for `frame`: variables, `$keep`, functions, `$files` and body, to be run under `set -eu`. */
export function assemble(parts: Parts): string {
  const names = [...parts.variables.keys()];
  const lines = [
    // First out of the environment: a variable that came from there would be exported again.
    names.length === 0 ? "" : `unset ${names.join(" ")}`,
    ...names.map((name) => `${name}=${quote(plain(parts.variables.get(name) ?? "", name))}`),
    parts.keepName === undefined ? "" : keepScript(parts.keepName, parts.keepLasts),
    parts.functions,
  ].filter((line) => line !== "");
  const body = parts.files.size === 0 ? parts.body : withFiles(parts.files, parts.filesName ?? "", parts.body);
  return [...lines, body].join("\n");
}

function plain(value: string, name: string): string {
  if (value.includes("\0")) throw new RangeError(`the value of ${name} holds a NUL byte, which no shell can take`);
  return value;
}

/**
 * The name of a run's directory on a host: `$keep`. `place` counts the run's hosts from 1, since two names may be one machine. Each user that
 * steps become (null: the login user) has one of their own. `*` is for people.
 */
export function keepName(run: string, place: number | "*", user: string | null): string {
  return `runbook-keep-${run}-${place}-${user === null ? "login" : user.replaceAll(/[^\w.*-]/g, "_")}`;
}

/** Memory first: the disk may be full. A user's files in /dev/shm go at logout, so it comes last where /run is root's. */
const PLACES = "if [ -w /run ]; then set -- /run /dev/shm /var/tmp /tmp; else set -- /var/tmp /tmp /dev/shm; fi";

/** Where a directory that outlasts a boot may be. Not `/tmp`, which is emptied by one. */
const LASTING = "/var/lib /var/tmp";

/** All places in which the run's private directory may be found. */
const KEPT = "/run /dev/shm /var/lib /var/tmp /tmp";

/** Leaves those of the places that lie on a disk: of two mounts around one, the inner one holds it. Old bash counts parentheses. */
const ON_DISK = `for d in ${LASTING}; do
  k= l=0
  while read -r x y z x2; do
    case $d/ in ("\${y%/}"/*) [ \${#y} -lt $l ] || k=$z l=\${#y} ;; esac
  done </proc/mounts || :
  case $k in (tmpfs | ramfs) ;; (*) set -- "$@" "$d" ;; esac
done`;

/**
 * Text that makes the run's private directory on the host, or finds it again, and sets `keep` to it.
 * All places are searched before one is made, since which of them can be written to may change within a run.
 * One that `lasts` is still there after a boot.
 */
export function keepScript(name: string, lasts = false): string {
  const places = lasts ? `set --; ${ON_DISK}` : PLACES;
  const none = lasts ? "no disk of this host has a place for" : "no place on this host for";
  return `keep=
for keep in ${KEPT} ''; do
  [ -z "$keep" ] || [ ! -d "$keep/${name}" ] || break
done
if [ -n "$keep" ]; then
  keep=$keep/${name}
  case "$(ls -ldn "$keep")" in drwx------*) ;; *) echo "$keep is not private" >&2; exit 1 ;; esac
  [ -O "$keep" ] || { echo "$keep belongs to somebody else" >&2; exit 1; }
else
  keep=$(${places}; ${firstWritable(name)}) || { echo "${none} the run's private directory" >&2; exit 1; }
fi`;
}

/** Text that removes the run's private directory wherever it is. */
export function dropKeepScript(name: string): string {
  return `for keep in ${KEPT}; do
  [ ! -d "$keep/${name}" ] || [ ! -O "$keep/${name}" ] || rm -rf "$keep/${name}"
done`;
}

/** Makes a private directory in the first of `$@` that takes a file as well: a full file system may still take a directory. */
function firstWritable(name: string): string {
  return `for d do
    (umask 077; mkdir "$d/${name}" && echo probe >"$d/${name}/.probe" && rm "$d/${name}/.probe") 2>/dev/null && { echo "$d/${name}"; exit 0; }
    [ ! -O "$d/${name}" ] || rm -rf "$d/${name}"
  done; exit 1`;
}

/** The body with `$files` there while it runs. Not by a trap: the script's own would replace it. Joined by `&&`, since -e means nothing on the left of one. */
function withFiles(files: ReadonlyMap<string, Uint8Array>, name: string, body: string): string {
  if (!/^[\w-]{8,}$/.test(name)) throw new RangeError("files need a name for their directory");
  const writes = [...files].map(([file, bytes]) => printed(file, bytes)).join(" &&\n");
  return `files=$(${PLACES}
for files do
  files=$files/${name}
  (umask 077; mkdir "$files" && cd "$files" &&
${writes} &&
  chmod 700 ./*) 2>/dev/null && { echo "$files"; exit 0; }
  [ ! -O "$files" ] || rm -rf "$files"
done
exit 1) || { echo "no place on this host for the runbook's files" >&2; exit 1; }
trap 'rm -rf "$files"; exit 143' TERM
set +e
( set -e; trap - TERM; eval ${quote(body)}
)
set -- "$?"
rm -rf "$files"
exit "$1"`;
}

/** A file's bytes by `printf` alone: base64 is not everywhere. In pieces, since some shells are slow with long words. */
function printed(file: string, bytes: Uint8Array): string {
  const target = `./${quote(file)}`;
  const pieces = [`: >${target}`];
  for (let at = 0; at < bytes.length; at += PIECE) {
    pieces.push(`printf '${escape(bytes.subarray(at, at + PIECE))}' >>${target}`);
  }
  return pieces.join(" &&\n");
}

const PIECE = 4096;

function escape(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => {
    const safe = byte >= 0x20 && byte < 0x7f && !"'\\%-".includes(String.fromCharCode(byte));
    return safe ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
  }).join("");
}
