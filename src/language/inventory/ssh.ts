import { markTemplates, type Directories } from "./path.ts";
import { later, type Refusal } from "./refusal.ts";
import { readSshOption, type SshOptions } from "./ssh-options.ts";
import { splitWords } from "./words.ts";

/** Flags of ssh that stand for an option; their value follows, but for those that bring it. */
const FLAGS: Readonly<Record<string, string | readonly [name: string, values: readonly string[]]>> = {
  F: "ConfigFile",
  i: "IdentityFile",
  p: "Port",
  l: "User",
  J: "ProxyJump",
  c: "Ciphers",
  m: "MACs",
  b: "BindAddress",
  B: "BindInterface",
  I: "PKCS11Provider",
  S: "ControlPath",
  A: ["ForwardAgent", ["yes"]],
  a: ["ForwardAgent", ["no"]],
  4: ["AddressFamily", ["inet"]],
  6: ["AddressFamily", ["inet6"]],
};
/** Flags without a value that change nothing for us; and those with one. */
const IGNORED = /[CKkMNTXYfgnqstvxy]/;
const IGNORED_WITH_VALUE = /[eEO]/;
const FORWARDINGS = /[DLRwW]/;
const TAKES_VALUE = /[oeEODLRwW]/;

/** Reads a line such as `-J bastion -o "UserKnownHostsFile a b"` into `options` and says what it refuses. What is set already stays. */
export function readSshArguments(line: string, options: SshOptions, directories: Directories): Refusal[] {
  const marked = markTemplates(line);
  if (typeof marked !== "string") return [marked];
  const words = splitWords(marked);
  if (words === undefined) return [{ message: "a quote is not closed" }];
  const refusals: Refusal[] = [];
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (/^-[^-]/.test(word)) refusals.push(...readFlags(word.slice(1), rest, options, directories));
    else refusals.push(later(word, "only options of ssh are read here, such as `-o Name=value`"));
  }
  return refusals;
}

/** Reads one option into `options`, or says why it does not do. A `ProxyCommand` that is `ssh -W %h:%p HOST` is a jump host by another name. */
export function readSetting(
  name: string,
  values: readonly string[],
  options: SshOptions,
  directories: Directories,
): Refusal | undefined {
  const open = name.toLowerCase() === "proxycommand" && options.jumps === undefined;
  const jump = open ? jumpOf(values, directories) : undefined;
  if (jump === undefined) return readSshOption(name, values, options, directories);
  options.jumps = [jump.host];
  options.jumpSettings = jump.settings;
  return undefined;
}

/** The jump host that a command stands for, with what the command says of it; undefined: the command is something else. */
function jumpOf(
  values: readonly string[],
  directories: Directories,
): { readonly host: string; readonly settings: SshOptions } | undefined {
  const words = values.length === 1 ? splitWords(values[0] ?? "") : values;
  const [program, ...rest] = words?.[0] === "exec" ? words.slice(1) : (words ?? []);
  if (program === undefined || !/^(?:\/.*\/)?ssh$/.test(program) || rest.some((word) => /[|;&<>`(]/.test(word)))
    return undefined;
  const settings: SshOptions = {};
  const hosts: string[] = [];
  let through = false;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, to] = /^-[qxaTn]*W(.*)$/.exec(word) ?? [];
    if (to !== undefined) through = /^(?:%h|\[%h\]):%p$/.test(to || (rest.shift() ?? ""));
    else if (!/^-[^-]/.test(word)) hosts.push(word);
    else if (readFlags(word.slice(1), rest, settings, directories).length > 0) return undefined;
  }
  const [host] = hosts;
  return through && host !== undefined && hosts.length === 1 ? { host, settings } : undefined;
}

/** One word of flags, as getopt takes it apart; a value is the rest of the word or the next one. */
function readFlags(letters: string, rest: string[], options: SshOptions, directories: Directories): Refusal[] {
  for (let at = 0; at < letters.length; at += 1) {
    const letter = letters[at] ?? "";
    if (IGNORED.test(letter)) continue;
    const flag = Object.hasOwn(FLAGS, letter) ? FLAGS[letter] : undefined;
    if (flag !== undefined && typeof flag !== "string") {
      readSetting(...flag, options, directories);
      continue;
    }
    // Nobody knows whether one that ssh does not have would take a value.
    if (flag === undefined && !TAKES_VALUE.test(letter))
      return [later(`-${letter}`, "`ssh(1)` lists the flags of ssh")];
    const value = letters.slice(at + 1) || rest.shift();
    return readFlag(letter, flag, value, options, directories);
  }
  return [];
}

function readFlag(
  letter: string,
  name = "",
  value: string | undefined,
  options: SshOptions,
  directories: Directories,
): Refusal[] {
  if (letter === "o") return readOption(value, options, directories);
  if (IGNORED_WITH_VALUE.test(letter)) return [];
  if (FORWARDINGS.test(letter))
    return [later(`-${letter}`, "nothing is forwarded here; -J reaches hosts behind others")];
  if (value === undefined) return [{ message: `\`-${letter}\` has no value after it` }];
  const refusal = readSetting(name, [value], options, directories);
  return refusal === undefined ? [] : [refusal];
}

function readOption(option: string | undefined, options: SshOptions, directories: Directories): Refusal[] {
  const [, name, rest = ""] = /^\s*([a-z0-9]+)(?:\s*=\s*|\s+|$)(.*)$/is.exec(option ?? "") ?? [];
  if (name === undefined) return [{ message: "`-o` has no option after it", hint: "write `-o Name=value`" }];
  const values = splitWords(rest);
  if (values === undefined) return [{ message: `${name}: a quote is not closed` }];
  if (values.length === 0) return [{ message: `${name} has no value`, hint: `write \`-o ${name}=value\`` }];
  const refusal = readSetting(name, values, options, directories);
  return refusal === undefined ? [] : [refusal];
}
