import type { Readable } from "node:stream";
import type { Algorithms } from "./algorithms.ts";

/** What an SSH server says before anything is agreed on: the software it names, and the algorithms that it takes. */
export type Offer = Algorithms & { readonly software: string };

/** Bytes until a server must have made its offer; those of real ones come to 2 KB. */
const MOST = 64 * 1024;
const KEXINIT = 20;
const COOKIE = 16;

/** Listens to a socket for the server's offer, beside whoever reads it; undefined while it has not come, or if it never does. */
export function listenForOffer(socket: Readable): () => Offer | undefined {
  let heard = Buffer.alloc(0);
  let offer: Offer | undefined;
  const hear = (chunk: Buffer): void => {
    heard = Buffer.concat([heard, chunk]);
    offer = readOffer(heard);
    if (offer === undefined && heard.length < MOST) return;
    socket.off("data", hear);
    heard = Buffer.alloc(0);
  };
  socket.on("data", hear);
  return () => offer;
}

/** The offer at the beginning of what a server sends; undefined where it is not there, or not yet. */
export function readOffer(bytes: Buffer): Offer | undefined {
  // A server may say other lines before the one that names it.
  const ident = /(?:^|\n)SSH-[^-\n]*-([^\n]*?)\r?\n/.exec(bytes.toString("latin1"));
  if (ident === null) return undefined;
  const packet = bytes.subarray(ident.index + ident[0].length);
  if (packet.length < 5 || packet.length < 4 + packet.readUInt32BE(0) || packet[5] !== KEXINIT) return undefined;
  const [kex, hostKey, cipher, , mac] = nameLists(packet.subarray(6 + COOKIE, 4 + packet.readUInt32BE(0)));
  if (kex === undefined || hostKey === undefined || cipher === undefined || mac === undefined) return undefined;
  return { software: ident[1] ?? "", kex, hostKey, cipher, mac };
}

function nameLists(bytes: Buffer): (readonly string[])[] {
  const lists: (readonly string[])[] = [];
  for (let at = 0; at + 4 <= bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) break;
    lists.push(bytes.toString("latin1", at + 4, end).split(","));
    at = end;
  }
  return lists;
}
