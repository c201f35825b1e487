import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Guest } from "../kit/guests.ts";
import { startLibvirtHost, type LibvirtHost } from "../kit/libvirt-host.ts";
import { eventually } from "../kit/processes.ts";
import { workshop, type Ran, type Workshop } from "../kit/workshop.ts";

const RUNBOOK = resolve(import.meta.dirname, "../../runbooks/hyperv-enlightenments.yml");

const ALL = "<hyperv><relaxed state='on'/><vapic state='on'/><spinlocks state='on' retries='8191'/></hyperv>";
const OBEYS = { kind: "obeys", ticks: 0 } as const;
const WINDOWS = { system: "http://microsoft.com/win/10", manner: OBEYS };
const id = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;

/** No Windows runs here: their disks are boot sectors, and only the definitions say what they are. */
const GUESTS = {
  plain: { ...WINDOWS, uuid: id(1), name: "win plain" },
  quoted: { ...WINDOWS, uuid: id(2), name: 'it\'s "win" <&> $HOME `x` \\n' },
  // Without ACPI it cannot be told to shut down. It never runs.
  bare: { ...WINDOWS, uuid: id(11), name: "bare", features: "" },
  partly: {
    ...WINDOWS,
    uuid: id(3),
    name: "partly",
    features: "<features><acpi/><hyperv><relaxed state='off'/><vapic state='on'/></hyperv></features>",
    devices: "<graphics type='vnc' port='-1' autoport='yes' passwd='s3cret'/>",
  },
  paused: { ...WINDOWS, uuid: id(4), name: "paused" },
  own: {
    ...WINDOWS,
    uuid: id(5),
    name: "own cpu",
    more: "<qemu:commandline><qemu:arg value='-cpu'/><qemu:arg value='qemu64'/></qemu:commandline>",
  },
  named: { uuid: id(6), name: "WIN by name", manner: OBEYS },
  good: { ...WINDOWS, uuid: id(7), name: "good", features: `<features><acpi/>${ALL}</features>` },
  linux: { uuid: id(8), name: "WIN but linux", system: "http://debian.org/debian/12", manner: OBEYS },
  unknown: { uuid: id(9), name: "unknown", manner: OBEYS },
  spared: { ...WINDOWS, uuid: id(10), name: "spared one" },
} as const satisfies Readonly<Record<string, Guest>>;

/** As patterns of the shell: a blank ends one. */
const NAMES = Object.values(GUESTS).map(({ name }) => (name.includes("$") ? "it*" : name.replaceAll(" ", "?")));

/** These come later: what does not do as it is told. */
const late: Guest = { ...WINDOWS, uuid: id(20), name: "late", manner: { kind: "obeys", ticks: 60 } };
const hung: Guest = { ...WINDOWS, uuid: id(21), name: "hung", manner: { kind: "hangs" } };
const lacking: Guest = { ...WINDOWS, uuid: id(22), name: "lacking", emulator: "/run/old-qemu" };

/** A stand-in for a qemu that does not know the flags. */
const OLD_QEMU = `#!/bin/sh
case "$*" in *hv-relaxed*) echo "old: property hv-relaxed not found" >&2; exit 1 ;; esac
exec /usr/bin/qemu-system-x86_64 "$@"
`;

/** What a step has found, by the events of a run. */
function findings(told: Ran, step: string): readonly Readonly<Record<string, string | null>>[] {
  const line = told.out.split("\n").find((each) => each.includes('"detected"') && each.includes(`"${step}"`));
  const found: { values: Record<string, string | null> }[] = JSON.parse(line ?? "{}").findings ?? [];
  return found.map(({ values }) => values);
}

describe("Windows guests without enlightenments, with a real libvirt and qemu", () => {
  let host: LibvirtHost;
  let shop: Workshop;
  const run = (...more: readonly string[]): Promise<Ran> => {
    const inputs = ["notes=/run/notes", "windows_names=WIN*", "never=spared*", "shutdown_wait=15s"];
    return shop.run("run", RUNBOOK, "-i", "hosts.yml", ...inputs.flatMap((input) => ["--input", input]), ...more);
  };
  const cpu = (uuid: string): readonly string[] => {
    const args = host.qemu(uuid)?.args ?? [];
    return args.filter((_, at) => args[at - 1] === "-cpu");
  };
  const pids = (): Readonly<Record<string, number | undefined>> =>
    Object.fromEntries(Object.entries(GUESTS).map(([name, { uuid }]) => [name, host.qemu(uuid)?.pid]));
  const inactive = (uuid: string): string => host.must(`virsh dumpxml --inactive --security-info ${uuid}`);

  beforeAll(async () => {
    host = await startLibvirtHost();
    shop = await workshop({ "hosts.yml": JSON.stringify({ all: { hosts: { kvm1: host.vars } } }) });
    const off: readonly Guest[] = [GUESTS.bare];
    await host.define(Object.values(GUESTS).filter((guest) => !off.includes(guest)));
    await host.define(off, false);
    host.must(`virsh suspend ${GUESTS.paused.uuid}`);
  });
  afterAll(async () => {
    await shop?.[Symbol.asyncDispose]();
    await host?.[Symbol.asyncDispose]();
  });

  it("are found by metadata and by name, with what each lacks, and nothing happens in a dry run", async () => {
    const before = Object.values(GUESTS).map(({ uuid }) => inactive(uuid));
    const told = await run("-n", "--json");
    expect(told.exit).toBe(2);
    expect(findings(told, "define").map((each) => [each["name"], each["lacks"], each["how"]])).toEqual([
      ["win plain", "relaxed vapic spinlocks", "features"],
      ['it\'s "win" <&> $HOME `x` \\134n', "relaxed vapic spinlocks", "features"],
      ["partly", "spinlocks", "features"],
      ["paused", "relaxed vapic spinlocks", "features"],
      ["WIN by name", "relaxed vapic spinlocks", "features"],
      ["bare", "relaxed vapic spinlocks", "features"],
      ["own cpu", "relaxed vapic spinlocks", "hand"],
    ]);
    expect(findings(told, "power-cycle").map((each) => [each["name"], each["lacks"]])).toEqual([
      ["win plain", "relaxed vapic spinlocks"],
      ['it\'s "win" <&> $HOME `x` \\134n', "relaxed vapic spinlocks"],
      ["partly", "spinlocks"],
      ["paused", "relaxed vapic spinlocks"],
      ["own cpu", "relaxed vapic spinlocks"],
      ["WIN by name", "relaxed vapic spinlocks"],
    ]);
    expect(Object.values(GUESTS).map(({ uuid }) => inactive(uuid))).toEqual(before);
    expect(told.out).toContain("+      <spinlocks state='on' retries='8191'/>");
  });

  it("get what lacks and nothing else, are shut down and started with it; all others go on as they were", async () => {
    const [before, running] = [Object.entries(GUESTS).map(([name, { uuid }]) => [name, inactive(uuid)]), pids()];
    const told = await run("--approve", "high");
    expect(told.exit).toBe(2);
    const changed = before.filter(([name = "", xml]) =>
      Object.entries(GUESTS).some(([n, g]) => n === name && inactive(g.uuid) !== xml),
    );
    expect(changed.map(([name]) => name)).toEqual(["plain", "quoted", "bare", "partly", "paused", "named"]);
    const now = pids();
    expect(Object.keys(now).filter((name) => now[name] !== running[name])).toEqual([
      "plain",
      "quoted",
      "partly",
      "named",
    ]);
    expect(cpu(GUESTS.plain.uuid)).toEqual([expect.stringContaining("hv-relaxed=on,hv-vapic=on,hv-spinlocks=0x1fff")]);
    expect(cpu(GUESTS.partly.uuid)).toEqual([
      expect.stringMatching(/^qemu64,(?!.*relaxed)hv-vapic=on,hv-spinlocks=0x1fff$/),
    ]);
    expect(inactive(GUESTS.partly.uuid)).toContain("passwd='s3cret'");
  });

  it("are watched when they do not shut down, and started when they go off after all", async () => {
    const spare = ["--approve", "high", "--input", `never=${NAMES.join(" ")} lacking`];
    await host.define([late, hung]);
    const before = host.qemu(hung.uuid)?.pid;
    const told = await run(...spare, "--input", "shutdown_wait=1s", "--input", "late_wait=0s");
    expect(told.exit).toBe(1);
    expect(told.out).toContain("late did not shut down. It may do so yet, and is found as left off then");
    expect(host.qemu(hung.uuid)?.pid).toBe(before);
    expect(await eventually(() => host.qemu(late.uuid) === undefined)).toBe(true);
    // The next run finds it, and this time the power of the other one is cut.
    const again = await run(...spare, "--input", "shutdown_wait=1s", "--input", "stubborn=destroy");
    expect(again.exit).toBe(0);
    for (const { uuid } of [late, hung]) expect(cpu(uuid)).toEqual([expect.stringContaining("hv-relaxed=on")]);
    expect(host.must("ls /run/notes")).not.toContain(".off");
  });

  it("have their old definition and run again where they do not start with the new one", async () => {
    const spare = ["--approve", "high", "--input", `never=${NAMES.join(" ")} late hung`];
    host.must(`printf %s '${OLD_QEMU.replaceAll("'", "'\\''")}' > /run/old-qemu; chmod +x /run/old-qemu`);
    await host.define([lacking]);
    const before = [inactive(lacking.uuid), host.qemu(lacking.uuid)?.pid];
    const told = await run(...spare);
    expect(told.exit).toBe(1);
    expect(told.out).toContain("lacking does not start with its new definition");
    expect(inactive(lacking.uuid)).toBe(before[0]);
    expect(host.qemu(lacking.uuid)?.pid).not.toBe(before[1]);
    expect(cpu(lacking.uuid)).toEqual(["qemu64"]);
    // Without its emulator libvirt takes no definition of it at all.
    host.must("mv /run/old-qemu /run/older-qemu");
    const refused = await run(...spare, "--approve", "medium");
    expect(refused.exit).toBe(1);
    expect(refused.out).toContain("libvirt refuses the definition");
    expect(inactive(lacking.uuid)).toBe(before[0]);
  });

  it("get a -cpu with their own model by qemu's command line where libvirt has no such features", async () => {
    const old: Guest = { ...WINDOWS, uuid: id(23), name: "old host", more: "<cpu><model>Nehalem</model></cpu>" };
    host.must(`virsh destroy ${lacking.uuid}; virsh undefine ${lacking.uuid}`);
    await host.define([old]);
    const spare = ["--approve", "high", "--input", `never=${NAMES.join(" ")} late hung`];
    const told = await run(...spare, "--input", "method=commandline");
    expect(told.exit).toBe(0);
    expect(cpu(old.uuid)).toEqual(["Nehalem", "Nehalem,hv_relaxed,hv_vapic,hv_spinlocks=0x1fff"]);
    expect((await run(...spare)).exit).toBe(0);
  });
});
