import assert from "node:assert/strict";
import { resolve } from "node:path";
import { startVirtualMachine, type VirtualMachine } from "../kit/virtual-machine.ts";
import { workshop, type Workshop } from "../kit/workshop.ts";
import { proveRollback } from "./health-rollback.ts";
import { proveThinPools } from "./health-thin.ts";

const RUNBOOK = resolve(import.meta.dirname, "../../runbooks/kvm-host-health.yml");

const began = performance.now();
const told = (what: string): void =>
  console.log(`${String(Math.round((performance.now() - began) / 1000)).padStart(4)} s  ${what}`);

/** How each step of a look ended, and what was found. */
type Looked = ReadonlyMap<string, { readonly outcome: string; readonly reason: string; readonly found: string }>;

async function look(shop: Workshop, ...more: readonly string[]): Promise<Looked> {
  const { out, err } = await shop.run("run", RUNBOOK, "-i", "hosts.yml", "-n", "--json", ...more);
  const events: { type: string; step?: string; outcome?: string; reason?: string; findings?: unknown }[] = out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
  const found = new Map(
    events.filter(({ type }) => type === "detected").map(({ step, findings }) => [step, JSON.stringify(findings)]),
  );
  const words: Readonly<Record<string, string>> = { "not-concerned": "skipped", undetermined: "unknown" };
  const ends = events
    .filter(({ type, step }) => step !== undefined && (type === "step-ended" || type in words))
    .map((event) => ({ outcome: words[event.type], ...event }));
  assert.notEqual(ends.length, 0, `nothing was looked at:\n${out}\n${err}`);
  return new Map(
    ends.map(({ step = "", outcome = "", reason = "" }) => [step, { outcome, reason, found: found.get(step) ?? "" }]),
  );
}

const stepsThat = (looked: Looked, outcome: string): string[] =>
  [...looked].filter(([, step]) => step.outcome === outcome).map(([id]) => id);

/** What is so of every such machine: it is emulated, has a slow clock, and no network to take the time from. */
const ALWAYS = ["kvm-device", "clock-sync", "clocksource"];

async function proveHealthy(machine: VirtualMachine, shop: Workshop): Promise<void> {
  const usage = (): number =>
    Number(machine.must("awk '$1 == \"usage_usec\" { print $2 }' /sys/fs/cgroup/system.slice/sshd.service/cpu.stat"));
  const before = usage();
  const healthy = await look(shop);
  told(
    `a machine that is well: ${stepsThat(healthy, "clear").length} clear, ${stepsThat(healthy, "skipped").length} not applicable`,
  );
  told(`which took ${Math.round((usage() - before) / 1000)} ms of its emulated CPU, logging in included`);
  assert.deepEqual(
    stepsThat(healthy, "found"),
    ALWAYS,
    JSON.stringify([...healthy].filter(([, { found }]) => found.length > 2)),
  );
  assert.deepEqual(
    stepsThat(healthy, "unknown"),
    [],
    JSON.stringify([...healthy].filter(([, { outcome }]) => outcome === "unknown")),
  );
  for (const step of [
    "swap-used",
    "thin-pools",
    "snapshots",
    "missing-volumes",
    "md-arrays",
    "memory-pressure",
    "bonds",
  ]) {
    assert.equal(healthy.get(step)?.outcome, "clear", `${step}: ${healthy.get(step)?.reason}`);
  }
}

/** What is there while the machine is well: swap, a thin pool, a mirror, a bond. */
const WELL = `
mkswap -q /dev/vdb >/dev/null; swapon /dev/vdb
vgcreate -q data /dev/vdc; lvcreate -q -L 64M -T data/pool; lvcreate -q -V 60M -T data/pool -n thin
lvcreate -q -L 24M -n plain data; lvcreate -q -L 16M -n full data; lvcreate -q -L 16M -n hang data
mdadm --create /dev/md0 --run --quiet --level=1 --raid-devices=2 /dev/vdd /dev/vde; mdadm --wait /dev/md0 || :
mkfs.ext4 -q /dev/data/plain; mkdir -p /srv/plain /srv/full; echo '/dev/data/plain /srv/plain ext4 defaults 0 2' >> /etc/fstab
mount /srv/plain; mkfs.ext4 -q -N 64 /dev/data/full; mount /dev/data/full /srv/full
ip link add bond0 type bond miimon 100 mode active-backup; for i in 1 2; do ip link add eth1$i type dummy; ip link set eth1$i master bond0; ip link set eth1$i up; done
ip link set bond0 up
systemctl reset-failed
`;

/** What makes it sick: each by the kernel's or the tool's own means. A tmpfs takes the memory: it grows until the swap is as full as it is to be, and no process is killed for it. */
const SICK = `
tail /dev/zero || :
mount -t tmpfs -o size=900m hog /mnt; i=0; while [ "$(awk '$1 == "/dev/vdb" { print int($4 * 100 / $3) }' /proc/swaps)" -lt 88 ]; do i=$((i + 1)); head -c 4M /dev/zero > /mnt/$i; done
systemd-run --quiet --unit=broken --wait false || :
mdadm --quiet /dev/md0 --fail /dev/vde
ip link set eth12 carrier off || ip link set eth12 down
dd if=/dev/zero of=/dev/data/thin bs=1M count=56 oflag=direct 2>/dev/null || :
dmsetup create broken --table '0 8192 error'; dd if=/dev/mapper/broken of=/dev/null bs=4k count=1 2>/dev/null || :
dd if=/dev/zero of=/srv/full/fill bs=1M 2>/dev/null || :; for i in $(seq 80); do true > /srv/full/$i || break; done 2>/dev/null
echo 1 > /sys/fs/ext4/$(basename $(readlink -f /dev/data/plain))/trigger_fs_error; mount -o remount,ro /srv/plain
echo 10 > /proc/sys/kernel/hung_task_timeout_secs; dmsetup suspend data-hang
systemd-run --quiet --unit=stuck dd if=/dev/zero of=/dev/data/hang bs=4k count=1 conv=fsync
echo 16384 > /proc/sys/kernel/tainted
mkdir -p /var/crash/202611211200; : > /var/crash/202611211200/dmesg.202611211200
`;

const FOUND = [
  ["oom-kills", '"tail"'],
  ["swap-used", "swap"],
  ["memory-available", "memory"],
  ["hung-tasks", '"dd"'],
  ["stuck-processes", '"dd"'],
  ["disk-errors", "Buffer I/O error"],
  ["filesystem-errors", "EXT4-fs error"],
  ["filesystems", "/srv/full"],
  ["inodes", "/srv/full"],
  ["read-only-mounts", "/srv/plain"],
  ["thin-pools", "data/pool"],
  ["md-arrays", "md0"],
  ["bonds", "eth12"],
  ["failed-units", "broken.service"],
  ["kernel-taint", "soft lockup"],
  ["crash-dumps", "dmesg.202611211200"],
] as const;

async function proveSick(machine: VirtualMachine, shop: Workshop): Promise<void> {
  machine.must(SICK);
  machine.must("for i in $(seq 120); do ! dmesg | grep -q 'blocked for more than' || exit 0; sleep 1; done; exit 1");
  const sick = await look(shop);
  told(`the same machine, sick: ${stepsThat(sick, "found").join(" ")}`);
  const missed = FOUND.filter(
    ([step, word]) => !(sick.get(step)?.outcome === "found" && sick.get(step)?.found.includes(word) === true),
  );
  assert.deepEqual(
    missed,
    [],
    JSON.stringify(
      missed.map(([step]) => [step, sick.get(step)]),
      null,
      1,
    ),
  );
  assert.deepEqual(stepsThat(sick, "unknown"), []);
  const expected = new Set<string>([...ALWAYS, ...FOUND.map(([step]) => step)]);
  told(
    `found besides: ${
      stepsThat(sick, "found")
        .filter((step) => !expected.has(step))
        .join(" ") || "nothing"
    }`,
  );
  machine.must("dmsetup resume data-hang; umount /mnt; dmsetup remove broken; dmesg --clear");
}

/** What is in the log of an hour ago is no sickness of the last minute. */
async function proveWindow(machine: VirtualMachine, shop: Workshop): Promise<void> {
  machine.must("sleep 61");
  const later = await look(shop, "--input", "window=1m");
  assert.equal(later.get("oom-kills")?.outcome, "clear");
  told("what the kernel said before the window does not count");
}

await using machine = await startVirtualMachine({
  packages: ["lvm2", "thin-provisioning-tools", "mdadm", "e2fsprogs", "dbus"],
  modules: ["dm-thin-pool", "dm-snapshot", "raid1", "bonding", "dummy", "ext4", "virtio_blk"],
  disks: [160, 256, 32, 32, 128, 160],
  memory: 640,
  // A stand-in: it makes of the machine a host of virtual machines.
  files: { "/usr/local/bin/qemu-kvm": { text: "#!/bin/sh\nexit 1\n", mode: 0o755 } },
});
told("the machine is up");
await using shop = await workshop({ "hosts.yml": JSON.stringify({ all: { hosts: { kvm1: machine.vars } } }) });
machine.must(
  "for module in dm-thin-pool dm-snapshot raid1 bonding dummy; do modprobe $module; done; ip link delete bond0 2>/dev/null || :; ip link delete dummy0 2>/dev/null || :",
);
machine.must(WELL);
await proveHealthy(machine, shop);
await proveThinPools(machine, shop, told);
await proveRollback(machine, shop, told);
await proveSick(machine, shop);
await proveWindow(machine, shop);
