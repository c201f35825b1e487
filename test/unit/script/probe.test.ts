import { describe, expect, it, test } from "vitest";
import { privilegeOf, type Said } from "../../../src/script/privilege.ts";
import { readProbe } from "../../../src/script/probe.ts";
import { oddities } from "../../../src/view/oddities.ts";

const NOTHING = { sudo: [], doas: [], missing: false };

test("a host that said nothing told nothing, and nothing is odd there", () => {
  const probe = readProbe("");
  expect(probe).toMatchObject({ clock: null, user: null, uid: null, os: null, load: null, places: [], whole: false });
  expect(oddities({ ...probe, clock: null, ssh: null })).toEqual([]);
});

test("what a script printed before it was cut off counts", () => {
  expect(readProbe("uid 0\nkernel 5.10.0\nuptime 12.5\nload 0.1 0.2 0.3 1/99 42\ncpus 4\nos PRETTY_NA")).toMatchObject({
    uid: 0,
    kernel: "5.10.0",
    uptime: 12.5,
    load: { averages: [0.1, 0.2, 0.3], processors: 4 },
    os: null,
    privilege: { kind: "root" },
    whole: false,
  });
});

test.each([
  [
    'os PRETTY_NAME="Rocky Linux 9.3 (Blue Onyx)"\nos ID="rocky"\nos VERSION_ID="9.3"',
    "Rocky Linux 9.3 (Blue Onyx)",
    "rocky",
  ],
  ["release redhat-release CentOS release 5.11 (Final)", "CentOS release 5.11 (Final)", "redhat"],
  [
    "release redhat-release XenServer release 6.5.0-90233c (xenenterprise)",
    "XenServer release 6.5.0-90233c (xenenterprise)",
    "redhat",
  ],
  ["os ID=debian\nrelease debian_version 7.11", "debian", "debian"],
  ["release debian_version 6.0.10", "debian 6.0.10", "debian"],
  ["release alpine-release 3.19.1", "alpine 3.19.1", "alpine"],
])("a system is known by %j", (said, name, id) => {
  expect(readProbe(said).os).toMatchObject({ name, id });
});

test.each([
  ["clock 1700000000.250000000", { at: 1_700_000_000.25, whole: false }],
  ["clock 1700000000.%N", { at: 1_700_000_000, whole: true }],
  ["clock 1700000000", { at: 1_700_000_000, whole: true }],
  ["clock ", null],
  ["clock Sat Nov 21", null],
])("a clock says %j", (said, clock) => {
  expect(readProbe(`${said}\n`).clock).toEqual(clock);
});

test("file systems are read whatever their names are; one that hangs has no size", () => {
  const said = [
    "mount /dev/mapper/a\\040b / ext4 rw,relatime 0 0",
    "mount //nas/my\\040share /var cifs ro,vers=3.0 0 0",
    "mount tmpfs /run tmpfs rw,errors=remount-ro 0 0",
    "space /dev/mapper/a b 1000 960 40 96% /",
    "inodes /dev/mapper/a b 100 100 0 100% /",
    "space tmpfs 2000 0 2000 0% /run",
    "inodes tmpfs 0 0 0 - /run",
  ].join("\n");
  const { places, ...rest } = readProbe(said);
  expect(places).toEqual([
    { at: "/", size: 1_024_000, free: 40_960, inodes: 100, inodesFree: 0, readOnly: false },
    { at: "/run", size: 2_048_000, free: 2_048_000, inodes: null, inodesFree: null, readOnly: false },
    { at: "/var", size: null, free: null, inodes: null, inodesFree: null, readOnly: true },
  ]);
  expect(oddities({ ...rest, places, clock: null, ssh: null })).toEqual([
    "/ is 96 % full: 40.0 KiB of 1,000 KiB left",
    "/ has no inodes left",
    "/var is read-only",
  ]);
});

describe("rights", () => {
  it.each<[string, Partial<Said>]>([
    ["free", { sudo: ["User ops may run the following commands on web1:", "(ALL : ALL) NOPASSWD: ALL"] }],
    ["free", { sudo: ["(ALL) ALL", "(root) SETENV: NOPASSWD: ALL"] }],
    ["free", { sudo: ["Matching Defaults entries for ops on web1:", "!authenticate", "(ALL : ALL) ALL"] }],
    ["asks", { sudo: ["(ALL) NOPASSWD: ALL", "(root) PASSWD: ALL"] }],
    ["asks", { sudo: ["(ALL) NOPASSWD: /bin/true", "(ALL : ALL) ALL"] }],
    ["asks", { sudo: ["sudo: a password is required"] }],
    ["some", { sudo: ["(root) NOPASSWD: /usr/bin/systemctl restart nginx"] }],
    ["some", { sudo: ["(postgres) NOPASSWD: ALL"] }],
    ["terminal", { sudo: ["sudo: sorry, you must have a tty to run sudo"] }],
    ["refused", { sudo: ["Sorry, user ops may not run sudo on web1."] }],
    ["unknown", { sudo: ["sudo: /etc/sudoers is world writable"] }],
    ["unknown", {}],
    ["none", { missing: true }],
    ["free", { doas: ["free"] }],
    ["asks", { doas: ["doas: Authentication required"] }],
    ["refused", { doas: ["doas: Operation not permitted"] }],
  ])("%s, where sudo or doas says %j", (kind, said) => {
    expect(privilegeOf(1000, { ...NOTHING, ...said }).kind).toBe(kind);
  });
});

test.each([
  [{ offset: 3.2, within: 0.01 }, ["its clock is 3.2 s ahead"]],
  [{ offset: -7200, within: 0.01 }, ["its clock is 2 h behind"]],
  [{ offset: 3.2, within: 4 }, []],
  [{ offset: -0.9, within: 0 }, []],
])("a clock that is off by %j: %j", (clock, odd) => {
  expect(oddities({ ...readProbe(""), ssh: null, clock })).toEqual(odd);
});

test("what is old of what was agreed on is told", () => {
  const ssh = {
    server: "OpenSSH_5.3",
    kex: "diffie-hellman-group14-sha1",
    hostKey: "ssh-rsa",
    cipher: "aes128-ctr",
    mac: "hmac-sha1",
    connectMs: 1,
  };
  expect(oddities({ ...readProbe(""), clock: null, ssh })).toEqual([
    "old SSH algorithms: diffie-hellman-group14-sha1, ssh-rsa",
  ]);
});
