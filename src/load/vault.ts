import { createDecipheriv, createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";
import { Secret, type Opened, type Opener } from "../model/secret.ts";

/** What the first line of every text says that ansible-vault has encrypted. */
export const VAULT_MARK = "$ANSIBLE_VAULT";

const HOW = "--vault-password-file FILE gives the password, or $ANSIBLE_VAULT_PASSWORD_FILE";

/** Opens what ansible-vault encrypted with one of the passwords; each text once, since its key takes long to make. */
export function openerOf(passwords: readonly Uint8Array[]): Opener {
  const known = new Map<string, Opened>();
  return (text) => {
    const found = known.get(text) ?? open(text, passwords);
    known.set(text, found);
    return found;
  };
}

function open(text: string, passwords: readonly Uint8Array[]): Opened {
  if (passwords.length === 0 && text.trimStart().startsWith(VAULT_MARK))
    return { problem: "it is encrypted by ansible-vault, and no password was given", hint: HOW };
  const sealed = takeApart(text);
  if (typeof sealed === "string") return { problem: sealed, hint: "encrypt it again: `ansible-vault encrypt_string`" };
  for (const password of passwords) {
    const bytes = decrypt(sealed, password);
    if (bytes === undefined) continue;
    try {
      return { secret: new Secret(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)) };
    } catch {
      return { problem: "what ansible-vault has encrypted here is not text in UTF-8", hint: "only texts are read" };
    }
  }
  const which = passwords.length === 1 ? "the vault password does not open it" : "none of the vault passwords opens it";
  return { problem: `it is encrypted by ansible-vault, and ${which}`, hint: HOW };
}

type Sealed = { readonly salt: Buffer; readonly mac: Buffer; readonly data: Buffer };

/** `$ANSIBLE_VAULT;1.2;AES256;id`, then lines of hexadecimal digits that stand for three more such texts. */
function takeApart(text: string): Sealed | string {
  const [head = "", ...lines] = text.trim().split(/\r?\n/);
  const [mark, version = "", cipher = ""] = head.split(";").map((part) => part.trim());
  if (mark !== VAULT_MARK || !/^1\.[12]$/.test(version)) return "this is no text that ansible-vault has encrypted";
  if (cipher !== "AES256") return `ansible-vault has encrypted it by ${cipher}, and only AES256 is read`;
  const body = hexadecimal(lines.map((line) => line.trim()).join(""));
  const parts = body?.toString("latin1").split("\n").map(hexadecimal);
  const [salt, mac, data] = parts?.length === 3 ? parts : [];
  if (salt === undefined || mac === undefined || data === undefined)
    return "what ansible-vault has encrypted is damaged";
  return { salt, mac, data };
}

function hexadecimal(text: string): Buffer | undefined {
  return /^(?:[\da-f]{2})+$/i.test(text) ? Buffer.from(text, "hex") : undefined;
}

function decrypt({ salt, mac, data }: Sealed, password: Uint8Array): Buffer | undefined {
  const key = pbkdf2Sync(password, salt, 10_000, 80, "sha256");
  const expected = createHmac("sha256", key.subarray(32, 64)).update(data).digest();
  if (expected.length !== mac.length || !timingSafeEqual(expected, mac)) return undefined;
  const cipher = createDecipheriv("aes-256-ctr", key.subarray(0, 32), key.subarray(64, 80));
  const padded = Buffer.concat([cipher.update(data), cipher.final()]);
  return padded.subarray(0, padded.length - (padded.at(-1) ?? 0));
}
