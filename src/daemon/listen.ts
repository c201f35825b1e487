import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Fault } from "../model/fault.ts";

/** What is served at a path. */
export type Page = { readonly status: number; readonly type: string; readonly body: string };

/** Serves pages that everybody on the machine may read, until the process ends; `url` is where. A fault: it cannot be listened there. */
export async function listen(
  { host, port }: { readonly host: string; readonly port: number },
  pages: ReadonlyMap<string, () => Page>,
): Promise<{ readonly url: string } | Fault> {
  const server = createServer((request, response) => {
    const read = request.method === "GET" || request.method === "HEAD";
    const page = pages.get((request.url ?? "").replace(/\?.*$/, ""));
    const { status, type, body } = read ? (page?.() ?? NONE) : REFUSED;
    response.writeHead(status, { "content-type": type, "cache-control": "no-store", connection: "close" });
    response.end(request.method === "HEAD" ? undefined : body);
  });
  // Nobody keeps a daemon busy by being slow.
  server.maxConnections = 64;
  server.headersTimeout = 5_000;
  server.requestTimeout = 5_000;
  server.unref();
  const problem = await listening(server, host, port);
  if (problem !== null) {
    const hint = "--listen ADDRESS:PORT names another one; 127.0.0.1:0 takes any that is free";
    return { kind: "usage", where: "--listen", message: `${host}:${port} cannot be listened on: ${problem}`, hint };
  }
  return { url: urlOf(server) };
}

const TEXT = "text/plain; charset=utf-8";
const NONE: Page = { status: 404, type: TEXT, body: "There are /healthz and /metrics.\n" };
const REFUSED: Page = { status: 405, type: TEXT, body: "Only GET and HEAD are answered.\n" };

function listening(server: Server, host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    server.once("error", (error) => resolve(error.message));
    server.listen({ host, port }, () => resolve(null));
  });
}

function urlOf(server: Server): string {
  const bound: AddressInfo | string | null = server.address();
  if (bound === null || typeof bound === "string") return "";
  const host = bound.family === "IPv6" ? `[${bound.address}]` : bound.address;
  return `http://${host}:${bound.port}`;
}
