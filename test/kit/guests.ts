import { readdirSync } from "node:fs";

/** Where a PC's firmware puts the first sector of its disk, and goes on there. */
const SECTOR = 512;

/** What a guest does, as a disk of 64 KiB whose first sector is all there is of an operating system. */
export type Manner =
  /** Answers the power button of ACPI after so many ticks (18.2 a second), as an operating system does that shuts down. */
  | { readonly kind: "obeys"; readonly ticks: number }
  /** Runs, and answers nothing. */
  | { readonly kind: "hangs" }
  /** Tells pvpanic that its kernel has crashed. */
  | { readonly kind: "panics" }
  /** Writes one block after another to its second disk. */
  | { readonly kind: "writes" }
  /** Boots a real Linux (the newest of this machine's), which panics, as it has no root file system. */
  | { readonly kind: "linux" };

/** The disk of such a guest. */
export function bootDisk(manner: Manner): Uint8Array {
  const disk = new Uint8Array(64 * 1024);
  disk.set(code(manner));
  disk.set([0x55, 0xaa], SECTOR - 2);
  return disk;
}

function code(manner: Manner): readonly number[] {
  switch (manner.kind) {
    case "linux":
    case "hangs":
      return [0xfb, 0xf4, 0xeb, 0xfc]; // sti; hlt; again
    case "panics":
      return [0xb0, 0x01, 0xba, 0x05, 0x05, 0xee, 0xfb, 0xf4, 0xeb, 0xfc]; // out 0x505, 1
    case "obeys":
      return obeys(manner.ticks);
    case "writes":
      return writes();
  }
}

/** PIIX4's power management lies at 0x600: status, enable, and at 0x604 control. */
function obeys(ticks: number): readonly number[] {
  return [
    [0xb0, 0xff, 0xe6, 0xa1], // the second interrupt controller is masked: nobody here handles the button's interrupt
    [0xba, 0x02, 0x06, 0xb8, 0x00, 0x01, 0xef], // enable: power button
    [0xba, 0xf8, 0x03, 0xb0, 0x52, 0xee], // says R on its serial line: from here on it listens
    [0xfb, 0xf4, 0xba, 0x00, 0x06, 0xed, 0xf6, 0xc4, 0x01, 0x74, 0xf5], // sti; hlt; until its status bit is set
    [0xb9, (ticks + 1) & 0xff, (ticks + 1) >> 8, 0xf4, 0xe2, 0xfd], // so many ticks
    [0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef], // control: sleep enable, type 0: off
    [0xeb, 0xfe],
  ].flat();
}

/** The BIOS writes 4 KiB at a time (int 13h, 43h), by a packet right behind the code. */
function writes(): readonly number[] {
  return [
    [0x31, 0xc0, 0x8e, 0xd8], // ds = 0
    [0xb8, 0x00, 0x43, 0xb2, 0x81, 0xbe, 0x18, 0x7c, 0xcd, 0x13], // write to the second disk
    [0x66, 0x83, 0x06, 0x20, 0x7c, 0x08], // the next block
    [0xfb, 0xf4, 0xeb, 0xec], // one a tick
    [0x10, 0x00, 0x08, 0x00, 0x00, 0x10, 0x00, 0x00, 0, 0, 0, 0, 0, 0, 0, 0],
  ].flat();
}

/** A guest as libvirt is told of it. Its first disk, its console's log and its other files lie in a directory, under its UUID. */
export type Guest = {
  readonly uuid: string;
  readonly name: string;
  readonly manner: Manner;
  /** What libosinfo's metadata says that it is; default: it says nothing. */
  readonly system?: string;
  /** All of `<features>`; default: with ACPI. */
  readonly features?: string;
  /** Further devices. */
  readonly devices?: string;
  /** Further elements of the domain. */
  readonly more?: string;
  readonly emulator?: string;
};

/** The definition of a guest with its files in a directory. */
export function definition(guest: Guest, dir: string): string {
  const { uuid, features = "<features><acpi/></features>", emulator = "/usr/bin/qemu-system-x86_64" } = guest;
  const linux = guest.manner.kind === "linux";
  const os = `<libosinfo:os id="${guest.system ?? ""}"/>`;
  const info = `<libosinfo:libosinfo xmlns:libosinfo="http://libosinfo.org/xmlns/libvirt/domain/1.0">${os}</libosinfo:libosinfo>`;
  return [
    "<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>",
    `<name>${escaped(guest.name)}</name><uuid>${uuid}</uuid><memory unit='MiB'>${linux ? 256 : 16}</memory>`,
    guest.system === undefined ? "" : `<metadata>${info}</metadata>`,
    `<os><type arch='x86_64' machine='pc'>hvm</type>${linux ? kernel() : "<boot dev='hd'/>"}</os>${features}${guest.more ?? ""}`,
    `<devices><emulator>${emulator}</emulator><controller type='usb' model='none'/><memballoon model='none'/>`,
    `<disk type='file'><source file='${dir}/${uuid}.img'/><target dev='hda' bus='ide'/></disk>`,
    `<serial type='file'><source path='${dir}/${uuid}.console'/></serial>${guest.devices ?? ""}</devices></domain>`,
  ].join("\n");
}

function kernel(): string {
  const newest = readdirSync("/boot")
    .filter((name) => name.startsWith("vmlinuz-"))
    .toSorted()
    .at(-1);
  if (newest === undefined) throw new Error("there is no /boot/vmlinuz-*: this needs the package linux-image-amd64");
  return `<kernel>/boot/${newest}</kernel><cmdline>console=ttyS0</cmdline>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
