import { randomUUID } from "node:crypto";
import { open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Where a symbolic link leads: the link itself stays. */
export async function linkTarget(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return path;
  }
}

/** Why no file can be put there, found out by beginning to; null: it can. */
export async function placeFault(path: string): Promise<string | null> {
  try {
    const there = await stat(path).catch(() => null);
    if (there !== null && !there.isFile()) return there.isDirectory() ? "it is a directory" : "it is no regular file";
    const trial = beside(path);
    await using file = await open(trial, "wx");
    await file.close();
    await rm(trial);
    return null;
  } catch (error) {
    return reason(error, path);
  }
}

/**
 * All of it or nothing: whoever looks at the file meanwhile sees what was there before. `mode`: whatever the umask says. Why it cannot be
 * written; null: it is.
 */
export async function replaceFile(path: string, draw: () => string, mode?: number): Promise<string | null> {
  const draft = beside(path);
  try {
    const text = draw();
    await using file = await open(draft, "wx");
    await file.writeFile(text);
    if (mode !== undefined) await file.chmod(mode);
    await file.sync();
    await file.close();
    await rename(draft, path);
    return null;
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    return reason(error, path);
  }
}

/** In the same directory, so that the rename is one step; hidden, nobody else's, and without an ending that somebody looks for. */
function beside(path: string): string {
  return join(dirname(path), `.runbook-${randomUUID()}.part`);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no directory",
  ENOTDIR: "there is no directory",
  EACCES: "nothing may be written in",
  EPERM: "nothing may be written in",
  EROFS: "nothing can be written (it is mounted read-only) in",
  ENOSPC: "the disk is full under",
  EDQUOT: "the quota is used up under",
};

function reason(error: unknown, path: string): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known = REASONS[code];
  if (known !== undefined) return `${known} ${dirname(path)}`;
  return `${basename(path)} cannot be written: ${wordsOf(error)}`;
}

/** What an error says. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
