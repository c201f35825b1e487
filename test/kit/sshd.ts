import { execFileSync, spawn } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  chmodSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Host } from "../../src/model/inventory.ts";
import { allProcesses, killIfThere } from "./processes.ts";

/** What a test may want of its sshd. */
export type SshdOptions = {
  /** Lines of sshd_config that win over the usual ones. */
  readonly config?: readonly string[];
  /** What `sh` is for those who log in; default: the machine's. */
  readonly shell?: "dash" | "bash" | "busybox";
  /** Shell text run in a mount namespace of its own before sshd starts there, such as mounts. */
  readonly before?: string;
  /** A network namespace to run it in, and its address there; default: loopback of this one. */
  readonly network?: { readonly name: string; readonly address: string };
};

/** A real OpenSSH server on a loopback port, with keys and files of its own; it ends with the test. */
export type Sshd = AsyncDisposable & {
  readonly port: number;
  readonly pid: number;
  /** A private directory: `key` and `key.pub` may log in, `known` holds the host's key, `host.pub` is that key. */
  readonly dir: string;
  /** How to reach it as root with `key`; `over` changes what a test is about. */
  host(over?: Partial<Host>): Host;
  /** The same as inventory variables. */
  readonly vars: InventoryVars;
};

/** What an inventory says of a host. */
export type InventoryVars = Readonly<Record<string, string | number>>;

/** Inventory variables that reach an sshd as root, with the `key` and the `known` of its directory. */
export function inventoryVars(port: number, dir: string, address = "127.0.0.1"): InventoryVars {
  return {
    ansible_host: address,
    ansible_port: port,
    ansible_user: "root",
    ansible_ssh_private_key_file: join(dir, "key"),
    ansible_ssh_common_args: `-o UserKnownHostsFile=${join(dir, "known")}`,
  };
}

/** Starts sshd and waits until it listens. Needs root and OpenSSH; fails, and never skips, without them. */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const dir = mkdtempSync(join(tmpdir(), "rb-sshd-"));
  mkdirSync("/run/sshd", { recursive: true });
  for (const name of ["host", "key"]) {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", join(dir, name)]);
  }
  copyFileSync(join(dir, "key.pub"), join(dir, "authorized"));
  // Others than root log in, too: sshd reads the file as them.
  chmodSync(dir, 0o755);
  chmodSync(join(dir, "authorized"), 0o644);
  const port = await freePort();
  const address = options.network?.address ?? "127.0.0.1";
  writeFileSync(join(dir, "known"), `[${address}]:${port} ${readFileSync(join(dir, "host.pub"), "utf8")}`);
  writeFileSync(join(dir, "sshd_config"), config(dir, port, options));
  const command = ["/usr/sbin/sshd", "-D", "-f", join(dir, "sshd_config"), "-E", join(dir, "log")];
  // A host of its own, as far as locks tell.
  const before = `mount -t tmpfs -o mode=1777 own /dev/shm\n${options.before ?? ""}`;
  const inside = ["-m", "--propagation", "private", "sh", "-ec", `${before}\nexec "$@"`, "sh", ...command];
  const enter = options.network === undefined ? [] : ["ip", "netns", "exec", options.network.name];
  const [program = "", ...args] = [...enter, "unshare", ...inside];
  const child = spawn(program, args, { stdio: "inherit" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await listening(address, port, () => child.exitCode);
  const pid = child.pid ?? 0;
  return {
    port,
    pid,
    dir,
    host: (over = {}) => hostAt(port, dir, { address, ...over }),
    vars: inventoryVars(port, dir, address),
    async [Symbol.asyncDispose]() {
      // Its own children first: a test may have left a login open.
      for (const login of loginsOf(pid)) killIfThere(login);
      child.kill("SIGKILL");
      await ended;
      rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

/** The processes in which an sshd serves its logins. */
export function loginsOf(sshd: number): readonly number[] {
  return allProcesses()
    .filter((seen) => seen.parent === sshd)
    .map((seen) => seen.pid);
}

/** A host entry as an inventory would give it. */
export function hostAt(port: number, dir: string, over: Partial<Host> = {}): Host {
  return {
    name: "web1",
    groups: ["all"],
    vars: {},
    connection: "ssh",
    address: "127.0.0.1",
    port,
    user: "root",
    password: undefined,
    keyFiles: [join(dir, "key")],
    identitiesOnly: true,
    userKnownHosts: [join(dir, "known")],
    globalKnownHosts: [],
    hostKeyChecking: undefined,
    become: undefined,
    becomeUser: undefined,
    becomePassword: undefined,
    ...over,
  };
}

function config(dir: string, port: number, options: SshdOptions): string {
  const shells = join(dir, "bin");
  mkdirSync(shells);
  // Another bash than the system's, so that an old one can be put to the same tests.
  const { RUNBOOK_TEST_BASH: bash = "/bin/bash" } = process.env;
  symlinkSync(bash, join(shells, "bash"));
  if (options.shell !== undefined)
    symlinkSync(options.shell === "bash" ? bash : `/bin/${options.shell}`, join(shells, "sh"));
  return [
    ...(options.config ?? []),
    `Port ${port}`,
    `ListenAddress ${options.network?.address ?? "127.0.0.1"}`,
    `HostKey ${join(dir, "host")}`,
    `AuthorizedKeysFile ${join(dir, "authorized")}`,
    "PidFile none",
    "PermitRootLogin yes",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "UsePAM no",
    "StrictModes no",
    "UseDNS no",
    // A shell level of its own keeps bash from reading the tester's start-up files.
    `SetEnv SHLVL=3 PATH=${shells}:/usr/local/bin:/usr/bin:/bin`,
    "",
  ].join("\n");
}

/** A port on which nothing listens now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function listening(address: string, port: number, exitCode: () => number | null): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (exitCode() !== null) throw new Error(`sshd ended with ${exitCode()}: these tests need root and OpenSSH`);
    const there = await new Promise<boolean>((resolve) => {
      const socket = connect(port, address, () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => resolve(false));
    });
    if (there) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`sshd does not listen on ${port}`);
}
