import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { debianKernel, modulePaths } from "./debian-root.ts";

/** What a kernel of Debian needs to find a disk and the file system on it. */
const FOR_THE_DISK = ["virtio_pci", "virtio_blk", "ext4"];

/** Bytes of each text that uname(2) tells. */
const FIELD = 65;

/**
 * Debian's kernel under another name: `uname -r` of it tells `release`. The text is changed inside of the compressed kernel; all else is Debian's.
 * A stand-in for a kernel of that release, which this machine does not have.
 */
export function renamedKernel(release: string): Buffer {
  const name = debianKernel();
  const image = readFileSync(`/boot/vmlinuz-${name}`);
  // Linux x86 boot protocol: sectors of set-up code, then the payload's place and length, whose last four bytes are its length when unpacked.
  const begin = (image.readUInt8(0x1f1) + 1) * 512 + image.readUInt32LE(0x248);
  const length = image.readUInt32LE(0x24c) - 4;
  const packed = image.subarray(begin, begin + length);
  const kernel = execFileSync("xz", ["-dc"], { input: packed, maxBuffer: 2 ** 28 });
  let changed = 0;
  for (let at = kernel.indexOf("(none)\0"); at >= 0; at = kernel.indexOf("(none)\0", at + 1)) {
    const field = kernel.subarray(at + FIELD, at + 2 * FIELD);
    if (field.toString("latin1").replaceAll("\0", "") !== name) continue;
    field.fill(0);
    field.write(release, "latin1");
    changed += 1;
  }
  if (changed === 0) throw new Error(`the kernel ${name} does not hold its release where it was looked for`);
  const arguments_ = ["--check=crc32", "--x86", "--lzma2=preset=6,dict=64MiB,nice=273", "-c"];
  const again = execFileSync("xz", arguments_, { input: kernel, maxBuffer: 2 ** 28 });
  if (again.length > length) throw new Error(`the renamed kernel is ${again.length - length} bytes too long`);
  packed.fill(0);
  again.copy(packed);
  return image;
}

/** What the first process of an initramfs does: `mount` goes on to the root disk; \`panic\` ends, and that is the kernel's end, too. */
const INIT = {
  mount: `mount -t devtmpfs dev /dev
for module in /modules/*; do insmod "$module" || echo "initramfs: $module is refused"; done
for wait in 1 2 3 4 5 6 7 8 9 10; do [ -b /dev/vda1 ] && break; sleep 1; done
mount -t ext4 /dev/vda1 /new
mount --move /dev /new/dev
exec switch_root /new /lib/systemd/systemd
`,
  panic: "echo 'initramfs: it ends here'\nexit 1\n",
};

/** An initramfs for it: busybox, the modules for the disk, and what its first process does. */
export function initramfs(scratch: string, does: keyof typeof INIT): Buffer {
  const tree = join(scratch, `initramfs-${does}`);
  for (const place of ["bin", "dev", "new", "modules"]) mkdirSync(join(tree, place), { recursive: true });
  copyFileSync("/bin/busybox", join(tree, "bin/busybox"));
  for (const library of librariesOf("/bin/busybox")) {
    mkdirSync(join(tree, dirname(library)), { recursive: true });
    copyFileSync(library, join(tree, library));
  }
  writeFileSync(join(tree, "init"), `#!/bin/busybox sh\n/bin/busybox --install -s /bin\n${INIT[does]}`);
  chmodSync(join(tree, "init"), 0o755);
  const modules = modulePaths(debianKernel(), FOR_THE_DISK);
  for (const [place, path] of modules.entries()) {
    copyFileSync(path, join(tree, "modules", `${String(place).padStart(2, "0")}-${basename(path)}`));
  }
  const pack = 'cd "$1" && find . | cpio --quiet -o -H newc | gzip -1';
  return execFileSync("sh", ["-ec", pack, "sh", tree], { maxBuffer: 2 ** 28 });
}

/** The libraries of a program, with its loader; none where it is linked statically. */
function librariesOf(program: string): readonly string[] {
  const { stdout } = spawnSync("ldd", [program], { encoding: "utf8" });
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => path);
}
