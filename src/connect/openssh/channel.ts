import { constants } from "node:os";
import type { Field, Line, Packet } from "./mux.ts";
import { NO_TERMINAL, startsNone } from "../noshell.ts";
import type { OpenPipe, Pipe, PipeEnd, Taker } from "../pipe.ts";

/** Messages of the SSH connection protocol (RFC 4254, section 9). */
const OPEN = 90;
const CONFIRMED = 91;
const REFUSED = 92;
const ADJUST = 93;
const DATA = 94;
const EXTENDED = 95;
const EOF = 96;
const CLOSE = 97;
const REQUEST = 98;
const SUCCESS = 99;
const FAILURE = 100;

/** Bytes that a host may send before it has to wait for our word, and the most in one packet. */
const WINDOW = 2 << 20;
const PACKET = 32_768;

/** Of a terminal (RFC 4254, section 8): ECHO, ISIG, IEXTEN and OPOST are off, so nothing that is typed is shown, or taken for a signal. */
const MODES = Buffer.from([53, 50, 59, 70].flatMap((mode) => [mode, 0, 0, 0, 0]).concat(0));

/** Opens sessions through a master's line; `agent`: they may use ours; `reason` says why the line has ended, once it has. */
export function sessionsOver(line: Line, agent: boolean, reason: () => Promise<string>): OpenPipe {
  const channels = new Map<number, Channel>();
  let next = 0;
  line.receive((packet) => {
    try {
      channels.get(packet.payload.readUInt32BE(0))?.take(packet);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      // A host that cuts its packets short is none to go on with.
      line.close();
    }
  });
  let end: Extract<PipeEnd, { kind: "lost" }> | undefined;
  async function endAll(): Promise<void> {
    await line.closed;
    end = { kind: "lost", reason: await reason() };
    for (const channel of channels.values()) channel.end(end);
  }
  void endAll();
  return async (command, on) => {
    const id = next;
    next += 1;
    const channel = channelOf(line, () => channels.delete(id));
    channels.set(id, channel);
    line.send(OPEN, "session", id, WINDOW, PACKET);
    // A line that has closed answers nothing more.
    if (end !== undefined) channel.end(end);
    const opened = await channel.opened;
    if (opened === "full") return "full";
    if (opened === "confirmed") {
      if (agent) line.send(REQUEST, channel.peer(), "auth-agent-req@openssh.com", false);
      const terminal = on === undefined || (await channel.request("pty-req", "dumb", 80, 24, 0, 0, MODES));
      if (terminal && (await channel.request("exec", command))) return channel.pipe;
      channel.pipe.abandon();
      if (!terminal && end === undefined) return NO_TERMINAL;
    }
    if (end === undefined) return startsNone("it refused to run a command");
    return { kind: "session", message: `the connection was lost before a shell was there: ${end.reason}` };
  };
}

type Channel = {
  readonly opened: Promise<"confirmed" | "full" | "lost">;
  readonly pipe: Pipe;
  /** Its number at the other end, once it is opened. */
  peer(): number;
  take(packet: Packet): void;
  /** Settles everything that waits for it. */
  end(how: PipeEnd): void;
  /** Whether the host does it. */
  request(type: string, ...fields: readonly Field[]): Promise<boolean>;
};

/** One session. `gone` is called when its number may be used again. */
function channelOf(line: Line, gone: () => void): Channel {
  const opened = Promise.withResolvers<"confirmed" | "full" | "lost">();
  /** Whoever waits for an answer; they come in the order of the questions. */
  const answers: ((yes: boolean) => void)[] = [];
  const ended = Promise.withResolvers<PipeEnd>();
  let take: Taker | undefined;
  /** What came before anybody took it: the host may speak in the very packet that says that it has begun. */
  let early: Parameters<Taker>[] = [];
  let peer = 0;
  let granted = WINDOW;
  let status: PipeEnd = { kind: "lost", reason: "closed by the host" };
  let closing = false;
  const out = outbox(
    (chunk) => line.send(DATA, peer, chunk),
    () => line.send(EOF, peer),
  );

  function received(stream: "stdout" | "stderr", data: Uint8Array): void {
    if (take === undefined) {
      early.push([stream, data]);
      return;
    }
    granted -= data.length;
    if (granted < WINDOW / 2 && !closing) {
      line.send(ADJUST, peer, WINDOW - granted);
      granted = WINDOW;
    }
    take(stream, data);
  }

  function close(): void {
    if (closing) return;
    closing = true;
    out.drop();
    line.send(CLOSE, peer);
  }

  function end(how: PipeEnd): void {
    closing = true;
    out.drop();
    opened.resolve("lost");
    for (const answer of answers) answer(false);
    ended.resolve(how);
    gone();
  }

  return {
    opened: opened.promise,
    pipe: {
      write: (data) => out.push(Buffer.from(data)),
      end: () => out.end(),
      abandon: close,
      receive(taker) {
        take = taker;
        const held = early;
        early = [];
        for (const [stream, data] of held) received(stream, data);
      },
      ended: ended.promise,
    },
    end,
    peer: () => peer,
    request(type, ...fields) {
      if (closing) return Promise.resolve(false);
      line.send(REQUEST, peer, type, true, ...fields);
      return new Promise((resolve) => answers.push(resolve));
    },
    take({ type, payload }) {
      const rest = payload.subarray(4);
      switch (type) {
        case CONFIRMED:
          peer = rest.readUInt32BE(0);
          out.open(rest.readUInt32BE(4), rest.readUInt32BE(8));
          opened.resolve("confirmed");
          return;
        case REFUSED:
          opened.resolve("full");
          end(status);
          return;
        case ADJUST:
          out.allow(rest.readUInt32BE(0));
          return;
        case DATA:
          received("stdout", textAt(rest, 0));
          return;
        case EXTENDED:
          received("stderr", textAt(rest, 4));
          return;
        case SUCCESS:
          answers.shift()?.(true);
          return;
        case FAILURE:
          answers.shift()?.(false);
          return;
        case REQUEST:
          status = statusIn(rest) ?? status;
          // A host that looks whether we are alive (`ClientAliveInterval`) hangs up without an answer.
          if (rest[4 + rest.readUInt32BE(0)] === 1) line.send(FAILURE, peer);
          return;
        case CLOSE:
          close();
          end(status);
          return;
      }
    },
  };
}

/** What waits to be sent until the host has room for it. */
function outbox(
  send: (chunk: Buffer) => void,
  finish: () => void,
): {
  open(room: number, most: number): void;
  allow(more: number): void;
  push(data: Buffer): void;
  end(): void;
  drop(): void;
} {
  let waiting: Buffer[] = [];
  let room = 0;
  let most = 0;
  let state: "open" | "ending" | "over" = "open";
  const flush = (): void => {
    for (let first = waiting[0]; first !== undefined && room > 0; first = waiting[0]) {
      const chunk = first.subarray(0, Math.min(room, most));
      room -= chunk.length;
      if (chunk.length === first.length) waiting.shift();
      else waiting[0] = first.subarray(chunk.length);
      send(chunk);
    }
    if (state !== "ending" || waiting.length > 0) return;
    state = "over";
    finish();
  };
  return {
    open(granted, largest) {
      room = granted;
      most = Math.min(largest, PACKET);
      flush();
    },
    allow(more) {
      room += more;
      flush();
    },
    push(data) {
      if (state !== "open" || data.length === 0) return;
      waiting.push(data);
      flush();
    },
    end() {
      if (state !== "open") return;
      state = "ending";
      flush();
    },
    drop() {
      state = "over";
      waiting = [];
    },
  };
}

function textAt(bytes: Buffer, at: number): Buffer {
  if (bytes.length < at + 4) return Buffer.alloc(0);
  return bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at));
}

/** How a process ended, where a request tells that. */
function statusIn(request: Buffer): PipeEnd | undefined {
  const name = textAt(request, 0);
  const rest = request.subarray(4 + name.length + 1);
  switch (name.toString("latin1")) {
    case "exit-status":
      return { kind: "exited", code: rest.length < 4 ? null : rest.readUInt32BE(0), signal: null };
    case "exit-signal":
      return { kind: "exited", code: null, signal: signalNumber(textAt(rest, 0).toString("latin1")) };
  }
  return undefined;
}

function signalNumber(name: string): number | null {
  return Object.entries(constants.signals).find(([signal]) => signal === `SIG${name}`)?.[1] ?? null;
}
