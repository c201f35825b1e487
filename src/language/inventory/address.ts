import type { BadRange } from "./range.ts";

/** A host's name as an inventory or a command line writes it; `user` only where `user@` is allowed. */
export type Address = { readonly host: string; readonly port?: number; readonly user?: string };

const IPV6 = /^(?:[0-9a-f]{0,4}:){2,7}(?:[0-9a-f]{0,4}|[\d.]{7,15})(?:%[\w.-]+)?$/i;
/** What a name must not hold: it is typed in patterns, shown, and handed to programs. Brackets are ranges, which are written out later. */
const FORBIDDEN = /[\s\p{C}[\]:,*?!&~@/\\'"$`|;<>(){}#%]/u;

/** Whether a text is an IPv6 address (as far as its characters tell). */
export function isIpv6(text: string): boolean {
  return IPV6.test(text) && (text.includes("::") || text.split(":").length === (text.includes(".") ? 7 : 8));
}

/** Reads `name`, `name:port`, `[name]:port`, `[2001:db8::1]` or a bare IPv6 address. A name may hold ranges. */
export function parseAddress(text: string): Address | BadRange {
  const { host, port } = splitPort(text);
  const nameFault = nameError(isIpv6(host) ? host : host.replaceAll(/\[[^[\]]*\]/g, "0"));
  const error = nameFault ?? (port === undefined ? undefined : portError(port));
  if (error !== undefined)
    return { error: `\`${text}\` ${error}`, hint: "a host is written name, name:port or [IPv6 address]:port" };
  return port === undefined ? { host } : { host, port: Number(port) };
}

/** The same, with `user@` before it. */
export function parseLogin(text: string): Address | BadRange {
  const at = text.lastIndexOf("@");
  const address = parseAddress(text.slice(at + 1));
  if (at < 0 || "error" in address) return address;
  const user = text.slice(0, at);
  const wrong = userError(user);
  return wrong === undefined ? { ...address, user } : { error: `\`${text}\`: ${wrong}`, hint: "write user@host" };
}

/** Why a text cannot be the address or the name of a host; undefined when it can. */
export function nameError(host: string): string | undefined {
  if (host === "") return "has no host name";
  if (isIpv6(host)) return undefined;
  if (host.startsWith("-")) return "begins with a dash, which programs take for an option";
  const [bad] = FORBIDDEN.exec(host) ?? [];
  return bad === undefined ? undefined : `holds ${shown(bad)}, which no host name has`;
}

/** Why a text cannot be a user's name; undefined when it can. */
export function userError(user: string): string | undefined {
  if (user === "") return "the user's name is empty";
  if (user.startsWith("-")) return "the user's name begins with a dash";
  const [bad] = /[\s\p{C}:/'"$`;|&<>(){}]/u.exec(user) ?? [];
  return bad === undefined ? undefined : `the user's name holds ${shown(bad)}`;
}

function splitPort(text: string): { host: string; port?: string } {
  const bracketed = /^\[([^[\]]*:[^[\]]*)\](?::(\d+))?$/.exec(text);
  if (bracketed?.[1] !== undefined && isIpv6(bracketed[1])) {
    return bracketed[2] === undefined ? { host: bracketed[1] } : { host: bracketed[1], port: bracketed[2] };
  }
  if (isIpv6(text)) return { host: text };
  const named = /^((?:[^:[\]]|\[[^\]]*\])*):([^:[\]]*)$/.exec(text);
  return named?.[1] === undefined || named[2] === undefined ? { host: text } : { host: named[1], port: named[2] };
}

/** A port's number; undefined when the text is none. */
export function parsePort(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535 ? Number(text) : undefined;
}

function portError(port: string): string | undefined {
  if (parsePort(port) !== undefined) return undefined;
  return `has the port ${port === "" ? "missing after its colon" : port}, and a port is a number from 1 to 65535`;
}

function shown(character: string): string {
  if (character === " ") return "a space";
  return /[\s\p{C}]/u.test(character) ? "a control character" : `\`${character}\``;
}
