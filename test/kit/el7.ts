import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Files } from "./debian-root.ts";

/** The kernel of the incident, and the one with which its panics stopped. */
export const OLD = "3.10.0-327.28.3.el7.x86_64";
export const NEW = "3.10.0-693.11.1.el7.x86_64";

/** The title of a kernel's entry, as EL7 writes them. */
export const title = (kernel: string): string => `CentOS Linux (${kernel}) 7 (Core)`;

/** A kernel's entry in GRUB's menu; `line`: its command line. */
export function menuEntry(kernel: string, line: string): string {
  return `menuentry '${title(kernel)}' --class centos {\n\tlinux16 /boot/vmlinuz-${kernel} ${line}\n\tinitrd16 /boot/initramfs-${kernel}.img\n}\n`;
}

/** The beginning of EL7's menu: the entry for one boot, else the saved one. */
export const MENU = `if [ -s $prefix/grubenv ]; then
  load_env
fi
if [ "\${next_entry}" ] ; then
  set default="\${next_entry}"
  set next_entry=
  save_env next_entry
  set boot_once=true
else
  set default="\${saved_entry}"
fi
set timeout=0
`;

/** A stand-in for EL7's new-kernel-pkg and grubby: adds an entry like the first one for the kernel $1, and makes it the default where /etc/sysconfig/kernel says so. */
const NEW_KERNEL = `#!/bin/sh
set -eu
menu=/boot/grub2/grub.cfg
if ! grep -q "($1)" $menu; then
  old=$(sed -n "s/^menuentry 'CentOS Linux (\\(.*\\)) 7 (Core)'.*/\\1/p" $menu | head -n 1)
  entry=$(awk '/^menuentry/ { on++ } on == 1 { print } /^}/ && on { exit }' $menu | sed "s/$old/$1/g")
  printf '%s\\n' "$entry" >> $menu
fi
if grep -qs '^UPDATEDEFAULT=yes' /etc/sysconfig/kernel; then
  grub2-editenv - set "saved_entry=CentOS Linux ($1) 7 (Core)"
fi
`;

const link = (program: string): { text: string; mode: number } => ({
  text: `#!/bin/sh\nexec ${program} "$@"\n`,
  mode: 0o755,
});

/** What makes a Debian look like an EL7 host to the runbook: thin links for GRUB's tools, which have other names there, and its configuration of packages. */
export const EL7: Files = {
  "/etc/redhat-release": "CentOS Linux release 7.2.1511 (Core)\n",
  "/etc/sysconfig/kernel": "UPDATEDEFAULT=yes\nDEFAULTKERNEL=kernel\n",
  "/etc/dnf/dnf.conf": "[main]\ngpgcheck=0\ninstallonly_limit=5\nplugins=0\n",
  "/etc/dnf/vars/releasever": "7\n",
  "/etc/yum.repos.d/practice.repo": "[practice]\nname=practice\nbaseurl=file:///srv/repo\n",
  "/usr/local/sbin/new-kernel": { text: NEW_KERNEL, mode: 0o755 },
  "/usr/local/sbin/grub2-editenv": link("grub-editenv"),
  "/usr/local/sbin/grub2-reboot": link("grub-reboot"),
  "/usr/local/sbin/grub2-set-default": link("grub-set-default"),
};

/** Builds a real package of this kernel and gives its path. */
export function kernelPackage(
  scratch: string,
  kernel: string,
  files: { readonly vmlinuz: string | Buffer; readonly initramfs: string | Buffer },
): string {
  const [, version = "", release = ""] = /^([^-]+)-(.+)[.]x86_64$/.exec(kernel) ?? [];
  const place = join(scratch, `package-${kernel}`);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "vmlinuz"), files.vmlinuz);
  writeFileSync(join(place, "initramfs"), files.initramfs);
  const spec = `Name: kernel
Version: ${version}
Release: ${release}
Summary: A kernel to practise with
License: none
BuildArch: x86_64
AutoReqProv: no
%description
${kernel}
%install
install -D -m 644 ${place}/vmlinuz %{buildroot}/boot/vmlinuz-${kernel}
install -D -m 644 ${place}/initramfs %{buildroot}/boot/initramfs-${kernel}.img
%files
/boot/*
%posttrans -p <lua>
os.execute("/usr/local/sbin/new-kernel ${kernel}")
`;
  writeFileSync(join(place, "kernel.spec"), spec);
  const defines = [`_topdir ${place}`, "_build_id_links none", "__brp_strip /bin/true", "_binary_payload w1.gzdio"];
  const define = defines.flatMap((text) => ["--define", text]);
  execFileSync("rpmbuild", ["-bb", "--quiet", ...define, "--target", "x86_64", join(place, "kernel.spec")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  return join(place, "RPMS/x86_64", `kernel-${kernel}.rpm`);
}
