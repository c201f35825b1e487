import * as z from "zod";

/** What stands in place of a secret. */
export const MASK = "••••••";

/** A value that prints as dots everywhere; only `reveal` gives it, and only the code that sends it to a host calls that. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return MASK;
  }
  toJSON(): string {
    return MASK;
  }
}

/** What became of opening something encrypted: a secret, or why not and what to do. */
export type Opened = { readonly secret: Secret } | { readonly problem: string; readonly hint: string };

/** Opens a text that was encrypted. */
export type Opener = (text: string) => Opened;

/** A value that is encrypted where it stands; opened only where it is needed, and dots everywhere else. */
export class Encrypted {
  readonly #open: () => Opened;
  constructor(open: () => Opened) {
    this.#open = open;
  }
  open(): Opened {
    return this.#open();
  }
  toString(): string {
    return MASK;
  }
  toJSON(): string {
    return MASK;
  }
}

/** Whether a value is hidden from everybody. */
export function isSecret(value: unknown): value is Secret | Encrypted {
  return value instanceof Secret || value instanceof Encrypted;
}

/** Text in which every known secret is masked: the only kind that an event, a card or a log takes. */
export const Masked = z.string().brand<"Masked">();
export type Masked = z.infer<typeof Masked>;

/**
 * Masks every secret of the run in `text`, the longest first.
 * Secrets shorter than 4 characters are left alone line by line only where they are a whole word, so that a PIN of `1` does not black out every digit.
 */
export function mask(text: string, secrets: readonly Secret[]): Masked {
  const values = formsOf(secrets)
    .filter((value) => value.trim() !== "")
    .toSorted((a, b) => b.length - a.length);
  return values.reduce((masked, value) => hide(masked, value), text) as Masked;
}

/** What may be seen of secrets: each whole, line by line, and as a JSON string holds it. */
export function formsOf(secrets: readonly Secret[]): readonly string[] {
  const values = secrets.flatMap((secret) => [secret.reveal(), ...secret.reveal().split("\n")]);
  return [...new Set(values.flatMap((value) => [value, JSON.stringify(value).slice(1, -1)]))];
}

function hide(text: string, value: string): string {
  if (value.length >= 4) return text.replaceAll(value, MASK);
  const literal = value.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  return text.replaceAll(new RegExp(`(?<![\\w])${literal}(?![\\w])`, "g"), MASK);
}

/** Says that a text written by us holds nothing of a host's or a user's. */
export function plain(text: string): Masked {
  return text as Masked;
}
