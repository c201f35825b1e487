import type { HostKeyChecking } from "../../model/inventory.ts";
import type { SshSettings } from "../../model/ssh.ts";
import { didYouMean } from "../suggest.ts";
import { nameError, parseLogin, parsePort, userError } from "./address.ts";
import { absolutePath, templateIn, type Directories } from "./path.ts";
import { later, type Refusal } from "./refusal.ts";
import { IGNORED_OPTIONS, LACKING_OPTIONS, OPENSSH_CAN, REFUSED_OPTIONS } from "./ssh-names.ts";

/** Settings while they are read: each option counts where it was said first. */
export type SshOptions = { -readonly [K in keyof SshSettings]: SshSettings[K] };

type Value<K extends keyof SshSettings> = NonNullable<SshSettings[K]>;
type Read<T> = { readonly value: T } | Refusal;
/** `many`: takes several values, which stand with spaces between them. */
type Option = {
  readonly many?: true;
  readonly set: (options: SshOptions, values: readonly string[], directories: Directories) => Refusal | undefined;
};

const CHECKING: Readonly<Record<string, HostKeyChecking>> = {
  yes: "strict",
  true: "strict",
  ask: "strict",
  "accept-new": "accept-new",
  no: "off",
  false: "off",
  off: "off",
};

/** The options that are read, by their names in lower case (ssh does not mind the case). */
const OPTIONS: Readonly<Record<string, Option>> = {
  hostname: one("hostName", (text) =>
    fit(nameError(text.replaceAll(/%[%h]/g, "x")) === undefined, text, text, "a name or an address"),
  ),
  port: one("port", (text) => {
    const port = parsePort(text);
    return fit(port !== undefined, port ?? 0, text, "a number from 1 to 65535");
  }),
  user: one("user", (text) => {
    const error = userError(text);
    return error === undefined ? { value: text } : { message: error };
  }),
  identitiesonly: flag("identitiesOnly"),
  identityagent: path("identityAgent", /^(?:none|SSH_AUTH_SOCK|\$\w+)$/i),
  forwardagent: path("forwardAgent", /^(?:yes|no|true|false|\$\w+)$/i),
  stricthostkeychecking: one("hostKeyChecking", (text) => {
    const checking = lookUp(CHECKING, text);
    return fit(checking !== undefined, checking ?? "strict", text, "yes, no or accept-new");
  }),
  hostkeyalias: one("hostKeyAlias", (text) => fit(nameError(text) === undefined, text, text, "a name")),
  hashknownhosts: flag("hashKnownHosts"),
  proxyjump: one("jumps", jumps),
  connecttimeout: one("connectTimeout", time),
  serveraliveinterval: one("aliveInterval", time),
  serveralivecountmax: one("aliveCount", number),
  preferredauthentications: one("methods", (text) => ({ value: text.toLowerCase().split(",") })),
  pubkeyauthentication: flag("publicKeys", { unbound: true, "host-bound": true }),
  passwordauthentication: flag("passwords"),
  kbdinteractiveauthentication: flag("prompts"),
  challengeresponseauthentication: flag("prompts"),
  batchmode: flag("batch"),
  bindaddress: one("bindAddress", (text) => fit(nameError(text) === undefined, text, text, "an address")),
  addressfamily: one("addressFamily", (text) => {
    const family = (["any", "inet", "inet6"] as const).find((each) => each === text.toLowerCase());
    return fit(family !== undefined, family ?? "any", text, "any, inet or inet6");
  }),
  requiredrsasize: one("rsaSize", number),
  hostkeyalgorithms: one("hostKeyAlgorithms", algorithms),
  kexalgorithms: one("kex", algorithms),
  ciphers: one("ciphers", algorithms),
  macs: one("macs", algorithms),
  identityfile: added("keyFiles"),
  certificatefile: added("certificateFiles"),
  userknownhostsfile: files("userKnownHosts"),
  globalknownhostsfile: files("globalKnownHosts"),
  // No option of ssh, but its flag -F.
  configfile: path("configFile", /^none$/i),
};

/** Whether it is an option that we know what to do about. */
export function knowsSshOption(name: string): boolean {
  const key = name.toLowerCase();
  return Object.hasOwn(OPTIONS, key) || [IGNORED_OPTIONS, LACKING_OPTIONS, REFUSED_OPTIONS].some((set) => set.has(key));
}

/** Whether an option takes several values, with spaces between them. */
export function takesMany(name: string): boolean {
  return Object.hasOwn(OPTIONS, name.toLowerCase()) && OPTIONS[name.toLowerCase()]?.many === true;
}

/** Reads one option into `options`, or says why it does not do. What changes nothing for us is passed over. */
export function readSshOption(
  name: string,
  values: readonly string[],
  options: SshOptions,
  directories: Directories,
): Refusal | undefined {
  const key = name.toLowerCase();
  if (IGNORED_OPTIONS.has(key)) return undefined;
  const first = values[0]?.toLowerCase();
  if (LACKING_OPTIONS.has(key)) {
    if (first !== "no" && first !== "none") options.lacking = [...new Set([...(options.lacking ?? []), name])];
    return undefined;
  }
  // It says first that there is none, and no later word counts.
  if (key === "proxycommand" && first === "none") options.jumps ??= [];
  const beyond = REFUSED_OPTIONS.get(key);
  if (beyond !== undefined) {
    // As in ssh, the first of the two counts.
    const passed = first === "none" || (key === "proxycommand" && options.jumps !== undefined);
    return passed ? undefined : later(beyond, OPENSSH_CAN);
  }
  const option = Object.hasOwn(OPTIONS, key) ? OPTIONS[key] : undefined;
  if (option === undefined) return unknown(name);
  if (option.many !== true && values.length > 1) {
    const { message, ...refusal } = unfit(values.join(" "), "one value (in quotes if it holds spaces)");
    return { ...refusal, message: `${name}: ${message}` };
  }
  const refusal = option.set(options, values, directories);
  return refusal === undefined ? undefined : { ...refusal, message: `${name}: ${refusal.message}` };
}

function unknown(name: string): Refusal {
  const known = [...Object.keys(OPTIONS), ...IGNORED_OPTIONS, ...LACKING_OPTIONS, ...REFUSED_OPTIONS.keys()];
  return later(name, didYouMean(name, known) ?? "`ssh_config(5)` lists the options of ssh");
}

/** An option that counts where it is said first. */
function one<K extends keyof SshSettings>(
  key: K,
  read: (text: string, directories: Directories) => Read<Value<K>>,
): Option {
  return {
    set(options, [text = ""], directories) {
      const template = templateIn(text);
      if (template !== undefined) return template;
      const answer = read(text, directories);
      if (!("value" in answer)) return answer;
      options[key] ??= answer.value;
      return undefined;
    },
  };
}

type Flag = "identitiesOnly" | "hashKnownHosts" | "publicKeys" | "passwords" | "prompts" | "batch";

function flag(key: Flag, more: Readonly<Record<string, boolean>> = {}): Option {
  const words = { yes: true, true: true, no: false, false: false, ...more };
  return one(key, (text) => {
    const yes = lookUp(words, text);
    return fit(yes !== undefined, yes === true, text, "yes or no");
  });
}

/** A path, or a word that `special` knows. */
function path(key: "identityAgent" | "forwardAgent" | "configFile", special: RegExp): Option {
  return {
    set(options, [text = ""], directories) {
      const file = special.test(text) ? text : absolutePath(text, directories);
      if (typeof file !== "string") return file;
      options[key] ??= file;
      return undefined;
    },
  };
}

function added(key: "keyFiles" | "certificateFiles"): Option {
  return {
    set: (options, values, directories) =>
      withFiles(values, directories, (found) => {
        options[key] = [...(options[key] ?? []), ...found];
      }),
  };
}

function files(key: "userKnownHosts" | "globalKnownHosts"): Option {
  return {
    many: true,
    set: (options, values, directories) =>
      withFiles(values, directories, (found) => {
        options[key] ??= found;
      }),
  };
}

function withFiles(
  values: readonly string[],
  directories: Directories,
  keep: (files: readonly string[]) => void,
): Refusal | undefined {
  const named = values.length === 1 && values[0]?.toLowerCase() === "none" ? [] : values;
  const paths: string[] = [];
  for (const value of named) {
    const file = absolutePath(value, directories);
    if (typeof file !== "string") return file;
    paths.push(file);
  }
  keep(paths);
  return undefined;
}

function jumps(text: string): Read<readonly string[]> {
  if (text.toLowerCase() === "none") return { value: [] };
  const hops = text.split(",").map((hop) => hop.trim().replace(/^ssh:\/\/([^/]*)\/?$/, "$1"));
  const wrong = hops.find((hop) => "error" in parseLogin(hop.replaceAll(/%[%hnpr]/g, "1")));
  return fit(wrong === undefined, hops, wrong ?? "", "hosts as [user@]host[:port], with commas between them");
}

/** `90`, `1m30s`: ssh's way to write a time. */
function time(text: string): Read<number> {
  if (text.toLowerCase() === "none") return { value: 0 };
  const seconds: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
  const parts = [...text.toLowerCase().matchAll(/(\d{1,8})([smhdw]?)/g)];
  const whole = /^(?:\d{1,8}[smhdw]?)+$/i.test(text);
  const sum = parts.reduce((total, [, count, unit = ""]) => total + Number(count) * (seconds[unit] ?? 1), 0);
  return fit(whole, sum, text, "a time, such as 10 or 1m30s");
}

function number(text: string): Read<number> {
  return fit(/^\d{1,6}$/.test(text), Number(text), text, "a number");
}

function algorithms(text: string): Read<string> {
  return fit(/^[+^-]?[\w@.,*?+-]+$/.test(text), text, text, "names of algorithms with commas between them");
}

function fit<T>(fits: boolean, value: T, text: string, expected: string): Read<T> {
  return fits ? { value } : unfit(text, expected);
}

function lookUp<T>(table: Readonly<Record<string, T>>, value: string): T | undefined {
  const key = value.toLowerCase();
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function unfit(value: string, expected: string): Refusal {
  return templateIn(value) ?? { message: `expected ${expected}, got \`${value}\`` };
}
