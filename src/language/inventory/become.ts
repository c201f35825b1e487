import type { BecomeMeans } from "../../model/inventory.ts";
import { complain, find, text, type Names, type Reader } from "./reader.ts";
import { later } from "./refusal.ts";
import { BECOME, VARIABLES } from "./variables.ts";
import { splitWords } from "./words.ts";

/** What becomes of a flag: it is what we do anyway, it is passed on, or passed on with the word after it. */
type Fate = "ours" | "flag" | "value";

const FLAGS: Readonly<Record<BecomeMeans["method"], Readonly<Record<string, Fate>>>> = {
  sudo: {
    ...all("ours", "-H", "-S", "-n", "--set-home", "--stdin", "--non-interactive"),
    ...all("flag", "-E", "-i", "-k", "-P", "--preserve-env", "--login", "--reset-timestamp", "--preserve-groups"),
    ...all("value", "-g", "-r", "-t", "--group", "--role", "--type"),
  },
  su: all("flag", "-", "-l", "-m", "-p", "--login", "--preserve-environment"),
  doas: all("ours", "-n"),
};

/** The shells that su may be told to take: what it then reads is the same. */
const POSIX_SHELL = /^(?:-s ?|--shell[= ])(?:\/[\w./]*\/)?(?:sh|ash|bash|dash|ksh|zsh)$/;

/** How another user is become, as far as the inventory says more than sudo; complains about what cannot be honoured. */
export function becomeMeans(reader: Reader): BecomeMeans | undefined {
  const method = methodOf(reader);
  const names = BECOME[method];
  const program = programOf(reader, names.exe) ?? method;
  const flags = flagsOf(reader, method, names.flags);
  if (method === "sudo" && program === method && flags.length === 0) return undefined;
  return { method, program, flags };
}

/** The names that count for the method which the inventory wants. */
export function becomeNames(reader: Reader): { readonly user: Names; readonly password: Names } {
  return BECOME[known(reader.vars.get(VARIABLES.becomeMethod[0])?.value) ?? "sudo"];
}

function methodOf(reader: Reader): BecomeMeans["method"] {
  const written = text(reader, VARIABLES.becomeMethod);
  const method = written === undefined ? "sudo" : known(written);
  if (method !== undefined) return method;
  complain(reader, VARIABLES.becomeMethod[0], later(`the become method ${written}`, "sudo, su and doas are"));
  return "sudo";
}

function known(value: unknown): BecomeMeans["method"] | undefined {
  const name = typeof value === "string" ? value.replace(/^(?:ansible\.builtin|community\.general)\./, "") : "";
  return name === "sudo" || name === "su" || name === "doas" ? name : undefined;
}

function programOf(reader: Reader, names: Names): string | undefined {
  const program = text(reader, names);
  if (program === undefined || /^[\w./][\w./+-]*$/.test(program)) return program;
  const what = later(
    `\`${program}\` in place of the program`,
    "write one name or path; `sudo su -` is the method sudo",
  );
  complain(reader, find(reader, names)[0], what);
  return undefined;
}

function flagsOf(reader: Reader, method: BecomeMeans["method"], names: Names): readonly string[] {
  const line = text(reader, names) ?? "";
  const words = splitWords(line)?.flatMap((word) => (/^-[A-Za-z]{2,}$/.test(word) ? singly(word) : [word]));
  const refuse = (what: string): void =>
    complain(reader, find(reader, names)[0], later(`${what} of ${method}`, taken(method)));
  const flags: string[] = [];
  const rest = words ?? [line];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const fate = Object.hasOwn(FLAGS[method], word) ? FLAGS[method][word] : undefined;
    const shell = method === "su" && /^(?:-s|--shell)$/.test(word) ? `${word} ${rest.shift() ?? ""}` : word;
    if (fate === "flag") flags.push(word);
    else if (fate === "value" && rest.length > 0) flags.push(word, rest.shift() ?? "");
    else if (fate !== "ours" && !(method === "su" && POSIX_SHELL.test(shell))) refuse(`\`${shell}\``);
  }
  return flags;
}

/** `-HSn` as `-H -S -n`. */
function singly(word: string): string[] {
  return Array.from(word.slice(1), (letter) => `-${letter}`);
}

function taken(method: BecomeMeans["method"]): string {
  const names = Object.keys(FLAGS[method]).filter((flag) => /^-.?$/.test(flag));
  return `these are: ${[...names, ...(method === "su" ? ["-s sh"] : [])].join(", ")}`;
}

function all(fate: Fate, ...flags: readonly string[]): Readonly<Record<string, Fate>> {
  return Object.fromEntries(flags.map((flag) => [flag, fate]));
}
