import { isUtf8 } from "node:buffer";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { Fault } from "../model/fault.ts";

const O_READ = constants.O_RDONLY | constants.O_NONBLOCK;

/** Why a file cannot be read: a sentence that stands by itself, what to do, and where in the file it is (`line:column` from 1, in UTF-16 units). */
export type Unreadable = { readonly problem: string; readonly hint?: string; readonly place?: string };

/** The bytes of a regular file, or why they cannot be had. */
export type ReadFile = { readonly bytes: Uint8Array } | Unreadable;

/** A file that cannot be read as an `invalid-file` fault; `hint` is for what has no better one. */
export function unreadable({ problem, place, ...own }: Unreadable, file: string, hint = own.hint): Fault {
  const advice = own.hint ?? hint;
  return {
    kind: "invalid-file",
    message: problem,
    ...(advice === undefined ? {} : { hint: advice }),
    where: place === undefined ? file : `${file}:${place}`,
  };
}

/** Reads a regular file of at most `limit` bytes; nothing larger is ever read into memory. */
export async function readRegular(path: string, limit: number): Promise<ReadFile> {
  try {
    // Non-blocking: a FIFO without a writer must not hang us.
    await using file = await open(path, O_READ);
    const stat = await file.stat();
    if (stat.isDirectory()) return { problem: "this is a directory, and a file is expected" };
    if (!stat.isFile()) return { problem: "this is no regular file" };
    if (stat.size > limit)
      return {
        problem: `the file is too large: ${megabytes(stat.size)}, and at most ${megabytes(limit)} is read`,
        hint: "is it the file that you meant?",
        place: "1:1",
      };
    return { bytes: await file.readFile() };
  } catch (error) {
    return { problem: reason(error) };
  }
}

/** Reads a text file in UTF-8. */
export async function readText(path: string, limit: number): Promise<{ readonly text: string } | Unreadable> {
  const file = await readRegular(path, limit);
  if ("problem" in file) return file;
  const { bytes } = file;
  const zero = bytes.indexOf(0);
  if (zero < 0 && isUtf8(bytes)) return { text: utf8.decode(bytes) };
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    return {
      problem: "the file is in UTF-16",
      hint: "save it in UTF-8: `iconv -f UTF-16 -t UTF-8` converts it",
      place: "1:1",
    };
  if (zero >= 0)
    return {
      problem: "the file is binary: it holds NUL bytes",
      hint: "expected a text file",
      place: placeOf(bytes, zero),
    };
  const hint = "save it in UTF-8: `iconv -f ISO-8859-1 -t UTF-8` converts it from Latin-1";
  return { problem: "the file is not text in UTF-8", hint, place: placeOf(bytes, firstBad(bytes)) };
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The offset of the first byte that is no part of a character in UTF-8, in bytes that have one. */
function firstBad(bytes: Uint8Array): number {
  let [good, bad] = [0, bytes.length];
  while (good < bad) {
    const middle = Math.ceil((good + bad) / 2);
    if (begins(bytes.subarray(0, middle))) good = middle;
    else bad = middle - 1;
  }
  // A character that is broken off began before.
  while (good > 0 && !isUtf8(bytes.subarray(0, good))) good -= 1;
  return good;
}

/** Whether these bytes, with more to come, may be UTF-8. */
function begins(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function placeOf(bytes: Uint8Array, offset: number): string {
  const lines = utf8.decode(bytes.subarray(0, offset)).split(/\r\n|\r|\n/);
  return `${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
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
