import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { quote } from "../script/quote.ts";
import { type Isolation, TOOL_PATH } from "./isolation.ts";
import { BUILD_ROOT } from "./root.ts";

/** What a practice host is made of. */
export type HostSpec = {
  readonly name: string;
  /** Size of the root disk. */
  readonly megabytes: number;
  /** A path for the image of an ext4 root disk (needs root); without it the disk is a tmpfs. */
  readonly image?: string;
  /** The program that answers to /bin/sh; without it the machine's own. */
  readonly shell?: string;
  /** An empty directory that serves as mount point; hosts may share it. */
  readonly mountPoint: string;
};

/** How a command in a practice host ended. `code` is null when a signal ended it. */
export type Ending = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

const ENVIRONMENT = { PATH: TOOL_PATH, HOME: "/root", USER: "root", LOGNAME: "root", SHELL: "/bin/sh" };

/** A small server in namespaces of its own: own root disk, processes, host name, machine id and boot id. Ends with its keeper. */
export class PracticeHost implements AsyncDisposable {
  readonly name: string;
  /** Its first process, as this machine counts. */
  readonly pid: number;
  readonly #keeper: ChildProcess;
  readonly #isolation: Isolation;

  constructor(name: string, pid: number, keeper: ChildProcess, isolation: Isolation) {
    this.name = name;
    this.pid = pid;
    this.#keeper = keeper;
    this.#isolation = isolation;
  }

  /** Starts a program in the host as root, leader of a session of its own, in root's home directory. */
  spawn(argv: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcessWithoutNullStreams {
    const enter = [...this.#isolation.enter, "--target", String(this.pid), "--"];
    const start = ["/bin/sh", "-c", 'cd "$HOME"; exec setsid "$@"', "start", ...argv];
    return spawn("nsenter", [...enter, ...start], { env: { ...ENVIRONMENT, ...env }, cwd: "/" });
  }

  /** Runs a shell script in the host to its end. */
  async run(script: string, input: string | Uint8Array = ""): Promise<Ending> {
    const child = this.spawn(["/bin/sh", "-c", script]);
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    const code = new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), code]);
    return { code: status, stdout, stderr };
  }

  /** Runs a script that must succeed, and gives its stdout. */
  async must(script: string, input: string | Uint8Array = ""): Promise<string> {
    const ending = await this.run(script, input);
    if (ending.code !== 0) throw new Error(`${this.name}: exit ${ending.code}: ${ending.stderr.trim()}\n${script}`);
    return ending.stdout;
  }

  /** Writes a file in the host, with its directory. */
  async write(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
    const at = quote(path);
    await this.must(`mkdir -p "$(dirname ${at})" && cat > ${at} && chmod ${mode.toString(8)} ${at}`, content);
  }

  /** Ends every process of the host; its disk vanishes with them. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#keeper.exitCode !== null || this.#keeper.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#keeper.once("exit", resolve));
    this.#keeper.stdin?.end();
    this.#keeper.kill("SIGKILL");
    await gone;
  }
}

/** Makes a practice host and waits until it is up. Throws with the words of whatever failed. */
export async function startHost(spec: HostSpec, isolation: Isolation): Promise<PracticeHost> {
  mkdirSync(spec.mountPoint, { recursive: true, mode: 0o700 });
  const machineId = randomBytes(16).toString("hex");
  const facts = [spec.name, String(spec.megabytes), spec.image ?? "", machineId, randomUUID(), spec.shell ?? ""];
  // The script travels in the environment, so that the machine's own `ps` stays readable.
  const begin = 'build=$BUILD; unset BUILD; eval "$build"';
  const argv = [...isolation.make, "--", "/bin/bash", "-c", begin, "practice-host", spec.mountPoint, ...facts];
  const env = { ...ENVIRONMENT, LC_ALL: "C", BUILD: BUILD_ROOT };
  const keeper = spawn("unshare", argv, { env, cwd: "/", stdio: ["pipe", "pipe", "pipe"] });
  const complaints = text(keeper.stderr);
  for await (const line of createInterface({ input: keeper.stdout })) {
    const ready = /^ready (\d+)$/.exec(line);
    if (ready !== null) return new PracticeHost(spec.name, Number(ready[1]), keeper, isolation);
  }
  throw new Error(`the practice host ${spec.name} did not come up: ${(await complaints).trim()}`);
}
