import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { Client } from "ssh2";

/** What a bare loop is told, as a JSON file named by its argument. */
export type Given = {
  readonly hosts: readonly string[];
  readonly port: number;
  /** Path of the private key. */
  readonly key: string;
  /** The host key, base64. */
  readonly hostKey: string;
  readonly width: number;
  readonly scripts: readonly string[];
};

/** Does `visit` on all hosts, `width` at once, and prints a line of JSON for each. */
export async function visitAll(
  visit: (client: Client, scripts: readonly string[]) => Promise<readonly (string | null)[]>,
): Promise<void> {
  const given = JSON.parse(readFileSync(process.argv[2] ?? "given.json", "utf8")) as Given;
  const key = readFileSync(given.key);
  const hosts = given.hosts.values();
  const worker = async (): Promise<void> => {
    for (const host of hosts) {
      const client = await login(given, host, key);
      const out = await visit(client, given.scripts);
      client.end();
      process.stdout.write(`${JSON.stringify({ host, out })}\n`);
    }
  };
  await Promise.all(Array.from({ length: given.width }, worker));
}

function login(given: Given, host: string, privateKey: Buffer): Promise<Client> {
  const { promise, resolve, reject } = Promise.withResolvers<Client>();
  const client = new Client();
  client.once("ready", () => resolve(client));
  client.once("error", reject);
  client.connect({
    sock: gathered(connect({ host, port: given.port, noDelay: true })),
    username: "root",
    privateKey,
    readyTimeout: 60_000,
    hostVerifier: (offered: Buffer) => offered.toString("base64") === given.hostKey,
  });
  return promise;
}

/** Sends the small packets that ssh2 writes in one tick as one: a bare loop without this would be easy to beat. */
function gathered(socket: Socket): Socket {
  const write = socket.write.bind(socket) as (...given: unknown[]) => boolean;
  socket.write = (...given: unknown[]): boolean => {
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    return write(...given);
  };
  return socket;
}
