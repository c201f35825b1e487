import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

/** A request as a receiver got it. */
export type Received = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
};

/** How a receiver answers. `hang`: not at all; `cut`: the connection breaks in the middle of the answer. */
export type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly hang?: boolean;
  readonly cut?: boolean;
};

/** A real HTTP server on loopback that keeps what it gets. */
export type HttpReceiver = AsyncDisposable & {
  readonly url: string;
  readonly received: Received[];
  /** How it answers from now on. */
  answers(answer: (request: Received) => Answer): void;
};

function taken(): Answer {
  return { status: 204 };
}

/** Starts one; with a key and a certificate it speaks TLS. */
export async function httpReceiver(tls?: { readonly key: string; readonly cert: string }): Promise<HttpReceiver> {
  const received: Received[] = [];
  let answer: (request: Received) => Answer = taken;
  const server = (tls === undefined ? createServer() : createTlsServer(tls)).on("request", (request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const got = { method, path: url, headers, body };
      received.push(got);
      const { status, headers: said = {}, body: words = "", hang = false, cut = false } = answer(got);
      if (hang) return;
      response.writeHead(status, said);
      if (cut) response.write("{", () => request.socket.destroy());
      else response.end(words);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}/hook`,
    received,
    answers: (next) => void (answer = next),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
