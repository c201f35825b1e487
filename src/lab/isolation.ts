import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import type { Fault } from "../model/fault.ts";

/** How practice hosts are kept apart on this machine, and the arguments that make and enter their namespaces. */
export type Isolation = {
  readonly kind: "root" | "unprivileged";
  /** Arguments of `unshare` that make the namespaces. */
  readonly make: readonly string[];
  /** Arguments of `nsenter` that enter them again, besides `--target`. */
  readonly enter: readonly string[];
  /** One phrase for people. */
  readonly words: string;
};

const COMMON = ["--mount", "--pid", "--uts", "--ipc"];
const FORK = ["--fork", "--kill-child=KILL"];

const AS_ROOT: Isolation = {
  kind: "root",
  make: [...COMMON, ...FORK],
  enter: COMMON,
  words: "mount, pid, uts and ipc namespaces, made as root",
};

const UNPRIVILEGED: Isolation = {
  kind: "unprivileged",
  make: ["--user", "--map-root-user", ...COMMON, ...FORK],
  enter: ["--user", "--preserve-credentials", ...COMMON],
  words: "user, mount, pid, uts and ipc namespaces, without privileges",
};

/** Everything a host's root needs of the kernel, in miniature; $1 is an empty directory. */
const TRIAL = 'mount -t tmpfs tmpfs "$1" && mkdir "$1/p" && mount -t proc proc "$1/p" && hostname trial';

function attempt(isolation: Isolation, directory: string): string | null {
  const trial = spawnSync("unshare", [...isolation.make, "--", "/bin/sh", "-c", TRIAL, "trial", directory], {
    encoding: "utf8",
    timeout: 10_000,
    env: { ...process.env, PATH: TOOL_PATH, LC_ALL: "C" },
  });
  if (trial.error !== undefined) return trial.error.message;
  return trial.status === 0 ? null : trial.stderr.trim().split("\n")[0] || `exit status ${trial.status}`;
}

/** Where the tools of the system lie; a user's PATH often lacks the sbin directories. */
export const TOOL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Finds out by trying what this machine allows: namespaces as root, else in a user namespace.
 * `directory` is made and used as a mount point of the trial. There is no lesser stand-in: without namespaces
 * a practice fault would fill the real disk.
 */
export function findIsolation(directory: string): Isolation | Fault {
  if (process.platform !== "linux") return cannot(`practice hosts need Linux, and this is ${process.platform}`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const reasons: string[] = [];
  for (const isolation of process.getuid?.() === 0 ? [AS_ROOT, UNPRIVILEGED] : [UNPRIVILEGED]) {
    const reason = attempt(isolation, directory);
    if (reason === null) return isolation;
    reasons.push(`${isolation.words}: ${reason}`);
  }
  return cannot(reasons.join("; "));
}

function cannot(reason: string): Fault {
  return {
    kind: "session",
    message: `practice hosts cannot be isolated here (${reason})`,
    hint:
      "run it as root on a machine or virtual machine, or allow user namespaces (sysctl user.max_user_namespaces, " +
      "kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns; in a container: --privileged)",
  };
}
