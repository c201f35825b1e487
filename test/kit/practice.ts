import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { fold } from "../../src/engine/evolve.ts";
import { type Verdict, hostVerdict } from "../../src/engine/outcome.ts";
import { type HostSpec, type PracticeHost, startHost } from "../../src/lab/host.ts";
import { type Isolation, findIsolation } from "../../src/lab/isolation.ts";
import { keyPair } from "../../src/lab/keys.ts";
import { installXen } from "../../src/lab/tapdisk.ts";
import type { Entry } from "../../src/model/event.ts";
import { startSshd } from "./practice-sshd.ts";

/** What a host of the site may be asked to be, besides its name. */
export type Wish = Partial<Pick<HostSpec, "megabytes" | "shell">> & {
  /** An ext4 image instead of a tmpfs as root disk. */
  readonly ext4?: boolean;
  /** Inventory variables besides how to reach it. */
  readonly vars?: Readonly<Record<string, string | boolean>>;
};

/** How a command of ours ended, and what became of each host when it was a run with --json. */
export type Told = {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
  readonly hosts: ReadonlyMap<string, Verdict>;
};

const ROOT = resolve(import.meta.dirname, "../..");

/** Practice hosts behind real OpenSSH servers, one inventory for them, and the command to run on it. Ends with everything in it. */
export class Site implements AsyncDisposable {
  readonly directory: string;
  readonly #isolation: Isolation;
  readonly #clientKey: string;
  readonly #stack = new AsyncDisposableStack();
  readonly #entries = new Map<string, Record<string, string | number | boolean>>();
  readonly #known: string[] = [];

  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), "runbook-site-"));
    this.#stack.defer(() => rmSync(this.directory, { recursive: true, force: true }));
    const isolation = findIsolation(join(this.directory, "mnt"));
    if ("message" in isolation) throw new Error(isolation.message);
    if (isolation.kind !== "root") throw new Error("these tests run a real sshd in namespaces, and need root for that");
    this.#isolation = isolation;
    this.#clientKey = keyPair(this.directory, "id_ed25519").public;
  }

  /** Adds a host that looks like a XenServer with nothing wrong. */
  async host(name: string, wish: Wish = {}): Promise<PracticeHost> {
    const { ext4 = false, vars = {}, ...rest } = wish;
    const image = ext4 ? { image: join(this.directory, `${name}.ext4`) } : {};
    const spec = { name, megabytes: 16, mountPoint: join(this.directory, "mnt"), ...rest, ...image };
    const host = this.#stack.use(await startHost(spec, this.#isolation));
    await installXen(host);
    const sshd = this.#stack.use(await startSshd(host, this.#clientKey));
    this.#known.push(`[127.0.0.1]:${sshd.port} ${sshd.hostKey.split(" ", 2).join(" ")}\n`);
    this.#entries.set(name, { ansible_port: sshd.port, ...vars });
    return host;
  }

  /** Runs the tapdisk runbook over all hosts of the site (arguments may narrow them) and reads what became of each. */
  async run(...argv: readonly string[]): Promise<Told> {
    const told = await this.command("run", "tapdisk-disk-full", "-i", this.inventory(), "--json", ...argv);
    return { ...told, hosts: verdicts(told.out) };
  }

  /** Runs any command of ours to its end, without a terminal. */
  async command(...argv: readonly string[]): Promise<Omit<Told, "hosts">> {
    return await this.start(...argv).ended;
  }

  /** Begins any command of ours, without a terminal. Whoever begins one that does not end by itself ends it. */
  start(...argv: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Omit<Told, "hosts">> } {
    const child = spawn(process.execPath, [join(ROOT, "bin/runbook.js"), ...argv], {
      cwd: ROOT,
      env: { ...process.env, RUNBOOK_STATE: join(this.directory, "state"), NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const exit = new Promise<number | null>((done) => child.once("close", done));
    const ended = Promise.all([text(child.stdout), text(child.stderr), exit]);
    return { child, ended: ended.then(([out, err, code]) => ({ exit: code, out, err })) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  /** The file that names the hosts as they are now, written anew. */
  inventory(): string {
    const file = join(this.directory, "hosts.yml");
    writeFileSync(join(this.directory, "known_hosts"), this.#known.join(""));
    const vars = {
      ansible_host: "127.0.0.1",
      ansible_user: "root",
      ansible_ssh_private_key_file: join(this.directory, "id_ed25519"),
      ansible_ssh_common_args: `-o UserKnownHostsFile=${join(this.directory, "known_hosts")}`,
    };
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ xenservers: { vars, hosts: Object.fromEntries(this.#entries) } }));
    return file;
  }
}

/** What became of each host, by the events that a run printed as JSON lines. */
function verdicts(lines: string): Map<string, Verdict> {
  const entries = lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Entry => {
      const { run, seq, at, ...event } = JSON.parse(line);
      return { run, seq, at: Date.parse(at), event };
    });
  const state = fold(entries);
  return new Map([...(state?.hosts ?? [])].map(([name, host]) => [name, hostVerdict(host)]));
}

/** What a map holds under a name that must be there. */
export function known<T>(map: ReadonlyMap<string, T>, name: string): T {
  const value = map.get(name);
  if (value === undefined) throw new Error(`nothing is known of ${name}`);
  return value;
}

/** Usage of a host's root disk in percent, asked from outside the engine. */
export async function usage(host: PracticeHost): Promise<number> {
  return Number((await host.must("df -P / | awk 'NR == 2 { print $5 + 0 }'")).trim());
}

/** Whether this process of a host runs: by name and number, asked from outside the engine. */
export async function lives(host: PracticeHost, pid: number, name = "tapdisk"): Promise<boolean> {
  return (await host.run(`[ "$(cat /proc/${pid}/comm)" = ${name} ]`)).code === 0;
}

/** The arguments of every tapback of a host, sorted. */
export async function tapbacksOf(host: PracticeHost): Promise<string[]> {
  const list = await host.must(
    "for p in /proc/[0-9]*; do [ \"$(cat $p/comm 2>/dev/null)\" != tapback ] || { tr '\\0' ' ' < $p/cmdline; echo; }; done",
  );
  const lines = list.split("\n").filter((line) => line !== "");
  return lines.map((line) => line.replace(/^.*\/tapback /, "").trim()).toSorted();
}
