import { expect, test } from "vitest";
import { sessionsOver } from "../../../src/connect/openssh/channel.ts";
import type { Field, Line, Packet } from "../../../src/connect/openssh/mux.ts";
import type { Pipe } from "../../../src/connect/pipe.ts";

/** A stand-in for the line to a master: what is sent is noted, and what the host says is up to the test. */
function standIn(): {
  line: Line;
  sent: (readonly [type: number, ...fields: Field[]])[];
  say: (type: number, ...bytes: Buffer[]) => void;
  close: () => void;
} {
  const sent: (readonly [type: number, ...fields: Field[]])[] = [];
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  let take: ((packet: Packet) => void) | undefined;
  return {
    sent,
    close,
    say: (type, ...bytes) => take?.({ type, payload: Buffer.concat(bytes) }),
    line: {
      pid: 2,
      send: (type, ...fields) => void sent.push([type, ...fields]),
      receive: (taker) => (take = taker),
      closed,
      close,
    },
  };
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function string(text: string): Buffer {
  return Buffer.concat([number(Buffer.byteLength(text)), Buffer.from(text)]);
}

const OURS = number(0);
const [CONFIRMED, ADJUST, DATA, CLOSE, REQUEST, SUCCESS, FAILURE] = [91, 93, 94, 97, 98, 99, 100];

/** A session on which the host has said `more` in the same breath as that it has begun. */
async function session(room: number, more: (say: ReturnType<typeof standIn>["say"]) => void = () => undefined) {
  const host = standIn();
  const opening = sessionsOver(host.line, false, async () => "gone")("exec sh");
  host.say(CONFIRMED, OURS, number(7), number(room), number(32_768));
  await Promise.resolve();
  await Promise.resolve();
  host.say(SUCCESS, OURS);
  more(host.say);
  const pipe = await opening;
  if (typeof pipe === "string" || "kind" in pipe) throw new Error("no session");
  return { ...host, pipe };
}

function heardOn(pipe: Pipe): string[] {
  const heard: string[] = [];
  pipe.receive((stream, chunk) => heard.push(`${stream} ${Buffer.from(chunk).toString()}`));
  return heard;
}

test("what a host says in the same breath as that it has begun is not lost", async () => {
  const { pipe } = await session(1000, (say) => say(DATA, OURS, string("ready\n")));
  expect(heardOn(pipe)).toEqual(["stdout ready\n"]);
});

test("no more is sent than the host has room for, and the end of the input only after all of it", async () => {
  const { pipe, sent, say } = await session(4);
  pipe.write("abcdefgh");
  pipe.end();
  say(ADJUST, OURS, number(3));
  say(ADJUST, OURS, number(3));
  const words = sent
    .filter(([type]) => type === DATA || type === 96)
    .map(([type, , data]) => (type === DATA ? String(data) : "end"));
  expect(words).toEqual(["abcd", "efg", "h", "end"]);
});

test("a host is granted more room only for what was taken", async () => {
  const { pipe, sent, say } = await session(4);
  const half = string("x".repeat((1 << 20) + 1));
  say(DATA, OURS, half);
  expect(sent.some(([type]) => type === ADJUST)).toBe(false);
  pipe.receive(() => undefined);
  expect(sent.filter(([type]) => type === ADJUST)).toEqual([[ADJUST, 7, (1 << 20) + 1]]);
});

test("a request that wants an answer gets one, and one that does not gets none", async () => {
  const { sent, say } = await session(4);
  say(REQUEST, OURS, string("keepalive@openssh.com"), Buffer.of(1));
  say(REQUEST, OURS, string("exit-status"), Buffer.of(0), number(3));
  expect(sent.filter(([type]) => type === FAILURE)).toEqual([[FAILURE, 7]]);
});

test("an end without a status, and a line that is closed, are no ends that are known", async () => {
  const first = await session(4);
  first.say(CLOSE, OURS);
  expect(await first.pipe.ended).toEqual({ kind: "lost", reason: "closed by the host" });
  const second = await session(4);
  second.close();
  expect(await second.pipe.ended).toEqual({ kind: "lost", reason: "gone" });
});

test("no session is waited for on a line that has closed", async () => {
  const host = standIn();
  const open = sessionsOver(host.line, true, async () => "gone");
  const before = open("exec sh");
  host.close();
  const lost = { kind: "session", message: "the connection was lost before a shell was there: gone" };
  expect(await before).toEqual(lost);
  expect(await open("exec sh")).toEqual(lost);
});

test("a host that cuts its packets short is hung up on", async () => {
  for (const packet of [
    [REQUEST, OURS, Buffer.of(0, 0)],
    [ADJUST, OURS],
    [ADJUST, Buffer.of(0)],
  ] as const) {
    const { pipe, say } = await session(4);
    const [type, ...bytes] = packet;
    say(type ?? 0, ...bytes);
    expect(await pipe.ended).toEqual({ kind: "lost", reason: "gone" });
  }
});
