import { appendFileSync, chmodSync, lstatSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { CaseShell } from "../model/case.ts";
import { standIn } from "./stand-in.ts";
import type { Machine } from "./tools.ts";
import type { Thing, World } from "./world.ts";

/** Where this machine's own programs are seen from within. */
const REAL = "/.real";

const DIRECTORIES = [
  ".old",
  ".real/dev",
  ".real/proc",
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

/** Writes a host made of data to an empty directory that is to become its root. At one go: hundreds of small things, each a promise, take several times as long. */
export function writeRoot(root: string, world: World, shell: CaseShell, machine: Machine): void {
  for (const directory of DIRECTORIES) mkdirSync(join(root, directory), { recursive: true });
  for (const directory of ["tmp", "var/tmp", "dev/shm"]) chmodSync(join(root, directory), 0o1777);
  for (const [path, thing] of [...world.things].toSorted(([a], [b]) => (a < b ? -1 : 1))) put(root, path, thing);
  writeTools(root, shell, machine);
  for (const [at, [name, answering]] of [...world.commands].entries()) {
    const { text, files } = standIn(name, answering, at);
    const path = name.startsWith("/") ? name : `/usr/local/bin/${name}`;
    put(root, path, { kind: "file", text, mode: 0o755 });
    for (const [file, content] of files) writeFileSync(join(root, ".case", file), content);
  }
  for (const library of machine.libraries) link(root, library, `${REAL}${library}`);
  link(root, "/bin", "usr/bin");
  link(root, "/sbin", "usr/sbin");
  link(root, "/var/run", "../run");
  for (const device of ["null", "zero", "full", "random", "urandom", "tty"]) {
    link(root, `/dev/${device}`, `${REAL}/dev/${device}`);
  }
  link(root, "/dev/fd", "/proc/self/fd");
  for (const [at, stream] of ["stdin", "stdout", "stderr"].entries())
    link(root, `/dev/${stream}`, `/proc/self/fd/${at}`);
  const self = join(root, "proc/self");
  if (lstatSync(self, { throwIfNoEntry: false }) !== undefined) renameSync(self, join(root, ".case/self"));
  link(root, "/proc/self", `${REAL}/proc/self`);
  for (const { name, link: to } of machine.parts) {
    if (to === null) mkdirSync(join(root, REAL, name));
    else symlinkSync(to, join(root, REAL, name));
  }
  for (const name of ["calls", "unanswered"]) writeFileSync(join(root, ".case", name), "");
}

/** The base tools, and the shell that is to be tried by the name of `sh`; a host with busybox has nothing else. */
function writeTools(root: string, shell: CaseShell, machine: Machine): void {
  const own = machine.shells.get(shell) ?? machine.sh;
  for (const [name, path] of machine.tools) {
    link(root, `/.case/tools/${name}`, `${REAL}${path}`);
    if (name === "sh") continue;
    if (shell !== "busybox") link(root, `/usr/bin/${name}`, `${REAL}${path}`);
    else if (machine.applets.has(name)) link(root, `/usr/bin/${name}`, `${REAL}${own}`);
  }
  link(root, "/.case/sh", `${REAL}${machine.sh}`);
  link(root, "/usr/bin/sh", `${REAL}${own}`);
  if (shell === "bash") link(root, "/usr/bin/bash", `${REAL}${own}`);
}

/** A link, unless the case has put something there. */
function link(root: string, path: string, to: string): void {
  const at = join(root, path);
  if (lstatSync(at, { throwIfNoEntry: false }) !== undefined) return;
  mkdirSync(dirname(at), { recursive: true });
  symlinkSync(to, at);
}

function put(root: string, path: string, thing: Thing): void {
  const at = join(root, path);
  mustBeWithin(root, path);
  mkdirSync(dirname(at), { recursive: true });
  switch (thing.kind) {
    case "directory":
      mkdirSync(at, { recursive: true });
      break;
    case "link":
      symlinkSync(thing.to, at);
      break;
    case "fifo":
      // Node makes none: the host makes it as it begins.
      appendFileSync(join(root, ".case", "fifos"), `${path}\n`);
      break;
    case "file":
      writeFileSync(at, thing.text);
      if (thing.mode !== null) chmodSync(at, thing.mode);
      break;
  }
}

/** A link of the case must not lead what is written next out of its root. */
function mustBeWithin(root: string, path: string): void {
  const parts = path.split("/").slice(1, -1);
  let at = root;
  for (const part of parts) {
    at = join(at, part);
    const stat = lstatSync(at, { throwIfNoEntry: false });
    if (stat === undefined) return;
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
  mount --rbind "/$part" ".real/$part"
  mount -o remount,bind,ro ".real/$part" 2>/dev/null || [ ! -w ".real/$part" ]
done
mount --rbind /proc .real/proc
mount --rbind /dev .real/dev
if [ -e .case/fifos ]; then while read -r path; do mkfifo ".$path"; done < .case/fifos; fi
pivot_root . .old
cd /
PATH=/.old/usr/bin:/.old/bin:/.old/usr/sbin:/.old/sbin
umount -l /.old
PATH=/.case/tools
# umount asked it; a case may have another in its place.
if [ -e /.case/self ] || [ -L /.case/self ]; then rm /proc/self; mv /.case/self /proc/self; fi
echo "ready $outer"
while read -r _; do :; done
`;
