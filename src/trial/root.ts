import { chmod, lstat, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CaseShell } from "../model/case.ts";
import { standIn } from "./stand-in.ts";
import type { Machine } from "./tools.ts";
import type { Thing, World } from "./world.ts";

/** Where this machine's own programs are seen from within. */
const REAL = "/.real";

const DIRECTORIES = [
  ".real",
  ".case/answers",
  ".case/counts",
  ".case/scripts",
  ".case/tools",
  "dev/shm",
  "etc",
  "proc",
  "root",
  "run",
  "sys",
  "tmp",
  "usr/bin",
  "usr/sbin",
  "usr/local/bin",
  "usr/local/sbin",
  "var/lib",
  "var/log",
  "var/tmp",
];

/** Writes a host made of data to an empty directory that is to become its root. */
export async function writeRoot(root: string, world: World, shell: CaseShell, machine: Machine): Promise<void> {
  for (const directory of DIRECTORIES) await mkdir(join(root, directory), { recursive: true });
  for (const [path, thing] of [...world.things].toSorted(([a], [b]) => (a < b ? -1 : 1))) await put(root, path, thing);
  await writeTools(root, shell, machine);
  for (const [at, [name, answering]] of [...world.commands].entries()) {
    const { text, files } = standIn(name, answering, at);
    const path = name.startsWith("/") ? name : `/usr/local/bin/${name}`;
    await put(root, path, { kind: "file", text, mode: 0o755 });
    for (const [file, content] of files) await writeFile(join(root, ".case", file), content);
  }
  for (const library of machine.libraries) await link(root, library, `${REAL}${library}`);
  await link(root, "/bin", "usr/bin");
  await link(root, "/sbin", "usr/sbin");
  await link(root, "/var/run", "../run");
  for (const name of ["calls", "unanswered"]) await writeFile(join(root, ".case", name), "");
}

/** The base tools, and the shell that is to be tried by the name of `sh`; a host with busybox has nothing else. */
async function writeTools(root: string, shell: CaseShell, machine: Machine): Promise<void> {
  const own = machine.shells.get(shell) ?? machine.sh;
  for (const [name, path] of machine.tools) {
    await link(root, `/.case/tools/${name}`, `${REAL}${path}`);
    if (name === "sh") continue;
    if (shell !== "busybox") await link(root, `/usr/bin/${name}`, `${REAL}${path}`);
    else if (machine.applets.has(name)) await link(root, `/usr/bin/${name}`, `${REAL}${own}`);
  }
  await link(root, "/.case/sh", `${REAL}${machine.sh}`);
  await link(root, "/usr/bin/sh", `${REAL}${own}`);
  if (shell === "bash") await link(root, "/usr/bin/bash", `${REAL}${own}`);
}

/** A link, unless the case has put something there. */
async function link(root: string, path: string, to: string): Promise<void> {
  const at = join(root, path);
  await mkdir(dirname(at), { recursive: true }).catch(() => undefined);
  await symlink(to, at).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
}

async function put(root: string, path: string, thing: Thing): Promise<void> {
  const at = join(root, path);
  await mustBeWithin(root, path);
  await mkdir(dirname(at), { recursive: true });
  switch (thing.kind) {
    case "directory":
      await mkdir(at, { recursive: true });
      break;
    case "link":
      await symlink(thing.to, at);
      break;
    case "fifo":
      // Node makes none: the host makes it as it begins.
      await writeFile(join(root, ".case", "fifos"), `${path}\n`, { flag: "a" });
      break;
    case "file":
      await writeFile(at, thing.text);
      if (thing.mode !== null) await chmod(at, thing.mode);
      break;
  }
}

/** A link of the case must not lead what is written next out of its root. */
async function mustBeWithin(root: string, path: string): Promise<void> {
  const parts = path.split("/").slice(1, -1);
  let at = root;
  for (const part of parts) {
    at = join(at, part);
    const stat = await lstat(at).catch(() => null);
    if (stat === null) return;
    if (!stat.isDirectory()) throw new WrongPath(path, at.slice(root.length));
  }
}

/** A case puts something below what is no directory. */
export class WrongPath extends Error {
  constructor(path: string, above: string) {
    super(`${path} cannot be there: ${above} is no directory on this host`);
    this.name = "WrongPath";
  }
}

/**
 * Makes a directory the root of a host and its first process, which lives until its stdin ends. Runs under `unshare`, so nothing it mounts is seen outside.
 * Arguments: the root, then the parts of this machine that are seen. Prints `ready PID`, as the outer machine counts.
 */
export const BUILD = String.raw`
set -eu
root=$1
shift
read -r outer _ < /proc/self/stat
mount --bind "$root" "$root"
cd "$root"
for part do
  case $part in
    *=*) ln -sfn "${"$"}{part#*=}" ".real/${"$"}{part%%=*}" ;;
    *)
      mkdir -p ".real/$part"
      mount --rbind "/$part" ".real/$part"
      mount -o remount,bind,ro ".real/$part" 2>/dev/null || [ ! -w ".real/$part" ] ;;
  esac
done
mkdir -p .real/proc .old
mount --rbind /proc .real/proc
for device in null zero full random urandom tty; do
  : > "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
ln -sfn /proc/self/fd dev/fd
ln -sfn /proc/self/fd/0 dev/stdin
ln -sfn /proc/self/fd/1 dev/stdout
ln -sfn /proc/self/fd/2 dev/stderr
chmod 1777 tmp var/tmp dev/shm
if [ -e .case/fifos ]; then while read -r path; do mkfifo ".$path"; done < .case/fifos; fi
# umount asks it; a case may have another in its place.
if [ -e proc/self ] || [ -L proc/self ]; then mv proc/self .case/self; fi
ln -s /.real/proc/self proc/self
pivot_root . .old
cd /
PATH=/.old/usr/bin:/.old/bin:/.old/usr/sbin:/.old/sbin
umount -l /.old
PATH=/.case/tools
rmdir /.old
if [ -e /.case/self ] || [ -L /.case/self ]; then rm /proc/self; mv /.case/self /proc/self; fi
echo "ready $outer"
while read -r _; do :; done
`;
