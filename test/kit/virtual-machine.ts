import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { debianKernel, debianRoot, type Files, modulePaths, writeInto } from "./debian-root.ts";
import { MENU, menuEntry, title } from "./el7.ts";
import { greets } from "./practice-sshd.ts";
import { freePort, inventoryVars } from "./sshd.ts";
import { bootDisk, emptyDisk } from "./virtual-disk.ts";
import { initramfs, renamedKernel } from "./virtual-kernel.ts";

/** What a test may want of its machine. */
export type MachineWish = {
  /** Releases that `uname -r` tells of the kernels under /boot; the first is booted by default. None: Debian's own. */
  readonly kernels?: readonly string[];
  /** Debian packages beside systemd and OpenSSH; they must be installed here. */
  readonly packages?: readonly string[];
  /** Kernel modules beside those for disk and network, with all that they need. */
  readonly modules?: readonly string[];
  readonly files?: Files;
  /** Further empty disks, of so many MiB: /dev/vdb, /dev/vdc… */
  readonly disks?: readonly number[];
  /** MiB of memory. */
  readonly memory?: number;
  /** What else is to be done to the tree before the disk is made of it. */
  readonly prepare?: (root: string, scratch: string) => void;
};

/** A machine of its own in qemu, without help from the processor, with a real GRUB, kernel, systemd and sshd. It ends with everything in it. */
export type VirtualMachine = AsyncDisposable & {
  /** Inventory variables to reach it as root. */
  readonly vars: Readonly<Record<string, string | number>>;
  /** What a script prints that its root runs there; rejects where it fails. */
  must(script: string): string;
  /** What it has said on its console so far: GRUB, kernel and systemd. */
  console(): string;
  /** Waits until its sshd greets, for so many seconds; one that goes down may still do so. */
  up(seconds?: number): Promise<void>;
};

/** What GRUB says on the console, too. */
const CONSOLE = "serial\nterminal_input serial\nterminal_output serial\n";

/** The kernel's command line: one that panics boots again after a second. */
const LINE = "root=/dev/vda1 console=ttyS0 net.ifnames=0 panic=1 quiet systemd.show_status=0 mitigations=off";

const FILES: Files = {
  "/etc/hostname": "practice\n",
  "/etc/fstab": "/dev/vda1 / ext4 defaults 0 1\n",
  "/etc/passwd":
    "root:x:0:0:root:/root:/bin/bash\nsshd:x:100:65534::/run/sshd:/usr/sbin/nologin\nnobody:x:65534:65534::/:/usr/sbin/nologin\n",
  "/etc/group": "root:x:0:\nadm:x:4:\ntty:x:5:\ndisk:x:6:\nnogroup:x:65534:\n",
  "/etc/shadow": { text: "root:*:20000:0:99999:7:::\nsshd:*:20000:0:99999:7:::\n", mode: 0o600 },
  "/etc/systemd/system/network.service":
    "[Unit]\nDefaultDependencies=no\nAfter=systemd-udev-settle.service\nWants=systemd-udev-settle.service\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c 'modprobe virtio_net; ip link set lo up; ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0'\n",
  "/etc/systemd/system/sshd.service":
    "[Unit]\nAfter=network.service\nWants=network.service\n[Service]\nOOMPolicy=continue\nRuntimeDirectory=sshd\nExecStart=/usr/sbin/sshd -D\n",
  "/etc/systemd/system/default.target":
    "[Unit]\nAllowIsolate=yes\nRequires=basic.target\nAfter=basic.target\nWants=sshd.service systemd-logind.service dbus.service\n",
  "/etc/ssh/sshd_config":
    "MaxStartups 100\nHostKey /etc/ssh/host\nUsePAM no\nPidFile none\nUseDNS no\nAuthorizedKeysFile /etc/ssh/authorized\nStrictModes no\n",
};

/** Debian's essential packages, which no other one names, and what a machine needs to boot and to be reached. */
const ALWAYS =
  `base-files bash coreutils dash diffutils findutils grep gzip hostname libc-bin login ncurses-bin sed tar util-linux mount mawk
systemd systemd-sysv udev dbus openssh-server procps kmod iproute2 grub2-common busybox`.split(/\s/);

/** Builds one and starts it: the disk takes half a minute, and so does each kernel that is to have another name. Needs root, qemu, grub-pc-bin and a kernel of Debian. */
export async function startVirtualMachine(wish: MachineWish = {}): Promise<VirtualMachine> {
  const dir = mkdtempSync("/var/tmp/rb-machine-");
  const port = await freePort();
  for (const name of ["host", "key"]) {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", join(dir, name)]);
  }
  writeFileSync(join(dir, "known"), `[127.0.0.1]:${port} ${readFileSync(join(dir, "host.pub"), "utf8")}`);
  const root = join(dir, "root");
  plant(root, dir, wish);
  bootDisk(join(dir, "disk.img"), root, 1200, dir);
  rmSync(root, { recursive: true });
  const drives = ["disk.img", ...(wish.disks ?? []).map((megabytes, at) => drive(dir, at, megabytes))].flatMap(
    (file) => ["-drive", `file=${join(dir, file)},format=raw,if=virtio,cache=unsafe`],
  );
  const log = join(dir, "console");
  const child = spawn(
    "qemu-system-x86_64",
    // oxfmt-ignore
    [
      "-accel", "tcg,thread=multi", "-smp", "2", "-m", String(wish.memory ?? 512), "-nodefaults", "-no-user-config", "-display", "none",
      "-vga", "std", "-serial", `file:${log}`, ...drives, "-netdev", `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:22`,
      "-device", "virtio-net-pci,netdev=net,romfile=",
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  const gone = new Promise((done) => child.once("exit", done));
  const read = (): string => (existsSync(log) ? readFileSync(log, "latin1") : "");
  const machine: VirtualMachine = {
    vars: inventoryVars(port, dir),
    must: (script) => overSsh(port, dir, script),
    console: read,
    async up(seconds = 300) {
      const deadline = performance.now() + seconds * 1000;
      // Qemu itself answers as soon as it runs, and then says nothing.
      while (!(await Promise.race([greets(port), silence()]))) {
        if (child.exitCode !== null || performance.now() > deadline) {
          throw new Error(`the machine does not come up:\n${read().slice(-3000)}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await gone;
      rmSync(dir, { recursive: true, force: true });
    },
  };
  try {
    await machine.up();
  } catch (error) {
    await machine[Symbol.asyncDispose]();
    throw error;
  }
  return machine;
}

/** The tree of its disk. */
function plant(root: string, dir: string, wish: MachineWish): void {
  debianRoot(root, [...ALWAYS, ...(wish.packages ?? [])]);
  const id = execFileSync("systemd-id128", ["new"], { encoding: "utf8" });
  writeInto(root, { ...FILES, "/etc/machine-id": id });
  const keys = { host: 0o600, "key.pub": 0o644 };
  for (const [name, mode] of Object.entries(keys)) {
    const place = name === "host" ? "/etc/ssh/host" : "/etc/ssh/authorized";
    writeInto(root, { [place]: { text: readFileSync(join(dir, name), "utf8"), mode } });
  }
  const debian = debianKernel();
  const releases = wish.kernels ?? [debian];
  for (const release of releases) {
    writeFileSync(
      join(root, "boot", `vmlinuz-${release}`),
      release === debian ? readFileSync(`/boot/vmlinuz-${debian}`) : renamedKernel(release),
    );
    writeFileSync(join(root, "boot", `initramfs-${release}.img`), initramfs(dir, "mount"));
  }
  modules(root, ["virtio_net", ...(wish.modules ?? [])], releases);
  mkdirSync(join(root, "boot/grub2"), { recursive: true });
  symlinkSync("grub2", join(root, "boot/grub"));
  writeInto(root, {
    "/boot/grub2/grub.cfg": CONSOLE + MENU + releases.map((release) => menuEntry(release, LINE)).join(""),
  });
  const grubenv = join(root, "boot/grub2/grubenv");
  execFileSync("grub-editenv", [grubenv, "create"]);
  execFileSync("grub-editenv", [grubenv, "set", `saved_entry=${title(releases[0] ?? debian)}`]);
  writeInto(root, wish.files ?? {});
  wish.prepare?.(root, dir);
}

function modules(root: string, names: readonly string[], releases: readonly string[]): void {
  const debian = debianKernel();
  for (const path of modulePaths(debian, names)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    cpSync(path, join(root, path));
  }
  for (const list of ["modules.order", "modules.builtin", "modules.builtin.modinfo"]) {
    cpSync(`/lib/modules/${debian}/${list}`, join(root, "lib/modules", debian, list));
  }
  execFileSync("depmod", ["-b", root, debian]);
  for (const release of releases) if (release !== debian) symlinkSync(debian, join(root, "lib/modules", release));
}

function silence(): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), 1000));
}

function drive(dir: string, at: number, megabytes: number): string {
  const file = `disk${at}.img`;
  emptyDisk(join(dir, file), megabytes);
  return file;
}

function overSsh(port: number, dir: string, script: string): string {
  const options = ["-o", `UserKnownHostsFile=${join(dir, "known")}`, "-o", "BatchMode=yes", "-o", "ConnectTimeout=60"];
  const to = ["-i", join(dir, "key"), "-p", String(port), "root@127.0.0.1"];
  return execFileSync("ssh", ["-F", "none", ...options, ...to, "sh -eu"], { input: script, encoding: "utf8" });
}
