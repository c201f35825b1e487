import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { RunPlan } from "../model/event.ts";

/** The process that writes a run's record, as the record names it. */
export type Writer = NonNullable<RunPlan["writer"]>;

/** This process; undefined where the system does not tell one process from another (it has no `/proc`). */
export function thisWriter(): Writer | undefined {
  const started = startOf(process.pid);
  return started === null ? undefined : { host: hostname(), pid: process.pid, started };
}

/** Whether a writer is still at work; null where that cannot be told from here. */
export function isAtWork(writer: Writer | undefined): boolean | null {
  if (writer === undefined || writer.host !== hostname() || startOf(process.pid) === null) return null;
  return startOf(writer.pid) === writer.started;
}

/** The boot, and the tick of it in which a process began; null for no such process. */
function startOf(pid: number): string | null {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in brackets, which may hold spaces and brackets itself; the start is the 22nd.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? null : `${boot}/${fields[19]}`;
  } catch {
    return null;
  }
}
