import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { address } from "./address.ts";

const run = promisify(execFile);

const SERVE = 'mount --bind "$1" /etc/machine-id && mount --bind "$2" /root && exec /usr/sbin/sshd -D -f "$3" -E "$4"';

/** Real OpenSSH servers on loopback, each a process of its own that lets root in with one key. */
export class Fleet implements AsyncDisposable {
  readonly dir: string;
  readonly port: number;
  readonly hosts: number;
  /** Private key that every host takes. */
  readonly key: string;
  /** `ssh-ed25519 AAAA…`, the host key that they all share. */
  readonly hostKey: string;
  readonly #children: ChildProcess[] = [];
  private constructor(dir: string, port: number, hosts: number, hostKey: string) {
    this.dir = dir;
    this.port = port;
    this.hosts = hosts;
    this.key = join(dir, "user_key");
    this.hostKey = hostKey;
  }

  /** Starts `hosts` servers and waits until each of them answers; lines of sshd_config in `own` win over the usual ones. Needs root. */
  static async start(hosts: number, own: readonly string[] = []): Promise<Fleet> {
    const dir = await mkdtemp(join(tmpdir(), "runbook-bench-"));
    await Promise.all(
      ["user_key", "host_key"].map((name) =>
        run("ssh-keygen", ["-qt", "ed25519", "-N", "", "-C", "bench", "-f", join(dir, name)]),
      ),
    );
    const hostKey = (await readFile(join(dir, "host_key.pub"), "utf8")).split(" ").slice(0, 2).join(" ");
    const fleet = new Fleet(dir, await freePort(), hosts, hostKey);
    // Where sshd keeps its unprivileged half; Debian makes it at boot.
    await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
    await Promise.all(["ids", "home"].map((name) => mkdir(join(dir, name))));
    try {
      for (let index = 0; index < hosts; index += 1) await fleet.#serve(index, own);
      await Promise.all(Array.from({ length: hosts }, (_, index) => answers(address("direct", index), fleet.port)));
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
    return fleet;
  }

  /** Puts the relay in front of the whole fleet: from then on the `delayed` addresses are open. Ends when disposed of. */
  async relay(roundTripMs: number): Promise<AsyncDisposable> {
    const child = this.#spawn(
      [process.execPath, join(import.meta.dirname, "relay.ts"), `${roundTripMs}`, `${this.port}`, `${this.hosts}`],
      "pipe",
    );
    if (child.stdout === null) throw new Error("the relay has no stdout");
    await Promise.race([once(child.stdout, "data"), died(child, "the relay")]);
    return { [Symbol.asyncDispose]: () => end([child]) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await end(this.#children);
    await rm(this.dir, { recursive: true, force: true });
  }

  /**
   * Each server sees a machine id of its own (two names with one identity would count as one host) and an empty home directory,
   * since what this machine's root has in its `.bashrc` would be run before every script.
   */
  async #serve(index: number, own: readonly string[]): Promise<void> {
    const [config, id] = [join(this.dir, `sshd-${index}`), join(this.dir, "ids", `${index}`)];
    await writeFile(config, [...own, settings(this.dir, address("direct", index), this.port)].join("\n"));
    await writeFile(id, `b${(index + 1).toString(16).padStart(31, "0")}\n`);
    this.#spawn(
      ["unshare", "--mount", "sh", "-c", SERVE, "sshd", id, join(this.dir, "home"), config, join(this.dir, "sshd.log")],
      "ignore",
    );
    // In tens: two hundred at once would starve each other of the time to start.
    if (index % 10 === 9) await answers(address("direct", index), this.port);
  }

  #spawn(argv: readonly string[], stdout: "pipe" | "ignore"): ChildProcess {
    // Whatever kills us takes the fleet along.
    const child = spawn("setpriv", ["--pdeathsig", "TERM", ...argv], { stdio: ["ignore", stdout, "inherit"] });
    this.#children.push(child);
    return child;
  }
}

function settings(dir: string, listenAt: string, port: number): string {
  return `${[
    `ListenAddress ${listenAt}`,
    `Port ${port}`,
    `HostKey ${join(dir, "host_key")}`,
    `AuthorizedKeysFile ${join(dir, "user_key.pub")}`,
    "PidFile none",
    // One key exchange for all: OpenSSH's own client would choose one that costs it 50 ms of CPU a login, and ssh2 cannot.
    "KexAlgorithms curve25519-sha256,curve25519-sha256@libssh.org",
    "UsePAM no",
    "UseDNS no",
    "StrictModes no",
    "PermitRootLogin prohibit-password",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "MaxStartups 1000",
    "PrintMotd no",
    "PrintLastLog no",
    "LogLevel ERROR",
  ].join("\n")}\n`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, address("direct", 0));
  await once(server, "listening");
  const bound = server.address();
  server.close();
  if (bound === null || typeof bound === "string") throw new Error("no port is free");
  return bound.port;
}

/** Waits until something at an address says that it is SSH. */
async function answers(host: string, port: number): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    if (await greets(host, port)) return;
    await sleep(50);
  }
  throw new Error(`no SSH server answers at ${host}:${port}; are you root, and is openssh-server installed?`);
}

function greets(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port, timeout: 5000 });
  socket.once("data", (chunk) => resolve(chunk.toString("latin1").startsWith("SSH-")));
  socket.once("error", () => resolve(false));
  socket.once("timeout", () => resolve(false));
  socket.once("close", () => resolve(false));
  return promise.finally(() => socket.destroy());
}

async function died(child: ChildProcess, what: string): Promise<never> {
  await once(child, "exit");
  throw new Error(`${what} ended`);
}

async function end(children: readonly ChildProcess[]): Promise<void> {
  const alive = children.filter((child) => child.exitCode === null && child.signalCode === null);
  const ends = alive.map((child) => once(child, "exit"));
  for (const child of alive) child.kill("SIGTERM");
  await Promise.all(ends);
}
