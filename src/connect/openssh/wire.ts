import type { Wire } from "../../model/wire.ts";

/** What `ssh -v` says it has agreed on with a server; undefined where its log does not tell. */
export function wireIn(log: string): Wire | undefined {
  const said = (pattern: RegExp): string | undefined => pattern.exec(log)?.[1];
  const kex = said(/^debug1: kex: algorithm: (\S+)/m);
  const hostKey = said(/^debug1: kex: host key algorithm: (\S+)/m);
  const cipher = said(/^debug1: kex: client->server cipher: (\S+)/m);
  if (kex === undefined || hostKey === undefined || cipher === undefined) return undefined;
  const server = said(/^debug1: Remote protocol version [\d.]+, remote software version (.*?)\r?$/m) ?? "";
  const mac = said(/^debug1: kex: client->server cipher: \S+ MAC: (\S+)/m) ?? "";
  return { server, kex, hostKey, cipher, mac: mac === "<implicit>" ? "" : mac, connectMs: null };
}
