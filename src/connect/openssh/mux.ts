import { connect, type Socket } from "node:net";

/** A packet of the SSH connection protocol (RFC 4254). */
export type Packet = { readonly type: number; readonly payload: Buffer };

/** A line to a master through which packets of the SSH connection protocol go in clear; `pid` is the master's. */
export type Line = {
  readonly pid: number;
  send(type: number, ...fields: readonly Field[]): void;
  /** Says who gets what comes; one at a time. */
  receive(take: (packet: Packet) => void): void;
  /** Settles when the master has gone, or let go of us. */
  readonly closed: Promise<void>;
  close(): void;
};

/** What a packet is made of: a number of 32 bits, a text or bytes with their length before them, a yes or no. */
export type Field = number | string | Uint8Array | boolean;

const VERSION = 4;
const HELLO = 0x00000001;
const ALIVE_CHECK = 0x10000004;
const ALIVE = 0x80000005;
const PROXY = 0x1000000f;
const PROXIED = 0x8000000f;
/** More than any packet that OpenSSH sends. */
const LONGEST = 1 << 20;

/**
 * Opens a line to the master that listens at `path`, as OpenSSH's PROTOCOL.mux describes it: a greeting, its process id, then
 * "proxy" mode. Says why where there is none.
 */
export async function openLine(path: string): Promise<Line | { readonly problem: string }> {
  const socket = connect(path);
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  const { promise: answer, resolve } = Promise.withResolvers<{ readonly pid: number } | { readonly problem: string }>();
  let problem = "it hung up";
  socket.on("error", (error) => (problem = error.message));
  socket.on("close", () => {
    resolve({ problem });
    close();
  });
  let pid = 0;
  let take = (packet: Buffer): void => {
    const type = packet.length < 4 ? 0 : packet.readUInt32BE(0);
    if (type === ALIVE && packet.length >= 12) pid = packet.readUInt32BE(8);
    else if (type === PROXIED && pid > 1) resolve({ pid });
    else if (type !== HELLO) resolve({ problem: "it does not let others use its connection" });
  };
  const packetsIn = unframed(() => socket.destroy());
  socket.on("data", (chunk: Buffer) => {
    for (const packet of packetsIn(chunk)) take(packet);
  });
  for (const fields of [
    [HELLO, VERSION],
    [ALIVE_CHECK, 1],
    [PROXY, 2],
  ])
    socket.write(framed(bytesOf(fields)));
  const answered = await answer;
  if ("pid" in answered) return lineOver(socket, answered.pid, closed, (taker) => (take = taker));
  socket.destroy();
  return answered;
}

function lineOver(
  socket: Socket,
  pid: number,
  closed: Promise<void>,
  receive: (take: (packet: Buffer) => void) => void,
): Line {
  return {
    pid,
    send: (type, ...fields) => void socket.write(framed(Buffer.concat([Buffer.of(0, type), bytesOf(fields)]))),
    receive: (take) => receive((packet) => take({ type: packet[1] ?? 0, payload: packet.subarray(2) })),
    closed,
    close: () => socket.destroy(),
  };
}

function bytesOf(fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.map((field) => {
      if (typeof field === "number") return number(field);
      if (typeof field === "boolean") return Buffer.of(field ? 1 : 0);
      const bytes = Buffer.from(field);
      return Buffer.concat([number(bytes.length), bytes]);
    }),
  );
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function framed(packet: Buffer): Buffer {
  return Buffer.concat([number(packet.length), packet]);
}

/** Cuts a stream into packets; `broken` is called where it cannot be one of packets. */
function unframed(broken: () => void): (chunk: Buffer) => readonly Buffer[] {
  let held: Buffer[] = [];
  let size = 0;
  let wanted = 4;
  return (chunk) => {
    held.push(chunk);
    size += chunk.length;
    const packets: Buffer[] = [];
    if (size < wanted) return packets;
    let all = Buffer.concat(held);
    while (all.length >= 4) {
      const length = all.readUInt32BE(0);
      if (length > LONGEST) {
        broken();
        return packets;
      }
      wanted = 4 + length;
      if (all.length < wanted) break;
      packets.push(all.subarray(4, wanted));
      all = all.subarray(wanted);
      wanted = 4;
    }
    held = [all];
    size = all.length;
    return packets;
  };
}
