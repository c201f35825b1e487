import { spawn, type ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CaseShell } from "../model/case.ts";
import type { Printed } from "../model/output.ts";
import { decode } from "../script/bytes.ts";
import { quote } from "../script/quote.ts";
import { BUILD, writeRoot } from "./root.ts";
import { BACKSTAGE } from "./stand-in.ts";
import type { Machine } from "./tools.ts";
import type { World } from "./world.ts";

/** How a script ended on a host made of data; `calls`: the commands of the case that it called. */
export type Performed = {
  /** Null: its time was up. */
  readonly code: number | null;
  readonly stdout: Printed;
  readonly stderr: Printed;
  readonly calls: readonly string[];
};

/** What is at a path of a host: the text of a file, something else, or nothing. */
export type Left = { readonly text: string } | "no file" | "nothing";

/** A host made of data: namespaces of its own, in which scripts run for real. */
export interface DataHost extends AsyncDisposable {
  run(text: string, shell: "sh" | "bash", seconds: number): Promise<Performed>;
  /** How its commands were called in ways of which the case says nothing. */
  unanswered(): Promise<readonly string[]>;
  /** What is at a path now, as scripts see it. */
  read(path: string): Promise<Left>;
}

const NAMESPACES = ["--mount", "--pid", "--uts", "--ipc"];
const USER = ["--user", "--map-root-user"];
const PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";
const TOOLS = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:${PATH}`, LC_ALL: "C" };

const roots = new Set<string>();

/** Removes what hosts that are still open have on the disk: for a process that ends before they do. */
export function sweepHosts(): void {
  for (const root of roots) rmSync(root, { recursive: true, force: true });
}

/** Makes a host, or says why this machine cannot. */
export async function openHost(
  world: World,
  shell: CaseShell,
  machine: Machine,
): Promise<DataHost | { readonly cannot: string }> {
  const known = refusals.get(machine);
  if (known !== undefined) return { cannot: known };
  const root = await mkdtemp(join(tmpdir(), "runbook-case-"));
  roots.add(root);
  const remove = async (): Promise<void> => {
    await rm(root, { recursive: true, force: true });
    roots.delete(root);
  };
  try {
    writeRoot(root, world, shell, machine);
  } catch (error) {
    await remove();
    throw error;
  }
  const parts = machine.parts.flatMap(({ name, link }) => (link === null ? [name] : []));
  const reasons: string[] = [];
  for (const user of process.getuid?.() === 0 ? [true, false] : [true]) {
    const begun = await begin([...(user ? USER : []), ...NAMESPACES], [root, ...parts]);
    if ("pid" in begun) return hostAt(root, begun, { user, world, shell }, remove);
    reasons.push(begun.cannot);
  }
  await remove();
  const [cannot = "", ...more] = [...new Set(reasons)];
  refusals.set(machine, [cannot, ...more].join("; "));
  return { cannot: [cannot, ...more].join("; ") };
}

/** Why a machine makes no hosts: what holds for one holds for all. */
const refusals = new WeakMap<Machine, string>();

type Keeper = { readonly pid: number; readonly child: ChildProcess };

function begin(namespaces: readonly string[], args: readonly string[]): Promise<Keeper | { readonly cannot: string }> {
  return new Promise((resolve) => {
    const child = spawn(
      "unshare",
      [...namespaces, "--fork", "--kill-child=KILL", "/bin/sh", "-c", BUILD, "build", ...args],
      {
        stdio: ["pipe", "pipe", "pipe"],
        env: TOOLS,
      },
    );
    let said = "";
    let complaint = "";
    child.stdin.on("error", () => undefined);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const [, pid] = /^ready (\d+)$/m.exec(said) ?? [];
      if (pid !== undefined) resolve({ pid: Number(pid), child });
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaint += text;
    });
    child.on("error", (error) => resolve({ cannot: error.message }));
    child.on("close", () => resolve({ cannot: complaint.trim().split("\n").at(-1) ?? "it ended" }));
  });
}

function hostAt(
  root: string,
  { pid, child }: Keeper,
  how: { readonly user: boolean; readonly world: World; readonly shell: CaseShell },
  remove: () => Promise<void>,
): DataHost {
  const enter = [
    "--target",
    String(pid),
    ...(how.user ? ["--user", "--preserve-credentials"] : []),
    ...NAMESPACES,
    "--",
  ];
  const before = wrappers(how.world, how.shell);
  let count = 0;
  let known = 0;
  const lines = async (name: string): Promise<string[]> => {
    const text = await readFile(join(root, BACKSTAGE, name), "utf8").catch(() => "");
    return text.split("\n").filter((line) => line !== "");
  };
  return {
    async run(text, shell, seconds) {
      count += 1;
      const file = `${BACKSTAGE}/scripts/${count}`;
      await writeFile(join(root, file), `${before}set -eu\n${PIPEFAIL}\neval ${quote(text)}\n`);
      const program = shell === "bash" ? ["/bin/bash", "--noprofile", "--norc"] : ["/bin/sh"];
      const start = `cd /root; exec </dev/null; eval "$(${BACKSTAGE}/tools/cat ${file})"`;
      const ended = await execute([...enter, ...program, "-c", start], seconds);
      const calls = await lines("calls");
      const own = calls.slice(known);
      known = calls.length;
      return { ...ended, calls: own };
    },
    unanswered: () => lines("unanswered"),
    async read(path) {
      const { code, stdout } = await execute([...enter, `${BACKSTAGE}/sh`, "-c", READ, "sh", path], READ_LIMIT);
      return code === 0 ? { text: stdout.head } : code === NOTHING ? "nothing" : "no file";
    },
    async [Symbol.asyncDispose]() {
      const gone = new Promise((resolve) => child.once("close", resolve));
      child.kill("SIGKILL");
      await gone;
      await remove();
    },
  };
}

/** From within: from without, a link would lead to a file of this machine. */
const NOTHING = 3;
const READ = `[ -e "$1" ] || [ -L "$1" ] || exit ${NOTHING}; [ -f "$1" ] || exit 4; exec ${BACKSTAGE}/tools/cat "$1"`;

/** Seconds that reading a file may take. */
const READ_LIMIT = 30;

/** As a session has it (script/session): only where the shell knows it. */
const PIPEFAIL = "if (set -o pipefail) 2>/dev/null; then set -o pipefail; fi";

/** Commands that shells have built in, so that no stand-in in the PATH would be asked. */
const BUILT_IN = new Set(["kill", "echo", "printf", "pwd", "test", "true", "false", "ulimit", "umask", "type", "hash"]);

/** Functions that lead to stand-ins where the shell would not ask the PATH: of what is built in, and (busybox) of all that it has itself. */
function wrappers({ commands }: World, shell: CaseShell): string {
  return [...commands.keys()]
    .filter((name) => /^[a-z_]\w*$/i.test(name) && (shell === "busybox" || BUILT_IN.has(name)))
    .map((name) => `${name}() { /usr/local/bin/${name} "$@"; }\n`)
    .join("");
}

/** Pipes are put between, as sshd has them: Node gives its children sockets, on which `>/dev/stderr` fails. */
const PIPED = `{ { "$@" 3>&-; echo "$?" >&3; } 2>&1 >&4 4>&- | cat >&2 3>&- 4>&-; } 4>&1 | cat 3>&-`;

/** Bytes kept of what a script prints. */
const KEEP = 256 * 1024;

/** ms that what a script left in the background may keep its output open. */
const LINGER = 500;

function execute(args: readonly string[], seconds: number): Promise<Omit<Performed, "calls">> {
  return new Promise((resolve, reject) => {
    const child = spawn("/bin/sh", ["-c", PIPED, "sh", "nsenter", ...args], {
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      detached: true,
      env: { PATH, HOME: "/root", USER: "root", LOGNAME: "root", LC_ALL: "C" },
    });
    const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let code = "";
    let late = false;
    const end = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    };
    const timer = setTimeout(() => {
      late = true;
      end();
    }, seconds * 1000);
    child.stdout?.on("data", (chunk: Buffer) => chunks.stdout.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => chunks.stderr.push(chunk));
    child.stdio[3]?.on("data", (chunk: Buffer) => {
      code += chunk.toString();
      clearTimeout(timer);
      setTimeout(end, LINGER).unref();
    });
    child.on("error", reject);
    child.on("close", () => {
      clearTimeout(timer);
      const exit = late || code === "" ? null : Number(code.trim());
      resolve({ code: exit, stdout: printedOf(chunks.stdout), stderr: printedOf(chunks.stderr) });
    });
  });
}

function printedOf(chunks: readonly Buffer[]): Printed {
  const all = Buffer.concat(chunks);
  const head = decode(all.subarray(0, KEEP));
  return { head, tail: "", omitted: Math.max(0, all.length - KEEP) };
}
