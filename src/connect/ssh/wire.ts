import type { Duplex } from "node:stream";
import type { Client } from "ssh2";
import type { Wire } from "../../model/wire.ts";
import type { Offer } from "./offer.ts";

/** Listens for what client and server agree on; undefined until they have. */
export function listenForWire(client: Client, sock: Duplex, offer: () => Offer | undefined): () => Wire | undefined {
  const began = performance.now();
  let connectMs: number | null = null;
  let wire: Wire | undefined;
  sock.once("connect", () => (connectMs = Math.round(10 * (performance.now() - began)) / 10));
  client.once("handshake", ({ kex, serverHostKey, cs }) => {
    wire = { server: offer()?.software ?? "", kex, hostKey: serverHostKey, cipher: cs.cipher, mac: cs.mac, connectMs };
  });
  return () => wire;
}
