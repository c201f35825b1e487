import type { HostKeyChecking } from "../../model/inventory.ts";
import { parsePort, userError } from "./address.ts";
import { absolutePath, markTemplates, templateIn, type Directories } from "./path.ts";
import { later, type Refusal } from "./refusal.ts";
import { splitWords } from "./words.ts";

/** What `-o` options say, each where it was said first. */
export type SshOptions = {
  port?: number;
  user?: string;
  identitiesOnly?: boolean;
  hostKeyChecking?: HostKeyChecking;
  userKnownHosts?: readonly string[];
  globalKnownHosts?: readonly string[];
  /** Every one counts; undefined: none was named. `IdentityFile=none` is an empty list. */
  keyFiles?: readonly string[];
};

type Setter = (options: SshOptions, values: readonly string[], directories: Directories) => Refusal | undefined;

const YES: Readonly<Record<string, boolean>> = { yes: true, true: true, no: false, false: false };
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
const OPTIONS: Readonly<Record<string, Setter>> = {
  port: one((options, value) => {
    const port = parsePort(value);
    if (port === undefined) return unfit(value, "a number from 1 to 65535");
    options.port ??= port;
    return undefined;
  }),
  user: one((options, value) => {
    const error = userError(value);
    if (error !== undefined) return templateIn(value) ?? { message: error };
    options.user ??= value;
    return undefined;
  }),
  identitiesonly: one((options, value) => {
    const yes = lookUp(YES, value);
    if (yes === undefined) return unfit(value, "yes or no");
    options.identitiesOnly ??= yes;
    return undefined;
  }),
  stricthostkeychecking: one((options, value) => {
    const checking = lookUp(CHECKING, value);
    if (checking === undefined) return unfit(value, "yes, no or accept-new");
    options.hostKeyChecking ??= checking;
    return undefined;
  }),
  identityfile: one((options, value, directories) =>
    withFiles([value], directories, (files) => {
      options.keyFiles = [...(options.keyFiles ?? []), ...files];
    }),
  ),
  userknownhostsfile: (options, values, directories) =>
    withFiles(values, directories, (files) => {
      options.userKnownHosts ??= files;
    }),
  globalknownhostsfile: (options, values, directories) =>
    withFiles(values, directories, (files) => {
      options.globalKnownHosts ??= files;
    }),
};
const KNOWN =
  "of the `-o` options UserKnownHostsFile, GlobalKnownHostsFile, IdentityFile, IdentitiesOnly, StrictHostKeyChecking, Port and User are read";
/** Flags of ssh that stand for an option that is read. */
const FLAGS: Readonly<Record<string, string>> = { "-i": "-o IdentityFile=…", "-p": "-o Port=…", "-l": "-o User=…" };

/** Reads a line such as `-o IdentitiesOnly=yes -o "UserKnownHostsFile a b"` into `options` and says what it refuses. What is set already stays. */
export function readSshArguments(line: string, options: SshOptions, directories: Directories): Refusal[] {
  const marked = markTemplates(line);
  if (typeof marked !== "string") return [marked];
  const words = splitWords(marked);
  if (words === undefined) return [{ message: "a quote is not closed" }];
  const refusals: Refusal[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? "";
    if (word.startsWith("-o")) {
      const option = word === "-o" ? words[(index += 1)] : word.slice(2);
      refusals.push(...readOption(option, options, directories));
    } else {
      const hint = FLAGS[word.slice(0, 2)];
      refusals.push(later(word, hint === undefined ? KNOWN : `write \`${hint}\``));
      // The value of a refused flag is no mistake of its own.
      if (/^-[BbcDEeFIiJLlmpQRSWw]$/.test(word)) index += 1;
    }
  }
  return refusals;
}

function readOption(option: string | undefined, options: SshOptions, directories: Directories): Refusal[] {
  const [, name, rest = ""] = /^\s*([a-z0-9]+)(?:\s*=\s*|\s+|$)(.*)$/is.exec(option ?? "") ?? [];
  if (name === undefined) return [{ message: "`-o` has no option after it", hint: "write `-o Name=value`" }];
  const key = name.toLowerCase();
  const set = Object.hasOwn(OPTIONS, key) ? OPTIONS[key] : undefined;
  if (set === undefined) return [later(name, KNOWN)];
  const values = splitWords(rest);
  if (values === undefined) return [{ message: `${name}: a quote is not closed` }];
  if (values.length === 0) return [{ message: `${name} has no value`, hint: `write \`-o ${name}=value\`` }];
  const refusal = set(options, values, directories);
  return refusal === undefined ? [] : [{ ...refusal, message: `${name}: ${refusal.message}` }];
}

/** A setter of an option that takes one value, which is no template. */
function one(set: (options: SshOptions, value: string, directories: Directories) => Refusal | undefined): Setter {
  return (options, values, directories) => {
    const [value = "", more] = values;
    if (more !== undefined) return unfit(values.join(" "), "one value (in quotes if it holds spaces)");
    return set(options, value, directories);
  };
}

function withFiles(
  values: readonly string[],
  directories: Directories,
  keep: (files: readonly string[]) => void,
): Refusal | undefined {
  const named = values.length === 1 && values[0]?.toLowerCase() === "none" ? [] : values;
  const files: string[] = [];
  for (const value of named) {
    const file = absolutePath(value, directories);
    if (typeof file !== "string") return file;
    files.push(file);
  }
  keep(files);
  return undefined;
}

function lookUp<T>(table: Readonly<Record<string, T>>, value: string): T | undefined {
  const key = value.toLowerCase();
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function unfit(value: string, expected: string): Refusal {
  return templateIn(value) ?? { message: `expected ${expected}, got \`${value}\`` };
}
