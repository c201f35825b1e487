import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, readdir, readlink, realpath } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { CaseShell } from "../model/case.ts";

/**
 * Tools that every host made of data has: those that only look at their arguments, their input and files. None that asks the kernel how this machine
 * is (df, ps, mount, uname, …): a case says what those print.
 */
const BASE = (
  "[ awk base64 basename cat chgrp chmod chown cksum cmp comm cp cut date dd diff dirname echo egrep env expand expr false fgrep find fold " +
  "getopt grep gunzip gzip head hexdump id install join kill ln ls md5sum mkdir mkfifo mktemp mv nl nohup od paste pr printf pwd readlink realpath " +
  "rev rm rmdir sed seq setsid sh sha1sum sha256sum sleep sort split stat strings sum sync tac tail tee test touch tr true truncate " +
  "tsort tty uniq wc which xargs zcat"
).split(" ");

/** Where the machine's programs lie; a user's PATH often lacks the sbin directories. */
const PLACES = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"];

/** The parts of this machine that hosts made of data are built with. */
export type Machine = {
  /** Shell → its program. */
  readonly shells: ReadonlyMap<CaseShell, string>;
  /** Base tool → its program, links followed. */
  readonly tools: ReadonlyMap<string, string>;
  /** Tools that busybox has itself. */
  readonly applets: ReadonlySet<string>;
  /** Libraries and loaders of the machine, where programs look for them. */
  readonly libraries: readonly string[];
  /** Its directories of programs and libraries that must be seen, and the links among them. */
  readonly parts: readonly { readonly name: string; readonly link: string | null }[];
  readonly sh: string;
};

/** Looks once at what this machine has. */
export async function machineParts(): Promise<Machine> {
  const found = await Promise.all(BASE.map(async (name) => [name, await programOf(name)] as const));
  const tools = new Map(found.flatMap(([name, path]) => (path === null ? [] : [[name, path] as const])));
  const shells = await Promise.all(
    (["dash", "bash", "busybox"] as const).map(async (name) => [name, await programOf(name)] as const),
  );
  const present = new Map(shells.flatMap(([name, path]) => (path === null ? [] : [[name, path] as const])));
  return {
    shells: present,
    tools,
    applets: new Set(await appletsOf(present.get("busybox"))),
    libraries: await libraries(),
    parts: await parts(),
    sh: (await programOf("sh")) ?? "/bin/sh",
  };
}

async function programOf(name: string): Promise<string | null> {
  for (const place of PLACES) {
    const path = join(place, name);
    try {
      await access(path, constants.X_OK);
      return await realpath(path);
    } catch {
      // The next place may have it.
    }
  }
  return null;
}

async function appletsOf(busybox: string | undefined): Promise<string[]> {
  if (busybox === undefined) return [];
  const { stdout } = await promisify(execFile)(busybox, ["--list"]).catch(() => ({ stdout: "" }));
  return stdout.split("\n");
}

const LIBRARY = /^(?:ld-|ld64|lib.*\.so|.*-linux-)/;

async function libraries(): Promise<string[]> {
  const places = ["/lib", "/lib32", "/lib64", "/libx32", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32"];
  const all = await Promise.all(
    places.map(async (place) => {
      const entries = await readdir(place).catch(() => []);
      return entries.filter((entry) => LIBRARY.test(entry)).map((entry) => join(place, entry));
    }),
  );
  return all.flat();
}

async function parts(): Promise<{ name: string; link: string | null }[]> {
  const names = ["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "nix", "gnu"];
  const all = await Promise.all(
    names.map(async (name) => {
      const there = await access(`/${name}`).then(
        () => true,
        () => false,
      );
      return there ? [{ name, link: await readlink(`/${name}`).catch(() => null) }] : [];
    }),
  );
  return all.flat();
}
