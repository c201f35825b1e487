import { createHmac, randomBytes } from "node:crypto";
import { appendFile, mkdir, open, readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { type KnownKey, parseKnownHosts } from "./knownhosts.ts";

/** The known_hosts files of one run. */
export type KnownHostsFiles = {
  /** The keys in a file; one that cannot be read knows no host: every key is then unknown, and refused. */
  read(file: string): Promise<readonly KnownKey[]>;
  /** Adds a line if it is not there yet, and waits until it is on disk. Says why where that fails. */
  append(file: string, line: string): Promise<string | undefined>;
  /** A name as such a file hides it; the same each time, so that hosts which learn one key at the same moment write one line. */
  hashed(name: string): string;
};

/** Reads each file once as long as it does not change: hundreds of hosts ask at the same moment. */
export function knownHostsFiles(): KnownHostsFiles {
  const read = new Map<string, { readonly stamp: string; readonly keys: Promise<readonly KnownKey[]> }>();
  const salts = new Map<string, Buffer>();
  let last: Promise<unknown> = Promise.resolve();
  return {
    async read(file) {
      const stamp = await stat(file).then(
        ({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`,
        () => undefined,
      );
      if (stamp === undefined) return [];
      const known = read.get(file);
      if (known?.stamp === stamp) return known.keys;
      const keys = readFile(file, "latin1").then(
        (text) => parseKnownHosts(text, file),
        () => [],
      );
      read.set(file, { stamp, keys });
      return keys;
    },
    hashed(name) {
      const salt = salts.get(name) ?? randomBytes(20);
      salts.set(name, salt);
      return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`;
    },
    append(file, line) {
      const result = last.then(() => appendLine(file, line));
      last = result;
      return result;
    },
  };
}

/** Appends a whole line in one write, on a line of its own: other programs may do so at the same moment. */
async function appendLine(file: string, line: string): Promise<string | undefined> {
  try {
    // One level, as ssh does: `~/.ssh` may be missing, more than that is a mistake in the path.
    await mkdir(dirname(file), { mode: 0o700 }).catch(() => undefined);
    const handle = await open(file, "a+", 0o600);
    try {
      const text = await handle.readFile("latin1");
      if (text.split("\n").includes(line)) return undefined;
      await appendFile(handle, `${text === "" || text.endsWith("\n") ? "" : "\n"}${line}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
