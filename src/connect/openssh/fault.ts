import { readFileSync } from "node:fs";
import type { Fault } from "../../model/fault.ts";
import { authFault } from "../ssh/authfault.ts";
import { fingerprint, type KnownKey, knownName, parseKnownHosts } from "../hostkeys/knownhosts.ts";
import type { There } from "./resolve.ts";
import type { Asked } from "../ssh/prompts.ts";
import type { NotIn } from "../ssh/tries.ts";
import { closedByHost, saying, type Stage, timedOut, unreachable } from "../ssh/unreachable.ts";

/** What ssh and a proxy of it said before there was a login. */
export type Said = { readonly log: string; readonly stderr: string };

/** What ssh says where the network fails, by the code that Node has for the same. */
const NETWORK: readonly (readonly [RegExp, string])[] = [
  [/^ssh: connect to host .*: Connection refused/m, "ECONNREFUSED"],
  [/^ssh: connect to host .*: (?:Connection|Operation) timed out/m, "ETIMEDOUT"],
  [/^ssh: connect to host .*: (?:No route to host|Network is unreachable)/m, "EHOSTUNREACH"],
  [/^ssh: connect to host .*: Cannot assign requested address/m, "EADDRNOTAVAIL"],
  [/^ssh: Could not resolve hostname .*: Temporary failure/m, "EAI_AGAIN"],
  [/^ssh: Could not resolve hostname /m, "ENOTFOUND"],
  [/Too many open files/, "EMFILE"],
];

/** The hang-ups of a host that has not asked who we are. */
const HUNG_UP =
  /^(?:kex_exchange_identification: |ssh_exchange_identification: |banner exchange: |Connection (?:closed|reset) by )/m;

/** Says in our words why ssh gave up on a host; `host` with the user, address and port that it used. */
export function loginFault(said: Said, host: There, asked: Asked | undefined): NotIn {
  const log = said.log.replaceAll("\r", "");
  const account = authProblem(`${log}\n${said.stderr}`, host, asked);
  const fault = hostKeyFault(log, host) ?? (account && saying(account, said.stderr)) ?? networkFault(log, host);
  if (fault !== undefined) return { fault, again: false };
  const proxy = /^debug1: Executing proxy command: /m.test(log) ? lastWords(said.stderr) : undefined;
  if (HUNG_UP.test(log) && !/^debug1: SSH2_MSG_NEWKEYS sent/m.test(log)) {
    const closed = closedByHost(host);
    if (proxy === undefined) return { fault: closed, again: true };
    // What lies on the way may have been turned away, too; else it is the way that is wrong.
    const again = HUNG_UP.test(proxy);
    const hint = again
      ? {}
      : { hint: "Look at its ProxyCommand, or at the hosts that it jumps through, in ssh's configuration." };
    return { fault: { ...closed, message: `${closed.message}; the way there says: ${proxy}`, ...hint }, again };
  }
  const last = lastWords(log) ?? proxy ?? "ssh ended without a word";
  return { fault: { kind: "unreachable", message: `closed: ${last}`, where: host.name }, again: false };
}

function networkFault(log: string, host: There): Fault | undefined {
  const code = NETWORK.find(([words]) => words.test(log))?.[1];
  if (code !== undefined) return unreachable(Object.assign(new Error(code), { code }), host);
  if (/^Connection timed out during banner exchange|^Connection to .* timed out/m.test(log))
    return timedOut(host, undefined, "silent");
  const offered = /^Unable to negotiate with .*: no matching (.*) found\. Their offer: (.*)$/m.exec(log);
  if (offered !== null) {
    const message = `no common ${offered[1]} with ${host.address} port ${host.port}`;
    const hint = `The host takes only ${offered[2]}. \`runbook_compat\` in the inventory allows what old servers need.`;
    return { kind: "unreachable", message, where: host.name, hint };
  }
  if (!/invalid (?:characters|identification)|line too long|protocol mismatch/i.test(log)) return undefined;
  return unreachable(new Error("Invalid identification"), host);
}

function hostKeyFault(log: string, host: There): Fault | undefined {
  if (!/^(?:Host key verification failed|No .* host key is known|.*REVOKED HOST KEY DETECTED)/m.test(log))
    return undefined;
  const shown = /^debug1: Server host (?:key|certificate): (\S+ SHA256:[^\s,]+)/m.exec(log)?.[1] ?? "a key";
  const name = knownName(host.address, host.port);
  const file = host.userKnownHosts?.[0] ?? "~/.ssh/known_hosts";
  const scan = `ssh-keyscan -p ${host.port} ${host.address} >> ${file}`;
  const fault = (message: string, hint: string): Fault => ({ kind: "host-key", message, hint, where: host.name });
  if (/REVOKED HOST KEY DETECTED/.test(log)) {
    return fault(
      `the key of ${name} is revoked by the known hosts: ${shown}`,
      "Do not log in: this key is known to be in wrong hands. Give the host a new key.",
    );
  }
  const offending = /^Offending \S+ key in (.*):(\d+)/m.exec(log);
  if (offending !== null) {
    const by = keyAt(offending[1] ?? "", offending[2] ?? "");
    return fault(
      `the key of ${name} has changed: it shows ${shown}, but ${by.where} has ${by.shown}`,
      `Somebody may be in between, or the host was installed anew. If you know why: ssh-keygen -f ${by.file} -R '${name}' && ${scan}`,
    );
  }
  const certificate =
    /^(?:Certificate invalid: .*|.*certificate .*(?:expired|not yet valid|not a host certificate).*)$/im.exec(log)?.[0];
  if (certificate !== undefined) {
    return fault(`the certificate of ${name} does not do: ${certificate}`, "Have its key signed anew for this name.");
  }
  return fault(
    `the key of ${name} is not known: ${shown}`,
    `Compare this fingerprint with the host's own (ssh-keygen -lf on it), then: ${scan} — or run once with --accept-new-host-keys.`,
  );
}

/** A line of a known_hosts file, as people know it. */
function keyAt(file: string, line: string): { readonly file: string; readonly where: string; readonly shown: string } {
  const where = `${file}:${line}`;
  let key: KnownKey | undefined;
  try {
    key = parseKnownHosts(readFileSync(file, "latin1"), file).find((each) => each.where === where);
  } catch {
    // ssh could read it a moment ago.
  }
  return { file, where, shown: key === undefined ? "another" : `${key.type} ${fingerprint(key.blob)}` };
}

/** `debug1: Offering public key: PATH TYPE SHA256:… explicit agent` */
const OFFERED = /^debug1: Offering public key: (.*) \S+ SHA256:\S+(.*)$/gm;
/** Why a key was no use: what ssh says of which file, and our words for it, which its own reason may end. */
const UNUSABLE: readonly (readonly [words: RegExp, problem: string])[] = [
  [/^Warning: Identity file (.*) not accessible: No such file/gm, "is not there"],
  [/^no such identity: (.*): No such file/gm, "is not there"],
  [/^sign_and_send_pubkey: signing failed for \S+ "(.*?)"[^:]*: (.*)$/gm, "could not sign: "],
  [/^Permissions \d+ for '(.*)' are too open\.$/gm, "may be read by others"],
  [/^Load key "(.*)": (?:invalid format|error in libcrypto)$/gm, "holds no private key"],
  [/^Load key "(.*)": incorrect passphrase supplied to decrypt private key$/gm, "stays locked"],
  [/^Load key "(.*)": .*$/gm, "cannot be read"],
];

function authProblem(log: string, host: There, asked: Asked | undefined): Fault | undefined {
  const denied = /^.*: Permission denied \((.*)\)\.$/m.exec(log)?.[1];
  const accepts = denied ?? [...log.matchAll(/^debug1: Authentications that can continue: (.*)$/gm)].at(-1)?.[1];
  if (accepts === undefined) return undefined;
  const keys = Array.from(
    log.matchAll(OFFERED),
    ([, name, how]) => `${name}${/ agent/.test(how ?? "") ? " in the agent" : ""}`,
  );
  const password =
    host.password !== undefined && /^debug1: Next authentication method: (?:password|keyboard-int)/m.test(log);
  const problems = new Map<string, string>();
  for (const [words, problem] of UNUSABLE) {
    for (const [, file = "", why = ""] of log.matchAll(words)) {
      if (!problems.has(file)) problems.set(file, `${file} ${problem}${why}`);
    }
  }
  const fault = authFault(host, {
    tried: [...new Set([...keys, ...(password ? ["password"] : [])])],
    problems: [...problems.values()],
    beyond: [],
    accepts: accepts.split(","),
    second: / with partial success\.$/m.test(log),
    ...(asked !== undefined && { asked }),
  });
  if (!/Too many authentication failures/.test(log)) return fault;
  return {
    ...fault,
    hint: `It hung up after too many keys: name the right one, with \`-o IdentitiesOnly=yes\`. ${fault.hint}`,
  };
}

/** The last line that says something, without what only helps to search for bugs. */
function lastWords(text: string): string | undefined {
  const lines = text.replaceAll("\r", "").split("\n");
  return lines
    .findLast(
      (line) => line.trim() !== "" && !/^(?:debug\d|Warning|Transferred|Bytes per second): |^OpenSSH_/.test(line),
    )
    ?.trim();
}

/** Whether a new host key was accepted and could not be written down. */
export function forgotten(log: string): boolean {
  return /^Failed to add the host to the list of known hosts/m.test(log);
}

/** How far a login had come when its time was up. */
export function stageIn(log: string): Stage {
  if (!/^debug1: (?:Connection established|Executing proxy command)/m.test(log)) return "no-answer";
  return /^debug1: Remote protocol version /m.test(log) ? "undecided" : "silent";
}

/** Why a connection that was there has ended, by what ssh wrote to its log. */
export function endingOf(log: string, silence: number): string {
  if (/^Timeout, server .* not responding/m.test(log)) return `no answer from the host for ${silence} s`;
  const words =
    /^(?:.*: )?(Connection (?:reset|closed) by|Connection to .* closed by remote host|Received disconnect from |.*Broken pipe)/m;
  return words.test(log) ? "closed by the host" : "the ssh that held the connection has ended";
}
