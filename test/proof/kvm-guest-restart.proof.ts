import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bootDisk, type Guest } from "../kit/guests.ts";
import { startLibvirtHost, type LibvirtHost } from "../kit/libvirt-host.ts";
import { eventually } from "../kit/processes.ts";
import { workshop, type Ran, type Workshop } from "../kit/workshop.ts";

const RUNBOOKS = resolve(import.meta.dirname, "../../runbooks");
const FILES = ["processes.functions.sh", "libvirt.functions.sh", "kvm-guest-restart.functions.sh"];

const OBEYS = { kind: "obeys", ticks: 0 } as const;
const id = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
const disk = (source: string): string =>
  `<disk type='file'><driver name='qemu' type='raw' cache='none' error_policy='enospace'/><source file='${source}'/><target dev='hdb' bus='ide'/></disk>`;

const GUESTS = {
  killed: { uuid: id(1), name: "killed by hand", manner: OBEYS },
  panicked: {
    uuid: id(2),
    name: 'its kernel "panicked"',
    manner: { kind: "panics" },
    devices: "<panic model='isa'/>",
    more: "<on_crash>preserve</on_crash>",
  },
  full: { uuid: id(3), name: "full", manner: { kind: "writes" }, devices: disk("/run/full/disk.img") },
  erring: { uuid: id(4), name: "erring", manner: OBEYS },
  linux: { uuid: id(10), name: "a real linux", manner: { kind: "linux" } },
  old: { uuid: id(5), name: "old error", manner: OBEYS },
  fine: { uuid: id(6), name: "fine", manner: OBEYS },
  resting: { uuid: id(7), name: "resting", manner: OBEYS },
  halted: { uuid: id(8), name: "halted", manner: OBEYS },
  managed: {
    uuid: id(9),
    name: "managed",
    manner: OBEYS,
    more: "<metadata><nova:instance xmlns:nova='http://openstack.org/xmlns/libvirt/nova/1.1'/></metadata>",
  },
  // The one that libvirt's test driver says that it runs: a stand-in for another host.
  elsewhere: { uuid: "6695eb01-f6a4-8304-79aa-97f2502e193f", name: "elsewhere", manner: OBEYS },
} as const satisfies Readonly<Record<string, Guest>>;

const OOPS = "[    2.100000] BUG: unable to handle page fault for address: ffffa1\r\n[    2.200000] CPU: 0 PID: 1\r\n";

describe("guests that crashed or stand still, with a real libvirt and qemu", () => {
  let host: LibvirtHost;
  let shop: Workshop;
  // Looks that ask the same count together: other inputs would begin anew.
  const inputs = ["--input", "peers=test:///default", "--input", "min_free=1M"];
  const run = (): Promise<Ran> =>
    shop.run("run", "kvm-guest-restart.yml", "-i", "hosts.yml", "--approve", "high", ...inputs);
  const state = (uuid: string): string => host.must(`virsh domstate --reason ${uuid}`).trim();
  const pids = (): Readonly<Record<string, number | undefined>> =>
    Object.fromEntries(Object.entries(GUESTS).map(([name, { uuid }]) => [name, host.qemu(uuid)?.pid]));

  beforeAll(async () => {
    host = await startLibvirtHost();
    const text = readFileSync(join(RUNBOOKS, "kvm-guest-restart.yml"), "utf8");
    shop = await workshop({
      "hosts.yml": JSON.stringify({ all: { hosts: { kvm1: host.vars } } }),
      // As it is, but for the time that must lie between two looks.
      "kvm-guest-restart.yml": text.replace("apart: 1m", "apart: 1ms"),
    });
    for (const name of FILES) copyFileSync(join(RUNBOOKS, name), join(shop.directory, name));
    host.must("mkdir /run/full; mount -t tmpfs -o size=1M full /run/full; truncate -s 8M /run/full/disk.img");
    await host.define(Object.values(GUESTS));
    host.must(`kill -KILL ${host.qemu(GUESTS.killed.uuid)?.pid} ${host.qemu(GUESTS.managed.uuid)?.pid} ${host.qemu(GUESTS.elsewhere.uuid)?.pid}
      virsh suspend ${GUESTS.resting.uuid}; virsh destroy ${GUESTS.halted.uuid}`);
    const console = (uuid: string): string => join(host.dir, `${uuid}.console`);
    host.must(`printf '%s' '${OOPS}' >> ${console(GUESTS.erring.uuid)}`);
    // Its guest was booted anew since.
    host.must(
      `printf '%s' '${OOPS}[    0.000000] Linux version 6.1\n[    0.500000] fine\n' >> ${console(GUESTS.old.uuid)}`,
    );
    const panics = (): boolean => readFileSync(console(GUESTS.linux.uuid), "latin1").includes("end Kernel panic");
    const states = (): boolean =>
      state(GUESTS.panicked.uuid) === "crashed (panicked)" &&
      state(GUESTS.full.uuid) === "paused (I/O error)" &&
      state(GUESTS.killed.uuid) === "shut off (crashed)";
    if (!(await eventually(() => states() && panics(), 100, 500))) throw new Error("the guests do not crash");
    // What it boots next does not panic.
    writeFileSync(join(host.dir, `${GUESTS.panicked.uuid}.img`), bootDisk(OBEYS));
  });
  afterAll(async () => {
    await shop?.[Symbol.asyncDispose]();
    await host?.[Symbol.asyncDispose]();
  });

  it("are started where they crashed here, unless somebody else manages them or they run elsewhere; all others go on as they were", async () => {
    const before = pids();
    const told = await run();
    expect(told.exit).toBe(2);
    expect(told.out).toContain("it runs at test:///default");
    expect(told.out).toContain("there are 0 KiB left for disk hdb");
    expect(told.out).toContain("seen in 1 of 3 runs");
    const now = pids();
    expect(Object.keys(now).filter((name) => now[name] !== before[name])).toEqual(["killed", "panicked"]);
    expect([state(GUESTS.killed.uuid), state(GUESTS.panicked.uuid)]).toEqual(["running (booted)", "running (booted)"]);
    expect(state(GUESTS.halted.uuid)).toBe("shut off (destroyed)");
  });

  it("are resumed where they are paused on a full disk, once there is space", async () => {
    const before = pids();
    host.must("mount -o remount,size=64M /run/full");
    const told = await run();
    expect(told.out).toContain("seen in 2 of 3 runs");
    expect(state(GUESTS.full.uuid)).toBe("running (unpaused)");
    expect(pids()).toEqual(before);
  });

  it("are restarted for an error in their kernel by the third run that finds it, and no sooner", async () => {
    const before = pids();
    const told = await run();
    expect(told.out).toContain("restart-erring   fixed");
    const now = pids();
    expect(Object.keys(now).filter((name) => now[name] !== before[name])).toEqual(["erring", "linux"]);
    expect(state(GUESTS.erring.uuid)).toBe("running (booted)");
  });
});
