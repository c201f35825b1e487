import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bootDisk, definition, type Guest } from "./guests.ts";
import { greets } from "./practice-sshd.ts";
import { allProcesses, eventually } from "./processes.ts";
import { freePort, inventoryVars } from "./sshd.ts";

/** A host with a real libvirtd and real qemu (without KVM: its processors are emulated), in namespaces of its own. Ends with everything in it. */
export type LibvirtHost = AsyncDisposable & {
  /** Inventory variables to reach it as root. */
  readonly vars: Readonly<Record<string, string | number>>;
  /** Its private directory, seen under the same name from inside and outside. */
  readonly dir: string;
  /** What a script prints that its root runs there, started from outside; rejects where it fails. */
  must(script: string): string;
  /** Defines guests, and starts those that are to run; waits until those that obey do so. */
  define(guests: readonly Guest[], start?: boolean): Promise<void>;
  /** The qemu of a guest, by the processes that run there: its pid there and its arguments; none where it is off. */
  qemu(uuid: string): { readonly pid: number; readonly args: readonly string[] } | undefined;
};

/** What libvirt has lies in memory: it neither sees nor changes what the machine around has. The first process takes in what others leave behind. */
const INIT = `
hostname practice
for place in /run /tmp /dev/shm /var/lib/libvirt /var/cache/libvirt /var/log/libvirt; do mount -t tmpfs tmpfs $place; done
mkdir -p /run/sshd /run/libvirt /run/etc /var/lib/libvirt/qemu
mount --bind /run/etc /etc/libvirt
printf '%s\\n' 'user = "root"' 'group = "root"' 'security_driver = "none"' 'namespaces = []' 'cgroup_controllers = []' > /etc/libvirt/qemu.conf
# Only one qemu, and only its emulation, need be asked what they can.
mount --bind /dev/null /usr/bin/qemu-system-i386
: > /run/none
[ ! -e /dev/kvm ] || { mount --bind /run/none /dev/kvm; mount -o remount,bind,ro /dev/kvm; }
virtlogd -d
unshare --net libvirtd -d
/usr/sbin/sshd -f "$1/sshd_config"
while :; do sleep 1000 & wait; done
`;

/** Starts one and waits until its libvirt answers. Needs root, OpenSSH, and Debian's packages libvirt-daemon-system and qemu-system-x86. */
export async function startLibvirtHost(): Promise<LibvirtHost> {
  const dir = mkdtempSync("/var/tmp/rb-libvirt-");
  const port = await freePort();
  for (const name of ["host", "key"]) {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", join(dir, name)]);
  }
  copyFileSync(join(dir, "key.pub"), join(dir, "authorized"));
  const sshd = ["PidFile none", "UsePAM no", "StrictModes no", `AuthorizedKeysFile ${join(dir, "authorized")}`];
  const listen = [`ListenAddress 127.0.0.1:${port}`, `HostKey ${join(dir, "host")}`];
  writeFileSync(join(dir, "sshd_config"), [...listen, ...sshd, ""].join("\n"));
  writeFileSync(join(dir, "known"), `[127.0.0.1]:${port} ${readFileSync(join(dir, "host.pub"), "utf8")}`);
  const spaces = ["--mount", "--pid", "--mount-proc", "--uts", "--ipc", "--propagation", "private"];
  const child = spawn("unshare", [...spaces, "--fork", "--kill-child=KILL", "bash", "-ec", INIT, "init", dir], {
    stdio: "ignore",
  });
  const gone = new Promise((done) => child.once("exit", done));
  const first = (): number => allProcesses().find(({ parent }) => parent === child.pid)?.pid ?? 0;
  const host: LibvirtHost = {
    vars: inventoryVars(port, dir),
    dir,
    must: (script) =>
      execFileSync("nsenter", ["-t", `${first()}`, "-m", "-p", "-u", "-i", "sh", "-euc", script], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      }),
    async define(guests, start = true) {
      for (const guest of guests) {
        writeFileSync(join(dir, `${guest.uuid}.img`), bootDisk(guest.manner));
        writeFileSync(join(dir, `${guest.uuid}.xml`), definition(guest, dir));
      }
      const commands = guests.map(
        ({ uuid }) => `virsh define ${dir}/${uuid}.xml${start ? `; virsh start ${uuid}` : ""}`,
      );
      host.must(commands.join("\n"));
      if (start && !(await eventually(() => guests.every((guest) => listens(guest, dir)), 60)))
        throw new Error("a guest does not boot");
    },
    qemu(uuid) {
      const found = host.must(`for f in /proc/[0-9]*/cmdline; do echo "$f"; tr '\\n\\0' ' \\n' < $f || :; echo; done`);
      for (const each of found.split("\n/proc/")) {
        const [file = "", ...args] = each.trim().split("\n");
        if (args[args.indexOf("-uuid") + 1] === uuid)
          return { pid: Number.parseInt(file.replace("/proc/", ""), 10), args };
      }
      return undefined;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await gone;
      rmSync(dir, { recursive: true, force: true });
    },
  };
  const answers = (): boolean => {
    try {
      return host.must("virsh -q list --all && virsh version").includes("hypervisor");
    } catch {
      return false;
    }
  };
  if (!(await eventually(answers)) || !(await greets(port))) {
    await host[Symbol.asyncDispose]();
    throw new Error("no libvirt answers: these tests need root, libvirtd, virsh, qemu-system-x86_64 and OpenSSH");
  }
  return host;
}

/** Whether it has booted as far as it ever does; of those that obey their console tells. */
function listens({ manner, uuid }: Guest, dir: string): boolean {
  return manner.kind !== "obeys" || readFileSync(join(dir, `${uuid}.console`), "utf8").includes("R");
}
