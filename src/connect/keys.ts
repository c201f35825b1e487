import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ParsedKey } from "ssh2";
import type { Secret } from "../model/secret.ts";

/** A private key, or why there is none: `missing` for a file that is not there. */
export type KeyAnswer = ParsedKey | { readonly missing: true } | { readonly problem: string };

/** Asks a person for a secret (the asker adds the colon); undefined or a rejection when nobody is there or they gave up. */
export type Ask = (prompt: string) => Promise<Secret | undefined>;

/** Private keys of one run, each read and unlocked once for all hosts. */
export type KeyRing = {
  /** The path as people know it, with `~`. */
  shown(path: string): string;
  load(path: string): Promise<KeyAnswer>;
};

const TRIES = 3;

/** A key ring that reads keys below `home` and asks for their passphrases. */
export function keyRing(home: string, ask: Ask | undefined): KeyRing {
  const keys = new Map<string, Promise<KeyAnswer>>();
  const expand = (path: string): string => (path.startsWith("~/") ? join(home, path.slice(2)) : path);
  const shown = (path: string): string => (path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path);
  return {
    shown,
    load(path) {
      const file = expand(path);
      const key = keys.get(file) ?? readKey(file, shown(file), ask);
      keys.set(file, key);
      return key;
    },
  };
}

async function readKey(file: string, shown: string, ask: Ask | undefined): Promise<KeyAnswer> {
  const text = await readFile(file).catch((error: NodeJS.ErrnoException) => error);
  if (text instanceof Error)
    return text.code === "ENOENT" ? { missing: true } : { problem: `cannot be read: ${text.code}` };
  const { default: ssh2 } = await import("ssh2");
  let key = ssh2.utils.parseKey(text);
  for (let tries = 0; key instanceof Error && /passphrase/.test(key.message) && tries < TRIES; tries++) {
    const again = tries === 0 ? "" : `Wrong (${tries} of ${TRIES}). `;
    // Whoever gives up at the prompt has given none.
    const passphrase = await ask?.(`${again}Passphrase of ${shown}`).catch(() => undefined);
    if (passphrase === undefined) return { problem: "is encrypted, and no passphrase was given" };
    key = ssh2.utils.parseKey(text, passphrase.reveal());
  }
  if (!(key instanceof Error)) return key.isPrivateKey() ? key : { problem: "is not a private key" };
  if (/passphrase|decrypt/.test(key.message)) return { problem: "stays locked: wrong passphrase" };
  const looksLikeOne = /^(?:-----BEGIN .*PRIVATE KEY-----|PuTTY-User-Key-File-)/m.test(text.toString("latin1"));
  return { problem: looksLikeOne ? "is of a kind that is not supported" : "holds no private key" };
}
