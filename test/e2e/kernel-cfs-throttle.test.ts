import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type PracticeHost, startHost } from "../../src/lab/host.ts";
import { findIsolation } from "../../src/lab/isolation.ts";
import { keyPair } from "../../src/lab/keys.ts";
import { EL7, kernelPackage, MENU, menuEntry, NEW, OLD, title } from "../kit/el7.ts";
import { startSshd } from "../kit/practice-sshd.ts";
import { inventoryVars } from "../kit/sshd.ts";
import { type Ran, workshop, type Workshop } from "../kit/workshop.ts";

const RUNBOOK = resolve(import.meta.dirname, "../../runbooks/kernel-cfs-throttle.yml");
const FUNCTIONS = readFileSync(RUNBOOK.replace(/yml$/, "functions.sh"), "utf8");
const DNF_CONF = "/etc/dnf/dnf.conf";
const REPO = "/etc/yum.repos.d/practice.repo";

/** What EL7's kdump writes beside a dump of this fault; and of another one. */
const DUMPED =
  "[1] NMI watchdog: Watchdog detected hard LOCKUP on cpu 34\n[1] RIP: enqueue_entity+0x101\n[1]  [<ffffffff810c4414>] unthrottle_cfs_rq+0x94\n";
const OTHER =
  "[1] BUG: unable to handle kernel NULL pointer dereference at 0000000000000008\n[1]  [<ffffffff81>] nfs_readpage+0x1\n";

/** Stand-ins: the kernel that runs, which the practice host shares with this machine; and systemd, which it has not. */
const STANDINS = {
  "/usr/local/bin/uname":
    '#!/bin/sh\ncase ${1-} in -r) cat /etc/practice-kernel ;; *) exec /usr/bin/uname "$@" ;; esac\n',
  "/usr/local/bin/systemctl":
    '#!/bin/sh\ncase " $* " in *" list-units "*) echo "nodemanager.service loaded active running" ;; *" is-enabled "*) echo enabled ;; esac\n',
};

/** The findings of a step, as the run's events have them. */
function found({ out }: Ran, step: string): unknown[] {
  return out
    .split("\n")
    .filter((line) => line.includes('"detected"'))
    .map((line) => JSON.parse(line))
    .filter((event) => event.step === step)
    .flatMap((event) => event.findings.map(({ values }: { values: unknown }) => values));
}

describe(
  "an EL7 host whose kernel panics when groups are throttled, with a real rpm, dnf and GRUB environment",
  { timeout: 120_000 },
  () => {
    const dir = mkdtempSync(join(tmpdir(), "runbook-kernel-"));
    const stack = new AsyncDisposableStack();
    const group = `rb-kernel-${process.pid}`;
    let host: PracticeHost;
    let shop: Workshop;

    const run = (...more: readonly string[]): Promise<Ran> =>
      shop.run("run", RUNBOOK, "-i", "hosts.yml", "--input", `cgroup=/${group}`, "--input", "boot_space=1M", ...more);
    const saved = (): Promise<string> => host.must("grub-editenv list");

    beforeAll(async () => {
      stack.defer(() => rmSync(dir, { recursive: true, force: true }));
      const isolation = findIsolation(join(dir, "mnt"));
      if ("message" in isolation) throw new Error(isolation.message);
      const image = join(dir, "disk.ext4");
      host = stack.use(
        await startHost({ name: "worker1", megabytes: 200, mountPoint: join(dir, "mnt"), image }, isolation),
      );
      const sshd = stack.use(await startSshd(host, keyPair(dir, "key").public));
      writeFileSync(join(dir, "known"), `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n`);
      shop = stack.use(
        await workshop({ "hosts.yml": JSON.stringify({ all: { hosts: { worker1: inventoryVars(sshd.port, dir) } } }) }),
      );

      for (const [path, file] of Object.entries(EL7)) {
        const { text, mode } = typeof file === "string" ? { text: file, mode: 0o644 } : file;
        await host.write(path, text, mode);
      }
      for (const [path, text] of Object.entries(STANDINS)) await host.write(path, text, 0o755);
      await host.write("/etc/practice-kernel", `${OLD}\n`);
      await host.write("/boot/grub2/grub.cfg", MENU + menuEntry(OLD, "ro"));
      await host.must(
        `ln -s grub2 /boot/grub; grub-editenv create; mkdir -p /srv/repo; grub-editenv - set 'saved_entry=${title(OLD)}'`,
      );
      const older = kernelPackage(dir, OLD, { vmlinuz: "old", initramfs: "old" });
      await host.write("/srv/old.rpm", readFileSync(older));
      await host.must("rpm -i /srv/old.rpm");
      await host.write("/var/crash/127.0.0.1-2017-12-07-02:59:00/vmcore-dmesg.txt", DUMPED);
      await host.write("/var/crash/127.0.0.1-2017-12-08-01:00:00/vmcore-dmesg.txt", OTHER);
      await offer(kernelPackage(dir, NEW, { vmlinuz: "new", initramfs: "new" }));

      // A group of the real cgroup v1 that really is throttled.
      const place = `/sys/fs/cgroup/cpu/${group}`;
      await host.must(
        `mkdir -p ${place.slice(0, -group.length)}; mount -t cgroup -o cpu cgroup /sys/fs/cgroup/cpu; mkdir ${place} ${place}/container_1`,
      );
      stack.defer(() => void execFileSync("rmdir", [`${place}/container_1`, place]));
      await host.must(`echo 1000 > ${place}/container_1/cpu.cfs_quota_us`);
      await host.must(
        `sh -c 'echo $$ > ${place}/container_1/cgroup.procs; while ! grep -q "nr_throttled [1-9]" ${place}/container_1/cpu.stat; do :; done'`,
      );
    }, 60_000);
    afterAll(() => stack.disposeAsync());

    /** Makes these the packages that the host's repository has. */
    async function offer(...packages: readonly string[]): Promise<void> {
      const repo = mkdtempSync(join(dir, "repo-"));
      mkdirSync(join(repo, "packages"));
      for (const each of packages) execFileSync("cp", [each, join(repo, "packages")]);
      execFileSync("createrepo_c", ["-q", repo]);
      const archive = execFileSync("tar", ["-cC", repo, "."], { maxBuffer: 2 ** 26 });
      await host.must("rm -rf /srv/repo/* /var/cache/dnf; tar -xC /srv/repo", archive);
    }

    it("is told from hosts that are none", async () => {
      await host.must("mv /etc/redhat-release /etc/release; touch /.dockerenv");
      const other = await run("-n");
      expect(other.out + other.err).toContain("a container: the kernel is its host's");
      await host.must("rm /.dockerenv");
      const strange = await run("-n");
      expect(strange.out + strange.err).toContain("not an EL7 host");
      expect([other.exit, strange.exit]).toEqual([0, 0]);
      await host.must("mv /etc/release /etc/redhat-release");
    });

    it("is shown with its crash dumps and its throttled groups, and nothing happens in a dry run", async () => {
      const told = await run("-n", "--json");
      expect(told.exit).toBe(2);
      expect(found(told, "install-kernel")).toMatchObject([
        {
          running: OLD,
          wanted_kernel: NEW,
          crashes: 1,
          last_crash: "127.0.0.1-2017-12-07-02:59:00",
          quota_groups: 1,
          hindrance: null,
        },
      ]);
      expect(found(told, "install-kernel")).toSatisfy(([each]: { throttled: number }[]) => (each?.throttled ?? 0) > 0);
      expect(told.out).toContain("dnf would make it the default entry by itself");
      expect(await host.must("rpm -q kernel")).toBe(`kernel-${OLD}\n`);
    });

    it("tells why it gets no kernel: a line exclude=, no repository, one that cannot be reached, none that has it", async () => {
      const conf = await host.must(`cat ${DNF_CONF}`);
      await host.write(DNF_CONF, `${conf}exclude=tzdata\n  kern*\n`);
      const deferred = await run("--approve", "medium");
      await host.write(DNF_CONF, conf);
      expect(deferred.out + deferred.err).toContain("exclude=kern* in /etc/dnf/dnf.conf keeps it out");

      await offer(kernelPackage(dir, "3.10.0-514.el7.x86_64", { vmlinuz: "x", initramfs: "x" }));
      const failed = await run("--approve", "medium");
      expect(failed.out + failed.err).toContain(`no repository has kernel-${NEW}; there is: 3.10.0-514.el7`);
      await offer(kernelPackage(dir, NEW, { vmlinuz: "new", initramfs: "new" }));

      // The others are asked of the function alone: a run for each of them would take long.
      const repo = await host.must(`cat ${REPO}`);
      const why = async (text: string): Promise<string> => {
        await host.write(REPO, text);
        const told = await host.must(`${FUNCTIONS}\ndisable_excludes=false\nwhy_not ${NEW} 1`);
        await host.write(REPO, repo);
        return told;
      };
      expect(await why(`${repo}enabled=0\n`)).toBe("dnf has no repository: none is enabled in /etc/yum.repos.d\n");
      expect(await why("[gone]\nname=gone\nbaseurl=file:///srv/gone\n")).toMatch(
        /^a repository cannot be reached .*: .*gone/,
      );
      expect(await why(`${repo}exclude=kernel*\n`)).toContain(`a line exclude= keeps kernel-${NEW} out`);
      expect(await host.must("rpm -q kernel")).toBe(`kernel-${OLD}\n`);
      expect(await saved()).toBe(`saved_entry=${title(OLD)}\n`);
    });

    it("gets the kernel and boots it once, and only the reboot waits where that is not allowed", async () => {
      const told = await run("--approve", "medium", "--json");
      expect(told.out).toContain("The installation had made the new kernel the default entry. That is undone");
      expect(told.exit).toBe(3);
      expect(await host.must("rpm -q kernel")).toBe(`kernel-${OLD}\nkernel-${NEW}\n`);
      expect((await saved()).split("\n").toSorted()).toEqual([
        "",
        `next_entry=${title(NEW)}`,
        `saved_entry=${title(OLD)}`,
      ]);
      expect(await host.must("cat /etc/practice-kernel")).toBe(`${OLD}\n`);
    });

    it("is not booted where the next boot would take the old kernel: the new one is chosen first", async () => {
      await host.must("grub-editenv - unset next_entry");
      const dry = await run("-n", "--json");
      expect(found(dry, "boot-kernel")).toMatchObject([{ running: OLD, target_kernel: NEW, entry: "none" }]);
      expect(dry.out).toContain("so there will be no reboot");
    });

    it("keeps the new kernel as the default once it runs, by its title, and is well then", async () => {
      await host.write("/etc/practice-kernel", `${NEW}\n`);
      const told = await run("--approve", "medium", "--json");
      expect(found(told, "default-entry")).toContainEqual({ running: NEW, default_kernel: OLD });
      expect(await saved()).toBe(`saved_entry=${title(NEW)}\n`);
      expect(told.exit).toBe(0);
      expect(await run("-n")).toMatchObject({ exit: 0 });
    });

    it("is found again where something has made the old kernel the default, and where GRUB would misread what is saved", async () => {
      // GRUB takes what begins with a digit for a number: that of an entry that is not there, and so the first one is booted.
      await host.must(`grub-editenv - set saved_entry=${NEW}`);
      const told = await run("-n", "--json");
      expect(told.exit).toBe(2);
      expect(found(told, "default-entry")).toEqual([{ running: NEW, default_kernel: OLD }]);
    });
  },
);
