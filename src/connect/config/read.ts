import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import PQueue from "p-queue";
import type { Fault } from "../../model/fault.ts";
import { isFault } from "../../model/fault.ts";
import type { Host } from "../../model/inventory.ts";
import { kindOf, type Kind, kindsOfFiles, nameLike } from "./blocks.ts";

/** Option (in lower case) → the values that ssh's configuration gives it, but for those that ssh has by itself. */
export type ConfigLines = ReadonlyMap<string, readonly string[]>;

/** What ssh's own configuration says of a host, as `ssh -G` tells it. */
export type ConfigReader = (host: Host) => Promise<ConfigLines | Fault>;

/** Where the configuration is. `file`: instead of the usual files, as with `-F`; `none` for none. */
export type ConfigPlace = { readonly home: string; readonly file?: string };

/** One configuration: what makes ssh read it, and what tells hosts apart in it. */
type Source = { readonly args: readonly string[]; readonly asked: boolean; readonly kind: Kind };

const SYSTEM = "/etc/ssh/ssh_config";
/** What ssh said when it was asked of an address. */
type Told = { readonly address: string; readonly lines: ConfigLines };

/** ssh processes at once; each takes a few ms. */
const AT_ONCE = 4;
/** ms; a `Match exec` may run anything. */
const PATIENCE = 10_000;
const NOTHING: ConfigLines = new Map();

/** A reader that starts ssh only where there is a configuration, and once for all hosts of which it says the same. */
export function configReader({ home, file }: ConfigPlace): ConfigReader {
  const queue = new PQueue({ concurrency: AT_ONCE });
  const sources = new Map<string, Promise<Source | Fault | null>>();
  const answers = new Map<string, Promise<Told | Fault>>();
  const usually = new Map<string, Promise<ConfigLines | Fault>>();
  const ask = (args: readonly string[], address: string): Promise<ConfigLines | Fault | null> =>
    queue.add(() => askSsh([...args, "--", address]));

  return async (host) => {
    const wanted = host.ssh?.configFile ?? file;
    const source = await once(sources, wanted ?? "", () => sourceOf(wanted, home));
    if (source === null || isFault(source)) return source ?? NOTHING;
    const { args, asked, kind } = source;
    if (kind !== null && kind.plain !== null) return kind.plain;
    const user = host.user === undefined ? [] : ["-l", host.user];
    const { address } = host;
    const told = (of: string): Promise<Told | Fault> =>
      once(answers, JSON.stringify([args, user, of]), async () => {
        const said = await ask([...args, ...user], address);
        if (said === null) return asked ? noSsh(wanted ?? "") : { address, lines: NOTHING };
        if (isFault(said)) return said;
        const usual = await once(usually, "", async () => (await ask(["-F", "none"], "x")) ?? NOTHING);
        return isFault(usual) ? usual : { address, lines: without(said, usual, address) };
      });
    const shared = await told(kindOf(kind, address));
    const own = isFault(shared) ? shared : (linesFor(address, shared, kind) ?? (await told(`=${address}`)));
    if (isFault(own)) return { ...own, where: host.name };
    return own.lines;
  };
}

function once<T>(map: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = map.get(key) ?? make();
  map.set(key, known);
  return known;
}

/** What was told of one host, for all of its kind: only the name may be another. Undefined: ssh must be asked again. */
function linesFor(address: string, { address: asked, lines }: Told, kind: Kind): Told | undefined {
  const [hostName] = lines.get("hostname") ?? [];
  if (hostName === undefined || address === asked) return { address, lines };
  const name = nameLike(kind, { address: asked, hostName }, address);
  return name === undefined ? undefined : { address, lines: new Map([...lines, ["hostname", [name]]]) };
}

/** ssh takes the home from the system, we from `$HOME`: where they differ, ours is the one that is meant. */
async function sourceOf(wanted: string | undefined, home: string): Promise<Source | Fault | null> {
  if (wanted?.toLowerCase() === "none") return null;
  if (wanted !== undefined) {
    const file = wanted.startsWith("~/") ? join(home, wanted.slice(2)) : wanted;
    if (!(await isThere(file))) return missing(wanted);
    return { args: ["-F", file], asked: true, kind: await kindsOfFiles([file], home) };
  }
  const own = join(home, ".ssh/config");
  const files: string[] = [];
  for (const each of [own, SYSTEM]) if (await isThere(each)) files.push(each);
  const [first] = files;
  if (first === undefined) return null;
  const usual = home === homeOfUser();
  const read = usual ? files : [first];
  return { args: usual ? [] : ["-F", first], asked: false, kind: await kindsOfFiles(read, home) };
}

function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => !found.isDirectory(),
    () => false,
  );
}

function homeOfUser(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    return undefined;
  }
}

/** What `ssh -G` prints; null: there is no ssh on this machine. */
function askSsh(args: readonly string[]): Promise<ConfigLines | Fault | null> {
  return new Promise((resolve) => {
    const options = { timeout: PATIENCE, killSignal: "SIGKILL", env: { ...process.env, LC_ALL: "C" } } as const;
    const child = execFile("ssh", ["-G", ...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(linesOf(stdout));
      else if (error.code === "ENOENT") resolve(null);
      else resolve(unreadable(error.killed === true ? `no answer within ${PATIENCE / 1000} s` : wordsOf(stderr)));
    });
    child.stdin?.end();
  });
}

/** Without the closing summary, and what is said of the terminal that we do not have. */
function wordsOf(stderr: string): string {
  const lines = stderr.split(/\r?\n/).filter((line) => line !== "" && !/Pseudo-terminal|terminating,/.test(line));
  return lines.join("; ") || "it does not say why";
}

function linesOf(text: string): ConfigLines {
  const lines = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [, name, value] = /^(\S+) (.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const key = name.toLowerCase();
    lines.set(key, [...(lines.get(key) ?? []), value]);
  }
  return lines;
}

/** What is said beside what ssh has by itself; a name that is the address itself says nothing. */
function without(said: ConfigLines, usual: ConfigLines, address: string): ConfigLines {
  const differs = ([name, values]: readonly [string, readonly string[]]): boolean => {
    if (name === "host") return false;
    if (name === "hostname") return values[0]?.toLowerCase() !== address.toLowerCase();
    return values.join("\n") !== usual.get(name)?.join("\n");
  };
  return new Map([...said].filter(differs));
}

function unreadable(why: string): Fault {
  return {
    kind: "unreachable",
    message: `ssh's configuration cannot be read: ${why}`,
    hint: "`ssh -G HOST` says the same; `--ssh-config none` goes without it.",
  };
}

function missing(file: string): Fault {
  return {
    kind: "unreachable",
    message: `ssh's configuration ${file} is not there`,
    hint: "Look at --ssh-config and at `-F` in the inventory.",
  };
}

function noSsh(file: string): Fault {
  return {
    kind: "unreachable",
    message: `ssh's configuration ${file} cannot be read: there is no \`ssh\` on this machine`,
    hint: "Install OpenSSH's client, which knows how to read it.",
  };
}
