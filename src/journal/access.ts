import { chmodSync, chownSync, closeSync, existsSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { FaultError, type Fault } from "../model/fault.ts";

/** Makes a directory and those above it, private. Node's own recursive way never ends where the kernel says ENOENT, as in /proc. */
export function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another run may have made it meanwhile.
    if (!existsSync(path)) throw error;
  }
}

const PRIVATE = 0o600;
const SHARED = 0o660;
/** Set group id, and writable for the group: whoever makes such a directory means to share it. */
const SHARING = 0o2020;

/**
 * Gives the record its rights. It holds what hosts printed, so it is its owner's alone before a byte is in it, or its group's where
 * the directory is shared with a group; SQLite gives `-wal` and `-shm` the rights of the file. One that exists is not opened here:
 * closing it again would drop the locks that this process holds on it.
 */
export function grant(file: string): void {
  const directory = statSync(dirname(file));
  const group = (directory.mode & SHARING) === SHARING ? directory.gid : null;
  try {
    closeSync(openSync(file, "wx", group === null ? PRIVATE : SHARED));
  } catch (error) {
    if (!isCode(error, "EEXIST")) throw error;
    if (!statSync(file).isFile()) throw new FaultError(noFile(file));
  }
  for (const part of [file, `${file}-wal`, `${file}-shm`]) {
    try {
      if (group === null) keepPrivate(part);
      else share(part, group);
    } catch (error) {
      // Another run that ends takes `-wal` and `-shm` away.
      if (!isCode(error, "ENOENT")) throw error;
    }
  }
}

function keepPrivate(part: string): void {
  if ((statSync(part).mode & 0o077) !== 0) chmodSync(part, PRIVATE);
}

/** Only its owner can; for everybody else of the group there is nothing to do once that has happened. */
function share(part: string, group: number): void {
  const { gid, mode, uid } = statSync(part);
  if (gid === group && (mode & 0o777) === SHARED) return;
  if (![0, uid].includes(process.geteuid?.() ?? uid)) throw new FaultError(notShared(part));
  if (gid !== group) chownSync(part, -1, group);
  chmodSync(part, SHARED);
}

function noFile(file: string): Fault {
  const hint = "move it away, or name another place with --state DIR";
  return { kind: "journal", where: file, message: "the record of runs should be here, and this is no file", hint };
}

function notShared(part: string): Fault {
  return {
    kind: "journal",
    where: part,
    message: "the record is not open to the group of its directory yet",
    hint: "it is once whoever owns it has used it again: `runbook history`",
  };
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
