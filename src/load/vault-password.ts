import { readFile, stat } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";
import { isFault, type Fault } from "../model/fault.ts";
import { beginsAsProgram, runProgram } from "./program.ts";

/** Seconds that a program may take for a password: somebody may be typing. */
const PATIENCE = 300;

/** Reads the vault's passwords from their files. As in Ansible a file that may be executed is a program that prints one. */
export async function readVaultPasswords(
  files: readonly string[],
  cwd: string,
): Promise<readonly Uint8Array[] | Fault> {
  const passwords: Uint8Array[] = [];
  for (const file of files) {
    const password = await readPassword(file, cwd);
    if (isFault(password)) return password;
    passwords.push(password);
  }
  return passwords;
}

async function readPassword(file: string, cwd: string): Promise<Uint8Array | Fault> {
  const path = resolve(cwd, file);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return fault(file, "there is no such file", "expected a file with the vault's password");
  if (found.isDirectory()) return fault(file, "this is a directory", "expected a file with the vault's password");
  const password =
    found.isFile() && (found.mode & 0o111) !== 0 ? await askProgram(file, path, cwd) : await readBytes(file, path);
  if (isFault(password)) return password;
  return password.length > 0 ? password : fault(file, "the vault's password is empty", "expected it on the first line");
}

async function readBytes(file: string, path: string): Promise<Uint8Array | Fault> {
  try {
    // Not by the usual way: a pipe (`<(pass show vault)`) is as good as a file here.
    return trimmed(await readFile(path), " \t\n\r\v\f");
  } catch (error) {
    return fault(file, "the file cannot be read", error instanceof Error ? error.message : String(error));
  }
}

/** A program whose name ends in `-client` is told which of several passwords is meant; there is one here, by the name that Ansible gives it. */
async function askProgram(file: string, path: string, cwd: string): Promise<Uint8Array | Fault> {
  const hint = "as in Ansible a password file that may be executed is run; if it is none, `chmod -x` it";
  // Else a shell would take the password for commands.
  if ((await beginsAsProgram(path).catch(() => undefined)) === undefined)
    return fault(file, "this may be executed and is no program", hint);
  const client = basename(file, extname(file)).endsWith("-client");
  const args = client ? ["--vault-id", "default"] : [];
  const end = await runProgram(path, args, { cwd, seconds: PATIENCE, asks: true });
  if ("stdout" in end) return trimmed(end.stdout, "\r\n");
  return fault(file, `the vault's password program failed: ${end.problem}`, hint);
}

function trimmed(bytes: Buffer, blanks: string): Buffer {
  let [from, to] = [0, bytes.length];
  while (from < to && blanks.includes(String.fromCharCode(bytes[from] ?? 0))) from += 1;
  while (to > from && blanks.includes(String.fromCharCode(bytes[to - 1] ?? 0))) to -= 1;
  return bytes.subarray(from, to);
}

function fault(where: string, message: string, hint: string): Fault {
  return { kind: "usage", where, message, hint };
}
