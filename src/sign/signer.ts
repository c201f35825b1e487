import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { FaultError, type Fault } from "../model/fault.ts";
import { NAMESPACE, runProgram, withPrivateFiles, wordsOf } from "./keygen.ts";

/** A key to sign with: a file with a private key, or with a public one whose private half is in the agent; or the public key itself. */
export type SigningKey = { readonly file: string } | { readonly publicKey: string };

/** What is said while a key is asked for. */
const ROUTINE = /^(?:Signing file |Write signature to )/;

/**
 * Signs each text with the key, in order; an encrypted key asks for its passphrase on the terminal, once. `tell` hears what the key wants
 * meanwhile, such as a touch. Throws a usage fault that says why there is no signature.
 */
export async function signTexts(
  texts: readonly string[],
  key: SigningKey,
  tell: (line: string) => void,
): Promise<readonly string[]> {
  if (texts.length === 0) return [];
  const names = texts.map((_, index) => `${index + 1}`);
  const files = Object.fromEntries(texts.map((text, index): [string, string] => [`${index + 1}`, text]));
  const own = "publicKey" in key ? { "key.pub": `${key.publicKey}\n` } : {};
  return withPrivateFiles({ ...files, ...own }, async (directory) => {
    const path = "file" in key ? key.file : join(directory, "key.pub");
    const shown = "file" in key ? key.file : key.publicKey.slice(0, 40);
    const argv = ["-Y", "sign", "-n", NAMESPACE, "-f", path, ...names.map((name) => join(directory, name))];
    const said = await runProgram("ssh-keygen", argv, "terminal", (line) => {
      if (!ROUTINE.test(line)) tell(line);
    });
    const signatures = await Promise.all(names.map((name) => readIfThere(join(directory, `${name}.sig`))));
    const whole = signatures.filter((signature) => signature !== null);
    if (said.code !== 0 || whole.length < texts.length) throw new FaultError(unsigned(shown, wordsOf(said)));
    return whole;
  });
}

function unsigned(key: string, words: string): Fault {
  const locked = /passphrase/.test(words);
  return {
    kind: "usage",
    where: `--sign ${key}`,
    message: `nothing was signed: ${words}`,
    hint: locked
      ? "run it on a terminal, where the passphrase can be asked for, or load the key into ssh-agent (ssh-add)"
      : "name a private key, or a public key whose private half is in ssh-agent",
  };
}

async function readIfThere(path: string): Promise<string | null> {
  return readFile(path, "utf8").catch(() => null);
}

const USUAL = ["id_ed25519", "id_ecdsa", "id_rsa"];

/**
 * The key that is meant when none is named: the one that git signs with (`user.signingkey`, where `gpg.format` is `ssh`), else the only key
 * of the agent, else the first of the usual files in `~/.ssh`. Throws a usage fault when there is none, or no telling which.
 */
export async function defaultKey(home: string): Promise<SigningKey> {
  const ofGit = await gitKey(home);
  if (ofGit !== null) return ofGit;
  const agent = (await runProgram("ssh-add", ["-L"], { text: "" })).out.split("\n").filter(isPublicKey);
  const [first] = agent;
  if (first !== undefined && agent.length === 1) return { publicKey: first };
  const file = USUAL.map((name) => join(home, ".ssh", name)).find((path) => existsSync(path));
  if (file !== undefined && agent.length === 0) return { file };
  const several = `the agent has ${agent.length} keys, and nothing says which of them`;
  throw new FaultError({
    kind: "usage",
    where: "--sign",
    message: agent.length > 1 ? several : "there is no key to sign with: none in ~/.ssh, none in an agent",
    hint: "name one: --sign ~/.ssh/KEY, or KEY.pub where the private half is in the agent",
  });
}

async function gitKey(home: string): Promise<SigningKey | null> {
  const format = await runProgram("git", ["config", "--global", "gpg.format"], { text: "" });
  if (format.code !== 0 || format.out.trim() !== "ssh") return null;
  const named = (await runProgram("git", ["config", "--global", "user.signingkey"], { text: "" })).out.trim();
  if (named === "") return null;
  const literal = named.replace(/^key::/, "");
  if (isPublicKey(literal)) return { publicKey: literal };
  return { file: named.startsWith("~/") ? join(home, named.slice(2)) : named };
}

function isPublicKey(line: string): boolean {
  return /^(?:ssh-|ecdsa-|sk-)\S+ [A-Za-z0-9+/=]+/.test(line);
}
