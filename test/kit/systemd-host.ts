import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { greets } from "./practice-sshd.ts";
import { allProcesses, eventually } from "./processes.ts";
import { freePort, inventoryVars } from "./sshd.ts";

/** A host with a real systemd as its first process, in namespaces of its own, whose sshd is a service. Ends with everything in it. */
export type SystemdHost = AsyncDisposable & {
  /** Inventory variables to reach it as root. */
  readonly vars: Readonly<Record<string, string | number>>;
  /** What a script prints that its root runs there, started from outside; rejects where it fails. */
  must(script: string): string;
};

/** Options: units (name → text) that are there from the start, and a disk of so many MiB at \`/mnt/disk\`. */
export type SystemdWish = {
  readonly units: Readonly<Record<string, string>>;
  readonly disk: number;
  /** Directories of this machine that it has at the same place, also where they lie below one that is its own. */
  readonly shows?: readonly string[];
};

/** What is the machine's own lies in memory: it neither sees nor changes what the machine around has there. */
const INIT = `
hostname practice
dir=$1; shift; shown=0
for path; do shown=$((shown + 1)); mkdir -p "$dir/shown/$shown"; mount --bind "$path" "$dir/shown/$shown"; done
for place in /run /tmp /dev/shm; do mount -t tmpfs tmpfs $place; done
shown=0
for path; do shown=$((shown + 1)); mkdir -p "$path"; mount --bind "$dir/shown/$shown" "$path"; done
mkdir -p /run/lock /run/sshd
umount -R /sys/fs/cgroup 2>/dev/null || :
mount -t tmpfs cgroup /sys/fs/cgroup
mkdir /sys/fs/cgroup/systemd
mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
mount --bind "$dir/units" /etc/systemd/system
mount -t tmpfs tmpfs /mnt
mkdir /mnt/disk
mount -o loop "$dir/disk.img" /mnt/disk
export container=practice
exec /lib/systemd/systemd --system --unit=practice.target --log-target=console --show-status=0
`;

/** Starts one and waits until its sshd greets. Needs root, systemd, OpenSSH and a loop device. */
export async function startSystemdHost({ units, disk, shows = [] }: SystemdWish): Promise<SystemdHost> {
  const dir = mkdtempSync("/var/tmp/rb-systemd-");
  const port = await freePort();
  mkdirSync(join(dir, "units"));
  for (const name of ["host", "key"]) {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", join(dir, name)]);
  }
  copyFileSync(join(dir, "key.pub"), join(dir, "authorized"));
  const sshd = ["PidFile none", "UsePAM no", "StrictModes no", `AuthorizedKeysFile ${join(dir, "authorized")}`];
  const listen = [`ListenAddress 127.0.0.1:${port}`, `HostKey ${join(dir, "host")}`];
  writeFileSync(join(dir, "sshd_config"), [...listen, ...sshd, ""].join("\n"));
  writeFileSync(join(dir, "known"), `[127.0.0.1]:${port} ${readFileSync(join(dir, "host.pub"), "utf8")}`);
  execFileSync("truncate", ["-s", `${disk}M`, join(dir, "disk.img")]);
  execFileSync("mkfs.ext4", ["-q", "-m", "0", join(dir, "disk.img")]);
  const all = { ...units, "sshd.service": `[Service]\nExecStart=/usr/sbin/sshd -D -f ${join(dir, "sshd_config")}\n` };
  const wants = Object.keys(all).map((name) => `Wants=${name}`);
  for (const [name, text] of Object.entries({ ...all, "practice.target": ["[Unit]", ...wants, ""].join("\n") })) {
    writeFileSync(join(dir, "units", name), text);
  }
  const inside = ["--propagation", "private", "--fork", "--kill-child=KILL", "sh", "-ec", INIT, "init", dir, ...shows];
  const spaces = ["--mount", "--pid", "--mount-proc", "--uts", "--ipc", "--cgroup"];
  const child = spawn("unshare", [...spaces, ...inside], { stdio: "ignore" });
  const gone = new Promise((done) => child.once("exit", done));
  const first = (): number => allProcesses().find(({ parent }) => parent === child.pid)?.pid ?? 0;
  const host: SystemdHost = {
    vars: inventoryVars(port, dir),
    must: (script) =>
      execFileSync("nsenter", ["-t", `${first()}`, "-m", "-p", "-u", "-i", "-C", "sh", "-euc", script], {
        encoding: "utf8",
      }),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await gone;
      rmSync(dir, { recursive: true, force: true });
    },
  };
  const deadline = performance.now() + 20_000;
  while (!(await greets(port))) {
    if (performance.now() > deadline || child.exitCode !== null) {
      await host[Symbol.asyncDispose]();
      throw new Error("no sshd greets: these tests need root, systemd, OpenSSH and a loop device");
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (!(await eventually(() => host.must("systemctl is-system-running || :").trim() === "running"))) {
    throw new Error(`systemd does not come up: ${host.must("systemctl --failed --no-pager || :")}`);
  }
  return host;
}
