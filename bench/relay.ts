/**
 * One process that stands in front of every host and makes it as far away as asked:
 *
 *     relay.ts ROUND_TRIP_MS PORT HOSTS
 *
 * Each way takes half the round trip. A connection is handed on after one and a half round trips: that is when a server
 * that far away would have accepted it and begun to speak. It prints `ready` once all addresses are open.
 * One more address (`echo`) is relayed to the same kind of address, so that the delay can be measured from outside.
 */
import { connect, createServer, type Socket } from "node:net";
import { address, type Way } from "./address.ts";

const [roundTrip = 0, port = 0, hosts = 0] = process.argv.slice(2).map(Number);

type Late = { readonly due: number; readonly act: () => void };

/** Things that wait equally long leave in the order they came, so one queue and one timer do for all connections. */
function delayLine(ms: number): (act: () => void) => void {
  const queue: Late[] = [];
  const release = (): void => {
    // Timers count whole milliseconds: half a one early is as near as half a one late.
    while (queue[0] !== undefined && queue[0].due <= performance.now() + 0.5) queue.shift()?.act();
    if (queue[0] !== undefined) setTimeout(release, Math.max(1, Math.round(queue[0].due - performance.now())));
  };
  return (act) => {
    queue.push({ due: performance.now() + ms, act });
    if (queue.length === 1) setTimeout(release, Math.round(ms));
  };
}

const travel = delayLine(roundTrip / 2);
const open = delayLine(roundTrip * 1.5);

function pass(from: Socket, to: Socket): void {
  from.on("data", (chunk) => travel(() => to.write(chunk)));
  from.on("end", () => travel(() => to.end()));
  from.on("error", () => travel(() => to.destroy()));
}

function relay(listenAt: string, target: string): Promise<void> {
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (near) => {
    open(() => {
      const far = connect({ host: target, port, noDelay: true, allowHalfOpen: true });
      pass(near, far);
      pass(far, near);
      near.resume();
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen({ host: listenAt, port, backlog: 511 }, resolve);
  return promise;
}

const pairs: readonly (readonly [Way, Way, number])[] = [
  ...Array.from({ length: hosts }, (_, index) => ["delayed", "direct", index] as const),
  ["echo", "echo", 1] as const,
];
await Promise.all(
  pairs.map(([near, far, index]) =>
    relay(address(near, index), near === "echo" ? address(far, 0) : address(far, index)),
  ),
);
process.stdout.write("ready\n");
