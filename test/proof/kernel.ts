import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { EL7, kernelPackage, NEW, OLD, title } from "../kit/el7.ts";
import { startVirtualMachine } from "../kit/virtual-machine.ts";
import { initramfs, renamedKernel } from "../kit/virtual-kernel.ts";
import { type Ran, workshop } from "../kit/workshop.ts";

/** A kernel that panics when it has no first process any more, on a host that runs the good one. */
const BAD = "3.10.0-700.el7.x86_64";

const RUNBOOK = resolve(import.meta.dirname, "../../runbooks/kernel-cfs-throttle.yml");

/** Stand-ins for a node's daemon, and for what takes it out of its cluster and back. */
const NODE = {
  "/etc/systemd/system/nodemanager.service":
    "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=default.target\n",
  "/opt/drain": {
    text: '#!/bin/sh\nset -e\nsystemctl disable -q --now nodemanager\necho "drain $1" >> /root/cluster\n',
    mode: 0o755,
  },
  "/opt/undrain": {
    text: '#!/bin/sh\nset -e\nsystemctl enable -q --now nodemanager\necho "undrain $1" >> /root/cluster\n',
    mode: 0o755,
  },
};

const began = performance.now();
function told(what: string): void {
  console.log(`${String(Math.round((performance.now() - began) / 1000)).padStart(4)} s  ${what}`);
}

/** Holds what a run says against what it must say. */
function says({ out, err, exit }: Ran, code: number, ...parts: readonly string[]): void {
  const all = out + err;
  for (const part of parts) assert.ok(all.includes(part), `it does not say \`${part}\`:\n${all}`);
  assert.equal(exit, code, all);
}

const scratch = mkdtempSync(join(tmpdir(), "rb-proof-kernel-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

await using machine = await startVirtualMachine({
  kernels: [OLD],
  packages: ["rpm", "dnf"],
  memory: 1024,
  files: { ...EL7, ...NODE },
  prepare: (root) => {
    // Both kernels lie in a repository of real packages, and their modules on the disk already.
    const repo = join(root, "srv/repo");
    mkdirSync(repo, { recursive: true });
    const vmlinuz = renamedKernel(NEW);
    cpSync(kernelPackage(scratch, NEW, { vmlinuz, initramfs: initramfs(scratch, "mount") }), join(repo, `${NEW}.rpm`));
    cpSync(kernelPackage(scratch, BAD, { vmlinuz, initramfs: initramfs(scratch, "panic") }), join(repo, `${BAD}.rpm`));
    execFileSync("createrepo_c", ["-q", repo]);
    cpSync(kernelPackage(scratch, OLD, { vmlinuz: "", initramfs: "" }), join(root, "srv/old.rpm"));
    execFileSync("sh", ["-ec", 'cd "$1/lib/modules"; ln -s "$(readlink "$2")" "$3"', "sh", root, OLD, NEW]);
  },
});
machine.must("rpm -i --justdb --noscripts /srv/old.rpm 2>/dev/null; systemctl enable -q --now nodemanager");
assert.equal(machine.must("uname -r; rpm -q kernel"), `${OLD}\nkernel-${OLD}\n`);
told(`the machine runs ${OLD}`);

await using shop = await workshop({ "hosts.yml": JSON.stringify({ yarn: { hosts: { worker1: machine.vars } } }) });
const run = (...more: readonly string[]): Promise<Ran> => {
  const inputs = ["services=nodemanager.service", "drain=/opt/drain", "undrain=/opt/undrain"];
  const given = inputs.flatMap((input) => ["--input", input]);
  return shop.run("run", RUNBOOK, "-i", "hosts.yml", "--approve", "high", ...given, ...more);
};
const environment = (): string => machine.must("grub-editenv list").trim();

says(await run(), 0);
assert.equal(machine.must("uname -r").trim(), NEW);
assert.equal(environment().replace(/\n?next_entry=$/m, ""), `saved_entry=${title(NEW)}`);
assert.equal(
  machine.must("cat /root/cluster; systemctl is-active nodemanager"),
  "drain worker1\nundrain worker1\nactive\n",
);
told(`it was drained, booted ${NEW} once, keeps it as its default, and is back in its cluster`);

says(await run(), 0);
told("and a second run finds nothing");

const bad = await run("--input", `wanted=${BAD.replace(/.x86_64$/, "")}`);
says(bad, 1, "it came back with another kernel", `${BAD} is wanted`);
assert.match(machine.console(), /Kernel panic - not syncing/);
assert.equal(machine.must("uname -r").trim(), NEW);
assert.equal(environment().replace(/\n?next_entry=$/m, ""), `saved_entry=${title(NEW)}`);
told("a kernel that panics was booted once, the machine came back with the one before, and the run says so");

const again = await run("--input", `wanted=${BAD.replace(/.x86_64$/, "")}`);
says(again, 2, "it was to be booted at");
told("and it is not tried again unasked");
