import { once } from "node:events";
import { connect, createServer } from "node:net";
import { address } from "./address.ts";
import { median } from "./median.ts";

/** What the relay really adds, in ms: the median round trip of one byte through it, less that of the same without it. */
export async function measuredDelay(port: number, samples = 50): Promise<number> {
  const echo = createServer({ noDelay: true }, (socket) => socket.pipe(socket));
  echo.listen(port, address("echo", 0));
  await once(echo, "listening");
  const [direct, relayed] = [
    await roundTrip(address("echo", 0), port, samples),
    await roundTrip(address("echo", 1), port, samples),
  ];
  echo.close();
  return relayed - direct;
}

async function roundTrip(host: string, port: number, samples: number): Promise<number> {
  const socket = connect({ host, port, noDelay: true });
  const times: number[] = [];
  // One more than is counted: the first waits for the connection.
  for (let sample = 0; sample <= samples; sample += 1) {
    const sent = performance.now();
    socket.write("x");
    await once(socket, "data");
    if (sample > 0) times.push(performance.now() - sent);
  }
  socket.destroy();
  return median(times);
}
