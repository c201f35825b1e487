import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { eventually } from "./processes.ts";

/** A control group that a host's sshd and all it starts are in. */
export type Limited = AsyncDisposable & {
  /** Shell text that puts the shell into it, for `before` of an sshd. */
  readonly join: string;
  /** At most so many processes from now on. */
  processes(most: number | "max"): void;
};

let made = 0;

/** Makes one that counts processes. Needs root and a control group file system, of either version. */
export function limited(): Limited {
  made += 1;
  const v1 = "/sys/fs/cgroup/pids";
  const root = existsSync(v1) ? v1 : "/sys/fs/cgroup";
  const dir = `${root}/runbook-test-${process.pid}-${made}`;
  if (root !== v1) writeFileSync(`${root}/cgroup.subtree_control`, "+pids");
  mkdirSync(dir);
  const processes = (most: number | "max"): void => writeFileSync(`${dir}/pids.max`, String(most));
  return {
    join: `echo $$ >${dir}/cgroup.procs`,
    processes,
    async [Symbol.asyncDispose]() {
      processes("max");
      // It can be removed once the last process in it has ended.
      if (!(await eventually(() => removed(dir)))) throw new Error(`${dir} is still in use`);
    },
  };
}

function removed(dir: string): boolean {
  try {
    rmdirSync(dir);
    return true;
  } catch {
    return false;
  }
}
