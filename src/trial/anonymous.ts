import { isIP, isIPv6 } from "node:net";

/** Something that was replaced by a stand-in wherever it stood. */
export type Replaced = { readonly what: string; readonly from: string; readonly to: string; readonly times: number };

/** What is known of a host that must not be told. */
export type Known = {
  /** The host's own names first; each name once. */
  readonly hosts: readonly string[];
  readonly users: readonly string[];
  /** Values of private columns. */
  readonly values: readonly string[];
};

/** Replaces what tells which host it was, the same by the same, in any number of texts. */
export type Anonymizer = { readonly text: (text: string) => string; readonly replaced: () => readonly Replaced[] };

/** Names that tell nothing. */
const COMMON = new Set(["", "localhost", "localdomain", "root", "nobody", "host1"]);

/** Makes an anonymizer that knows these names; addresses, of the network and of people, it knows by their looks. */
export function anonymizer(known: Known): Anonymizer {
  const hosts = known.hosts.filter((host) => isIP(host) === 0);
  const stands = new Map<string, { readonly what: string; readonly to: string; times: number }>();
  const counts = new Map<string, number>();
  const standFor = (what: string, from: string, name: (ordinal: number) => string): string => {
    const before = stands.get(`${what} ${from}`);
    if (before !== undefined) {
      before.times += 1;
      return before.to;
    }
    const ordinal = (counts.get(what) ?? 0) + 1;
    counts.set(what, ordinal);
    const to = name(ordinal);
    stands.set(`${what} ${from}`, { what, to, times: 1 });
    return to;
  };
  const passes = [
    // What stands for a number is one.
    ...wordsPass(known.values, (text) =>
      standFor("private value", text, (n) => (Number.isNaN(Number(text)) ? `private${n}` : `${9_000_000 + n}`)),
    ),
    // An address of a person holds names of hosts and users.
    pass(/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, (text) => standFor("mail address", text, (n) => `person${n}@example.org`)),
    ...domainsPass(hosts, (text) => standFor("host name", text, (n) => `host${n}.example.com`)),
    ...wordsPass(hosts, (text) => standFor("host name", text, (n) => `host${n}`)),
    ...wordsPass(known.users, (text) => standFor("user", text, (n) => `user${n}`)),
    pass(/(?<=\/home\/)[\w.-]+/g, (text) =>
      /^user\d+$/.test(text) ? text : standFor("user", text, (n) => `user${n}`),
    ),
    pass(/(?<![\w:])(?:[\da-f]{2}:){5}[\da-f]{2}(?![\w:])/gi, (text) =>
      /^(?:00:){5}00$|^(?:ff:){5}ff$/i.test(text) ? text : standFor("hardware address", text.toLowerCase(), mac),
    ),
    pass(/(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/g, (text) =>
      tellsNothing(text) ? text : standFor("address", text, ipv4),
    ),
    pass(/(?<![\w:.])[\da-f]{0,4}(?::[\da-f]{0,4}){2,7}(?![\w:.])/gi, (text) =>
      !isIPv6(text) || text === "::" || text === "::1"
        ? text
        : standFor("address", text.toLowerCase(), (n) => `2001:db8::${n.toString(16)}`),
    ),
  ];
  return {
    text: (text) => passes.reduce((so, each) => each(so), text),
    replaced: () =>
      [...stands].map(([key, { what, to, times }]) => ({ what, from: key.slice(what.length + 1), to, times })),
  };
}

type Pass = (text: string) => string;

function pass(pattern: RegExp, stand: (text: string) => string): Pass {
  return (text) => text.replace(pattern, (match) => stand(match));
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

/** Whole words only, the longest first. */
function wordsPass(words: readonly string[], stand: (text: string) => string): Pass[] {
  const own = words.filter((word) => !COMMON.has(word) && word.length > 1).toSorted((a, b) => b.length - a.length);
  if (own.length === 0) return [];
  return [pass(new RegExp(`(?<![\\w-])(?:${own.map(literal).join("|")})(?![\\w-])`, "g"), stand)];
}

/** Every name in the domains of the known ones. */
function domainsPass(hosts: readonly string[], stand: (text: string) => string): Pass[] {
  const domains = hosts.flatMap((host) => /^[^.]+\.([^.]+\..+)$/.exec(host)?.[1] ?? []);
  if (domains.length === 0) return [];
  const of = [...new Set(domains)].toSorted((a, b) => b.length - a.length).map(literal);
  return [pass(new RegExp(`(?<![\\w.-])(?:[\\w-]+\\.)*(?:${of.join("|")})(?![\\w-])`, "gi"), stand)];
}

function tellsNothing(address: string): boolean {
  const parts = address.split(".").map(Number);
  if (parts.some((part) => part > 255)) return true;
  const [first = 0] = parts;
  return first === 0 || first === 127 || first >= 224 || /^(?:192\.0\.2|198\.51\.100|203\.0\.113)\./.test(address);
}

/** Addresses that are set aside for documents. */
const DOCUMENTS = ["192.0.2", "198.51.100", "203.0.113"];

function ipv4(ordinal: number): string {
  const place = ordinal - 1;
  return `${DOCUMENTS[Math.floor(place / 254) % DOCUMENTS.length]}.${(place % 254) + 1}`;
}

function mac(ordinal: number): string {
  return `02:00:00:00:${Math.floor(ordinal / 256)
    .toString(16)
    .padStart(2, "0")}:${(ordinal % 256).toString(16).padStart(2, "0")}`;
}
