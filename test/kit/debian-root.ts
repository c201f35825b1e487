import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A file of a machine: its text, or its text and mode. */
export type Files = Readonly<Record<string, string | { readonly text: string; readonly mode: number }>>;

/** What no machine needs to start. */
const UNREAD =
  /^\/usr\/share\/(?:doc|man|info|locale|lintian|bug|bash-completion|zsh|perl)\/|^\/usr\/share\/icu|^\/boot\//;

/** What installing leaves behind that is in no package's list. */
const MADE = ["/etc/alternatives", "/etc/pam.d", "/etc/nsswitch.conf", "/etc/ld.so.conf", "/etc/ld.so.conf.d"];

/** Builds the tree of a small Debian in a directory from packages that are installed on this machine, with all that they depend on. No package's own script is run. */
export function debianRoot(root: string, packages: readonly string[]): void {
  for (const place of ["bin", "sbin", "lib", "lib64"]) {
    mkdirSync(join(root, "usr", place), { recursive: true });
    symlinkSync(`usr/${place}`, join(root, place));
  }
  for (const place of ["proc", "sys", "dev", "run", "tmp", "root", "boot", "mnt", "etc", "var/tmp", "var/log"]) {
    mkdirSync(join(root, place), { recursive: true });
  }
  for (const place of ["tmp", "var/tmp"]) chmodSync(join(root, place), 0o1777);
  chmodSync(join(root, "root"), 0o700);
  symlinkSync("/run", join(root, "var/run"));
  symlinkSync("/run/lock", join(root, "var/lock"));
  const lists = execFileSync("dpkg-query", ["-L", ...withDependencies(packages)], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  const links = execFileSync("find", ["/usr/bin", "/usr/sbin", "-lname", "/etc/alternatives/*"], { encoding: "utf8" });
  const paths = new Set(`${lists}\n${links}`.split("\n").map(merged));
  const wanted = [...paths].filter(
    (path) => path.startsWith("/") && path !== "/." && !UNREAD.test(path) && isFile(path),
  );
  const tar = ["-cf", "-", "-C", "/", "--no-recursion", "--null", "-T", "-"];
  const archive = execFileSync("tar", tar, {
    input: wanted.map((path) => path.slice(1)).join("\0"),
    maxBuffer: 2 ** 30,
  });
  execFileSync("tar", ["-xpf", "-", "-C", root, "--keep-directory-symlink"], { input: archive });
  execFileSync("cp", ["-a", "--parents", ...MADE.filter((path) => existsSync(path)), root]);
  rmSync(join(root, "usr/bin/awk"), { force: true });
  symlinkSync("mawk", join(root, "usr/bin/awk"));
  execFileSync("ldconfig", ["-r", root]);
}

/** Writes files into the tree. */
export function writeInto(root: string, files: Files): void {
  for (const [path, file] of Object.entries(files)) {
    const { text, mode } = typeof file === "string" ? { text: file, mode: 0o644 } : file;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    chmodSync(join(root, path), mode);
  }
}

/** The kernel's modules with all that they need, as paths below /lib/modules/RELEASE, in the order in which they are to be loaded. */
export function modulePaths(release: string, names: readonly string[]): readonly string[] {
  const paths = names.flatMap((name) =>
    execFileSync("modprobe", ["-S", release, "--show-depends", name], { encoding: "utf8" })
      .split("\n")
      .filter((line) => line.startsWith("insmod "))
      .map((line) => line.split(" ")[1] ?? ""),
  );
  return [...new Set(paths)];
}

/** Names of installed packages: those given, or what provides them, and all that they need. */
function withDependencies(names: readonly string[]): readonly string[] {
  const format = "${Package}\t${Provides}\t${Pre-Depends}, ${Depends}\n";
  const known = new Map<string, string>();
  const provider = new Map<string, string>();
  for (const line of execFileSync("dpkg-query", ["-W", "-f", format], { encoding: "utf8" }).split("\n")) {
    const [name = "", provides = "", needs = ""] = line.split("\t");
    known.set(name, needs);
    for (const each of provides.split(",")) provider.set(bare(each), name);
  }
  const found = new Set<string>();
  const add = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    for (const need of (known.get(name) ?? "").split(",")) {
      const choices = need.split("|").map(bare);
      const choice = choices.find((each) => known.has(each)) ?? choices.map((each) => provider.get(each)).find(Boolean);
      if (choice !== undefined && choice !== "") add(choice);
    }
  };
  for (const name of names) {
    const installed = known.has(name) ? name : provider.get(name);
    if (installed === undefined) throw new Error(`the Debian package ${name} is not installed here`);
    add(installed);
  }
  return [...found].filter((name) => name !== "");
}

const bare = (text: string): string => text.trim().replace(/[ (:].*$/s, "");

/** A path as it is where /bin is a link to /usr/bin. */
const merged = (path: string): string => path.replace(/^\/(bin|sbin|lib|lib64)\//, "/usr/$1/");

function isFile(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat !== undefined && (stat.isFile() || stat.isSymbolicLink());
}

/** The kernel of Debian that is installed on this machine. */
export function debianKernel(): string {
  const found = execFileSync("sh", ["-c", "ls /lib/modules | sort -V | tail -n 1"], { encoding: "utf8" }).trim();
  readFileSync(`/boot/vmlinuz-${found}`);
  return found;
}
