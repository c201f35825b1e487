import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type { Writer } from "../model/plan.ts";

/** This process; undefined where the system does not tell one process from another (it has no `/proc`). */
export function thisWriter(): Writer | undefined {
  const started = startOf(process.pid);
  return started === null ? undefined : { host: hostname(), pid: process.pid, started: `${started}${inSpace()}` };
}

/** Whether a writer is still at work; null where that cannot be told from here. */
export function isAtWork(writer: Writer | undefined): boolean | null {
  if (writer === undefined || writer.host !== hostname() || startOf(process.pid) === null) return null;
  const [boot, tick, space] = writer.started.split("/");
  if (space !== undefined && `/${space}` !== inSpace()) return null;
  const started = startOf(writer.pid);
  if (started === null && isHidden(writer.pid)) return null;
  return started === `${boot}/${tick}`;
}

/** The boot, and the tick of it in which a process began; null for no such process. */
function startOf(pid: number): string | null {
  try {
    // A container may have been given the `/proc` of another one: whoever has a number there is somebody else.
    if (readlinkSync("/proc/self") !== String(process.pid)) return null;
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in brackets, which may hold spaces and brackets itself; the start is the 22nd.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? null : `${boot}/${fields[19]}`;
  } catch {
    return null;
  }
}

/** Two containers may have one name, and each its own process of one number: `/pid:[…]`, or nothing where it is not told. */
function inSpace(): string {
  try {
    return `/${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return "";
  }
}

/** Whether there is a process that we may not see: `/proc` may be mounted so that each user sees only their own. */
function isHidden(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
