import { connect, createServer } from "node:net";
import { once } from "node:events";
import { expect, it } from "vitest";
import { giveWay, newPace, type Pace, type Place, placesOf, type Turn } from "../../../src/connect/ssh/pace.ts";
import { plainSsh } from "../../kit/connections.ts";
import { hostAt } from "../../kit/sshd.ts";

const at = (...names: string[]): Place[] => names.map((name) => ({ kind: "at", name }));

/** The places of a host behind a jump host. */
function behind(address: string): readonly Place[] {
  return placesOf({ address, ssh: { jumps: ["Bastion"] } });
}

async function taken(pace: Pace, ...places: string[]): Promise<Turn> {
  const turn = await pace.turn(at(...places), undefined);
  if (turn === undefined) throw new Error("given up");
  return turn;
}

/** Whether a turn has come by the time all that is under way has settled. */
async function hasCome(turn: Promise<Turn | undefined>): Promise<boolean> {
  let come = false;
  void turn.then(() => (come = true));
  await new Promise((resolve) => setImmediate(resolve));
  return come;
}

it("lets so many at one place, the others as these end, whoever waits longest first", async () => {
  const pace = newPace({ at: 2, through: 9, all: 10 });
  const first = await taken(pace, "a");
  await taken(pace, "a");
  const [third, fourth] = [pace.turn(at("a"), undefined), pace.turn(at("a"), undefined)];
  expect(await hasCome(third)).toBe(false);
  first.end();
  first.end();
  expect([await hasCome(third), await hasCome(fourth)]).toEqual([true, false]);
});

it("holds nobody up who wants another place, but for the number of all", async () => {
  const pace = newPace({ at: 1, through: 9, all: 2 });
  const first = await taken(pace, "a");
  const waits = pace.turn(at("a"), undefined);
  await taken(pace, "b");
  const other = pace.turn(at("c"), undefined);
  expect(await hasCome(other)).toBe(false);
  first.end();
  expect([await hasCome(waits), await hasCome(other)]).toEqual([true, false]);
});

it("counts a login at every jump host on its way, of which more are let through", async () => {
  const pace = newPace({ at: 1, through: 2, all: 10 });
  const first = await pace.turn(behind("a"), undefined);
  expect(await hasCome(pace.turn(behind("a"), undefined))).toBe(false);
  expect(await hasCome(pace.turn(behind("b"), undefined))).toBe(true);
  const third = pace.turn(behind("c"), undefined);
  expect(await hasCome(third)).toBe(false);
  expect(await hasCome(pace.turn(at("bastion"), undefined))).toBe(true);
  first?.end();
  expect(await hasCome(third)).toBe(false);
});

it("lets go of whoever does not want to wait any more", async () => {
  const pace = newPace({ at: 1, through: 9, all: 10 });
  const first = await taken(pace, "a");
  const stop = new AbortController();
  const waits = pace.turn(at("a"), stop.signal);
  const next = pace.turn(at("a"), undefined);
  stop.abort();
  expect(await waits).toBeUndefined();
  expect(await pace.turn(at("a"), stop.signal)).toBeUndefined();
  first.end();
  expect(await hasCome(next)).toBe(true);
});

it("gives each login all of its time, however long it waited: a server that says nothing hears from all of them", async () => {
  let met = 0;
  const server = createServer((socket) => {
    met += 1;
    socket.on("error", () => undefined);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const connector = plainSsh({ connectTimeoutMs: 600 });
  const answers = await Promise.all(Array.from({ length: 20 }, () => connector.connect(hostAt(port, "/nonexistent"))));
  server.close();
  expect(met).toBe(20);
  expect(new Set(answers.map((answer) => ("message" in answer ? answer.message.split(":")[0] : "in")))).toEqual(
    new Set(["timed out"]),
  );
});

it.each([
  ["gives the turn of a server that says nothing to the next", "", true],
  ["keeps that of one that talks", "SSH-2.0-", false],
])("%s", async (_name, says, given) => {
  const server = createServer((socket) => void socket.on("error", () => undefined).write(says)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const socket = connect(typeof address === "object" && address !== null ? address.port : 0, "127.0.0.1");
  const { promise: over, resolve } = Promise.withResolvers<boolean>();
  giveWay(socket, { end: () => resolve(true) }, { reached: 60_000, heard: 100, shell: 0 });
  // Whoever was heard keeps it though its time is up.
  socket.once("data", () => setTimeout(resolve, 300, false));
  expect(await over).toBe(given);
  socket.destroy();
  server.close();
});
