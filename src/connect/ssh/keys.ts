import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ParsedKey } from "ssh2";
import type { Secret } from "../../model/secret.ts";
import { keyType } from "../hostkeys/knownhosts.ts";

/** A private key, or why there is none: `missing` for a file that is not there. */
export type KeyAnswer = ParsedKey | { readonly missing: true } | { readonly problem: string };

/**
 * Asks a person for a secret (the asker adds the colon); undefined or a rejection when nobody is there or they gave up. `again`: an earlier answer
 * to the same question does not count. `open`: what is typed may be seen.
 */
export type Ask = (
  prompt: string,
  how?: { readonly again: boolean; readonly open: boolean },
) => Promise<Secret | undefined>;

/** Private keys of one run, each read and unlocked once for all hosts. */
export type KeyRing = {
  /** The path as people know it, with `~`. */
  shown(path: string): string;
  load(path: string): Promise<KeyAnswer>;
  /** The public half of a key, as far as it can be told without a passphrase. */
  publicOf(path: string): Promise<Buffer | undefined>;
};

const TRIES = 3;

/** A key ring that reads keys below `home` and asks for their passphrases. */
export function keyRing(home: string, ask: Ask | undefined): KeyRing {
  const keys = new Map<string, Promise<KeyAnswer>>();
  const publics = new Map<string, Promise<Buffer | undefined>>();
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
    publicOf(path) {
      const file = expand(path);
      const known = publics.get(file) ?? readPublic(file);
      publics.set(file, known);
      return known;
    },
  };
}

/** From the private file, where its format tells, else from the public one beside it. A file may be a public one itself, whose private half an agent has. */
async function readPublic(file: string): Promise<Buffer | undefined> {
  const texts = await Promise.all([file, `${file}.pub`].map((each) => readFile(each, "latin1").catch(() => "")));
  for (const text of texts) {
    const [, line] = /^(?:ssh|ecdsa|sk)-\S+ ([A-Za-z0-9+/=]+)/.exec(text) ?? [];
    if (line !== undefined) return Buffer.from(line, "base64");
    const [, body] = /^-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+)-----END/.exec(text) ?? [];
    const blob = body === undefined ? undefined : publicHalf(Buffer.from(body, "base64"));
    if (blob !== undefined) return blob;
  }
  return undefined;
}

const MAGIC = "openssh-key-v1\0";

/** After the magic: cipher, key derivation and its options as strings, the number of keys, and the public halves, which are never encrypted. */
function publicHalf(key: Buffer): Buffer | undefined {
  if (key.toString("latin1", 0, MAGIC.length) !== MAGIC) return undefined;
  let at = MAGIC.length;
  for (let field = 0; field < 3 && at + 4 <= key.length; field += 1) at += 4 + key.readUInt32BE(at);
  at += 4;
  if (at + 4 > key.length || at + 4 + key.readUInt32BE(at) > key.length) return undefined;
  return key.subarray(at + 4, at + 4 + key.readUInt32BE(at));
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
  const type = keyType((await readPublic(file)) ?? Buffer.alloc(0));
  if (type.startsWith("sk-")) return { problem: "is a FIDO key" };
  const looksLikeOne = /^(?:-----BEGIN .*PRIVATE KEY-----|PuTTY-User-Key-File-)/m.test(text.toString("latin1"));
  return { problem: looksLikeOne ? "is of a kind that is not supported" : "holds no private key" };
}
