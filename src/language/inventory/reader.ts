import { isSecret, Secret } from "../../model/secret.ts";
import type { Variable } from "./draft.ts";
import { later, type Refusal } from "./refusal.ts";
import { parsePort } from "./address.ts";
import { SECRETS } from "./variables.ts";

/** Something in a variable that does not do for a host. */
export type Complaint = { readonly variable: Variable; readonly name: string } & Refusal;

/** The names of one thing; where several are set the last one counts. */
export type Names = readonly string[];

/** A host's variables with what was found wrong in them so far. */
export type Reader = { readonly vars: ReadonlyMap<string, Variable>; readonly complaints: Complaint[] };

const WORDS: ReadonlyMap<string, boolean> = new Map([
  ...["yes", "on", "1", "true", "t", "y"].map((word) => [word, true] as const),
  ...["no", "off", "0", "false", "f", "n"].map((word) => [word, false] as const),
]);

/** A text that is no template; empty ones count as not set. */
export function text(reader: Reader, names: Names): string | undefined {
  const [name, variable] = usable(reader, names);
  if (variable === undefined) return undefined;
  if (typeof variable.value === "string") return variable.value;
  return expected(reader, name, variable, "a text", "put it in quotes");
}

/** The variable that counts if it is set to what can be read: no empty text and no template. */
function usable(reader: Reader, names: Names): readonly [string, Variable | undefined] {
  const [name, variable] = find(reader, names);
  if (variable === undefined || variable.value === "") return [name, undefined];
  if (isSecret(variable.value)) {
    complain(reader, name, {
      message: "it is encrypted, and it would be shown and put on record",
      hint: OPENLY,
      later: true,
    });
    return [name, undefined];
  }
  // Lines of ssh arguments are looked at piece by piece.
  if (typeof variable.value !== "string" || name.endsWith("_args") || !/\{\{|\{%/.test(variable.value))
    return [name, variable];
  complain(reader, name, later("a template", ITSELF));
  return [name, undefined];
}

const ITSELF = "write the value itself: the only template that is read is `{{ inventory_dir }}/` in paths of files";
/** For what is no password. */
export const OPENLY = "only passwords and secret inputs may be encrypted: write it where it can be read";

/** A text in which `error` finds nothing wrong. */
export function checked(reader: Reader, names: Names, error: (text: string) => string | undefined): string | undefined {
  const value = text(reader, names);
  const wrong = value === undefined ? undefined : error(value);
  if (wrong === undefined) return value;
  complain(reader, find(reader, names)[0], { message: `\`${value}\`: ${wrong}` });
  return undefined;
}

/** A password: a text that is never shown. */
export function secret(reader: Reader, names: Names): Secret | undefined {
  const [name, variable] = find(reader, names);
  if (!isSecret(variable?.value)) {
    const value = text(reader, names);
    return value === undefined ? undefined : new Secret(value);
  }
  const opened = variable.value instanceof Secret ? { secret: variable.value } : variable.value.open();
  if ("problem" in opened) {
    complain(reader, name, { message: opened.problem, hint: opened.hint, later: true });
    return undefined;
  }
  const value = opened.secret.reveal();
  if (!/\{\{|\{%/.test(value)) return value === "" ? undefined : opened.secret;
  complain(reader, name, later("a template", ITSELF));
  return undefined;
}

/** A port, written as a number or as a text. */
export function port(reader: Reader, names: Names): number | undefined {
  const [name, variable] = usable(reader, names);
  if (variable === undefined) return undefined;
  const { value } = variable;
  const found = typeof value === "number" || typeof value === "string" ? parsePort(String(value).trim()) : undefined;
  return found ?? expected(reader, name, variable, "a port, 1 to 65535");
}

/** A yes or no in any of Ansible's spellings. */
export function flag(reader: Reader, names: Names): boolean | undefined {
  const [name, variable] = usable(reader, names);
  if (variable === undefined) return undefined;
  const { value } = variable;
  const word = typeof value === "string" ? value.toLowerCase() : JSON.stringify(value);
  return WORDS.get(word) ?? expected(reader, name, variable, "yes or no");
}

/** The variable that counts among several names for one thing; undefined when none is set. */
export function find({ vars }: Reader, names: Names): readonly [string, Variable | undefined] {
  const name = names.findLast((each) => (vars.get(each)?.value ?? null) !== null) ?? names[0] ?? "";
  const variable = vars.get(name);
  return [name, variable?.value === null ? undefined : variable];
}

/** Complains about a value of the wrong kind, without showing it if it is secret. */
export function expected(reader: Reader, name: string, { value }: Variable, what: string, hint?: string): undefined {
  const got = SECRETS.has(name) ? typeof value : shown(value);
  complain(reader, name, { message: `expected ${what}, got ${got}`, ...(hint === undefined ? {} : { hint }) });
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  return typeof value === "string" ? `\`${value}\`` : `the ${typeof value} ${JSON.stringify(value)}`;
}

/** Notes what is wrong with a variable that is set. */
export function complain({ vars, complaints }: Reader, name: string, refusal: Refusal): void {
  const variable = vars.get(name);
  if (variable !== undefined) complaints.push({ variable, name, ...refusal });
}
