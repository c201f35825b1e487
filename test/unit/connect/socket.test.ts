import { once } from "node:events";
import { createServer } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { gatheringSocket } from "../../../src/connect/ssh/socket.ts";

test("what is written within one turn leaves together, also before and after the connection is there", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted = once(server, "connection");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("no port is free");
  const socket = gatheringSocket({ host: "127.0.0.1", port: bound.port });
  socket.write("one ");
  await once(socket, "connect");

  socket.write("two ");
  socket.write("three ");
  expect(socket.writableLength).toBe("two three ".length);
  await new Promise(setImmediate);
  expect(socket.writableLength).toBe(0);

  socket.end("four");
  const [peer] = await accepted;
  expect(await text(peer)).toBe("one two three four");
  server.close();
});
