import { execFileSync } from "node:child_process";
import { closeSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

const SECTOR = 512;
/** The first partition begins here: a MiB, in which GRUB lies. */
const FIRST = 2048;

/** What GRUB must know by itself to read its configuration, and to read and write its environment. */
const GRUB_MODULES = [
  "biosdisk",
  "part_msdos",
  "ext2",
  "normal",
  "linux",
  "linux16",
  "loadenv",
  "test",
  "echo",
  "serial",
];

/** Makes a disk with one ext4 partition that holds this tree, and a real GRUB for a BIOS in front of it, which reads /boot/grub2/grub.cfg. */
export function bootDisk(path: string, root: string, megabytes: number, scratch: string): void {
  writeFileSync(path, "");
  truncateSync(path, megabytes * 1024 * 1024);
  const blocks = `${(megabytes - 1) * 1024}k`;
  // GRUB 2.06 does not read a file system with either of these.
  const features = "^metadata_csum_seed,^orphan_file";
  const offset = `offset=${FIRST * SECTOR}`;
  execFileSync("mke2fs", ["-q", "-F", "-t", "ext4", "-m", "0", "-O", features, "-E", offset, "-d", root, path, blocks]);

  const core = join(scratch, "core.img");
  execFileSync("grub-mkimage", ["-O", "i386-pc", "-p", "(hd0,msdos1)/boot/grub2", "-o", core, ...GRUB_MODULES]);
  const boot = readFileSync("/usr/lib/grub/i386-pc/boot.img").subarray(0, 440);
  const image = readFileSync(core);
  if (image.length > (FIRST - 1) * SECTOR) throw new Error("GRUB does not fit in front of the first partition");
  const disk = openSync(path, "r+");
  writeSync(disk, boot, 0, boot.length, 0);
  writeSync(disk, partitionTable(megabytes), 0, 66, 446);
  // As it is made, it looks for its own rest from the third sector on.
  writeSync(disk, image, 0, image.length, SECTOR);
  closeSync(disk);
}

/** A disk with nothing on it. */
export function emptyDisk(path: string, megabytes: number): void {
  writeFileSync(path, "");
  truncateSync(path, megabytes * 1024 * 1024);
}

/** One Linux partition, from the first MiB to the end. */
function partitionTable(megabytes: number): Buffer {
  const table = Buffer.alloc(66);
  table.writeUInt8(0x80, 0);
  table.writeUInt8(0x83, 4);
  table.writeUInt32LE(FIRST, 8);
  table.writeUInt32LE((megabytes - 1) * FIRST, 12);
  table.writeUInt16LE(0xaa55, 64);
  return table;
}
