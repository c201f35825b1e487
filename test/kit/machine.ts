import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { greets } from "./practice-sshd.ts";
import { allProcesses, killIfThere, type Seen } from "./processes.ts";
import { inventoryVars } from "./sshd.ts";

/**
 * What the machine does when it is told to reboot. `boot`: its init ends, and another one starts. `stay`: it takes the order and does nothing.
 * `refuse`: nobody takes the order. `sshd`: only its sshd and all logins end, and start again. `halt`: it stays down until it is started. `freeze`: all
 * that runs there stops, and says nothing any more.
 */
export type Manner = "boot" | "stay" | "refuse" | "sshd" | "halt" | "freeze";

/**
 * A host that can be rebooted: an init of its own in namespaces of its own, which starts a real sshd. When it ends, the kernel ends all that runs there;
 * the next one has the same host key and port, an empty /run, and another boot id. What runs is this machine's kernel all along: boot id,
 * `uname`, `systemctl`, `shutdown` and `reboot` are stand-ins.
 */
export type Machine = AsyncDisposable & {
  /** Its private directory, seen from inside and outside: a disk that outlasts its boots. */
  readonly dir: string;
  readonly port: number;
  /** Inventory variables to reach it as root. */
  readonly vars: Readonly<Record<string, string | number>>;
  /** What it was told, line by line: `shutdown -r now`. */
  orders(): readonly string[];
  /** How often it was booted after its first start. */
  boots(): number;
  down(): boolean;
  bootId(): string;
  manner(manner: Manner): void;
  /** What `uname -r` says after the next boot. */
  nextKernel(kernel: string): void;
  /** Gives it another host key after the next boot. */
  changeKey(): void;
  /** Starts it again where it halted. */
  start(): void;
  /** All that runs there goes at the same moment, and what was in memory with it. It stays down until `powerOn`, which settles once it answers. */
  powerOff(): Promise<void>;
  powerOn(): Promise<void>;
  /** The processes in which its sshd serves logins. */
  logins(): readonly number[];
  /** Everything that runs there besides its init and its sshd. */
  processes(): readonly Seen[];
  /** Names in its /run and its /dev/shm. */
  inMemory(): readonly string[];
};

/** Shell text that a machine runs by itself, with its private directory in \`$dir\`. */
export type MachineHooks = {
  /** At each start, before its sshd. */
  readonly onBoot?: string;
  /** When it is told to reboot. */
  readonly onOrder?: string;
};

const INIT = `
dir=$1
mount -t tmpfs tmpfs /run; mkdir /run/sshd
mount -t tmpfs tmpfs /dev/shm
mount --bind "$dir/lib" /var/lib
mount --bind "$dir/machine-id" /etc/machine-id
mount --bind "$dir/boot" /proc/sys/kernel/random/boot_id
[ ! -e "$dir/required" ] || { rm "$dir/required"; : >/run/reboot-required; }
eval "$2"
trap 'exit 0' TERM
while :; do
  /usr/sbin/sshd -D -f "$dir/sshd_config" -E "$dir/log" &
  wait "$!" || :
done
`;

/** Every program that is told to reboot notes it, and goes by the manner. There is no systemd: as on many hosts, its command fails. */
const TOLD = `#!/bin/sh
# A stand-in: it ends the init of a namespace.
dir=DIR
echo "\${0##*/} $*" >>"$dir/orders"
[ "\${0##*/}" != systemctl ] || { echo "System has not been booted with systemd as init system" >&2; exit 1; }
ON_ORDER
case $(cat "$dir/manner") in
  boot | halt) kill -TERM 1 ;;
  freeze) (sleep 0.7; kill -STOP -1) >/dev/null 2>&1 & ;;
  refuse) echo "\${0##*/}: must be superuser" >&2; exit 1 ;;
  sshd)
    for p in /proc/[0-9]*; do
      read -r name <"$p/comm" || continue
      case $name in sshd*) echo "\${p#/proc/}" ;; esac
    done | xargs kill -KILL ;;
esac
`;

const UNAME = `#!/bin/sh
# A stand-in: the kernel is that of the machine around.
[ "$*" != -r ] && exec /bin/uname "$@"
exec cat DIR/kernel
`;

/** Makes a machine and waits until its sshd greets. Needs root and OpenSSH. */
export async function startMachine({ onBoot = ":", onOrder = ":" }: MachineHooks = {}): Promise<Machine> {
  const dir = mkdtempSync("/var/tmp/rb-machine-");
  chmodSync(dir, 0o755);
  const port = await steadyPort();
  const write = (name: string, text: string): void => writeFileSync(join(dir, name), text);
  const read = (name: string): string => readFileSync(join(dir, name), "utf8").trim();
  makeKey(dir, "host");
  makeKey(dir, "key");
  copyFileSync(join(dir, "key.pub"), join(dir, "authorized"));
  write("known", `[127.0.0.1]:${port} ${read("host.pub")}\n`);
  write("sshd_config", config(dir, port));
  write("machine-id", `${randomBytes(16).toString("hex")}\n`);
  write("kernel", "6.1.0-9-practice\n");
  write("manner", "boot");
  write("required", "");
  mkdirSync(join(dir, "lib"));
  mkdirSync(join(dir, "bin"));
  for (const [name, text] of Object.entries({ systemctl: TOLD, shutdown: TOLD, reboot: TOLD, uname: UNAME })) {
    writeFileSync(join(dir, "bin", name), text.replaceAll("DIR", dir).replace("ON_ORDER", onOrder), { mode: 0o755 });
  }
  let over = false;
  let boots = -1;
  let init: ChildProcess | null = null;
  let next: NodeJS.Timeout | undefined;
  const start = (): void => {
    boots += 1;
    write("boot", `${randomUUID()}\n`);
    const inside = ["--propagation", "private", "--fork", "--kill-child=KILL", "sh", "-ec", INIT, "init", dir, onBoot];
    const child = spawn("unshare", ["--mount", "--pid", "--mount-proc", ...inside], { stdio: "ignore" });
    init = child;
    child.once("exit", () => {
      init = null;
      if (existsSync(join(dir, "next-kernel"))) copyFileSync(join(dir, "next-kernel"), join(dir, "kernel"));
      if (existsSync(join(dir, "next-key"))) copyFileSync(join(dir, "next-key"), join(dir, "host"));
      if (!over && read("manner") === "boot") next = setTimeout(() => over || start(), AWAY);
    });
  };
  start();
  await greeting(port, () => init === null);
  // The child is unshare; its own is the first process of the machine.
  const first = (all = allProcesses()): number => all.find(({ parent }) => parent === init?.pid)?.pid ?? 0;
  const sshd = (all = allProcesses()): number => all.find(({ args }) => args.includes(`${dir}/sshd_config`))?.pid ?? 0;
  return {
    dir,
    port,
    vars: inventoryVars(port, dir),
    orders: () => (existsSync(join(dir, "orders")) ? read("orders").split("\n") : []),
    boots: () => boots,
    down: () => init === null,
    bootId: () => read("boot"),
    manner: (manner) => write("manner", manner),
    nextKernel: (kernel) => write("next-kernel", `${kernel}\n`),
    changeKey: () => makeKey(dir, "next-key"),
    start: () => {
      write("manner", "boot");
      start();
    },
    powerOff: async () => {
      const last = init;
      clearTimeout(next);
      write("manner", "halt");
      if (last === null) return;
      const gone = new Promise((done) => last.once("exit", done));
      // Of process 0 the kernel thinks as of all of ours.
      if (first() > 0) killIfThere(first());
      else last.kill("SIGKILL");
      await gone;
    },
    powerOn: async () => {
      write("manner", "boot");
      start();
      await greeting(port, () => init === null);
    },
    logins: () => childrenOf(sshd()),
    processes: () => {
      const all = allProcesses();
      const top = first(all);
      const space = namespaceOf(top);
      const base = new Set([top, sshd(all)]);
      return all.filter(({ pid }) => space !== null && !base.has(pid) && namespaceOf(pid) === space);
    },
    inMemory: () => ["run", "dev/shm"].flatMap((place) => readdirSync(`/proc/${first()}/root/${place}`)),
    async [Symbol.asyncDispose]() {
      over = true;
      const last = init;
      if (last !== null) {
        const gone = new Promise((done) => last.once("exit", done));
        last.kill("SIGKILL");
        await gone;
      }
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** ms that the machine is away between two boots. */
const AWAY = 700;

function makeKey(dir: string, name: string): void {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", join(dir, name)]);
}

function config(dir: string, port: number): string {
  return [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${join(dir, "host")}`,
    `AuthorizedKeysFile ${join(dir, "authorized")}`,
    "PidFile none",
    "PermitRootLogin yes",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "UsePAM no",
    "StrictModes no",
    "UseDNS no",
    `SetEnv SHLVL=3 PATH=${join(dir, "bin")}:/usr/local/bin:/usr/bin:/bin`,
    "",
  ].join("\n");
}

function childrenOf(pid: number): readonly number[] {
  return pid === 0 ? [] : allProcesses().flatMap((seen) => (seen.parent === pid ? [seen.pid] : []));
}

/** What tells the processes of one machine from all others; null for one that has ended. */
function namespaceOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return null;
  }
}

/** A free port below those that the kernel gives to whoever calls somebody: it is still free after a boot. */
async function steadyPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    await new Promise((resolve) => server.close(resolve));
    if (free) return port;
  }
}

/** Waits until something greets at the port. */
async function greeting(port: number, ended: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (ended()) throw new Error("the machine's init ended: these tests need root and OpenSSH");
    if (await greets(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no sshd listens on ${port}`);
}
