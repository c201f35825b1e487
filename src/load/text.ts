import { constants } from "node:fs";
import { open } from "node:fs/promises";

const O_READ = constants.O_RDONLY | constants.O_NONBLOCK;

/** The bytes of a regular file, or why it cannot be had: a sentence that stands by itself. */
export type ReadFile = { readonly bytes: Uint8Array } | { readonly problem: string };

/** Reads a regular file of at most `limit` bytes; nothing larger is ever read into memory. */
export async function readRegular(path: string, limit: number): Promise<ReadFile> {
  try {
    // Non-blocking: a FIFO without a writer must not hang us.
    await using file = await open(path, O_READ);
    const stat = await file.stat();
    if (stat.isDirectory()) return { problem: "this is a directory, and a file is expected" };
    if (!stat.isFile()) return { problem: "this is no regular file" };
    if (stat.size > limit)
      return { problem: `the file is too large: ${megabytes(stat.size)}, and at most ${megabytes(limit)} is read` };
    return { bytes: await file.readFile() };
  } catch (error) {
    return { problem: reason(error) };
  }
}

/** Reads a text file in UTF-8. */
export async function readText(
  path: string,
  limit: number,
): Promise<{ readonly text: string } | { readonly problem: string }> {
  const file = await readRegular(path, limit);
  if ("problem" in file) return file;
  if (file.bytes.includes(0)) return { problem: "the file is binary: it holds NUL bytes" };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(file.bytes) };
  } catch {
    return { problem: "the file is not text in UTF-8" };
  }
}

function megabytes(bytes: number): string {
  return `${Number((bytes / 1e6).toFixed(1))} MB`;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "the file may not be read: permission denied",
  EISDIR: "this is a directory, and a file is expected",
  ELOOP: "the file is a symbolic link that leads to itself",
  ENXIO: "this is no regular file",
};

function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return REASONS[code] ?? `the file cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}
