import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** A way that bytes go through a relay: `up` to the host, `down` from it. */
export type Way = "up" | "down";

/** A loopback port in front of another one, where connections can be cut. */
export type Relay = AsyncDisposable & {
  readonly port: number;
  /** Cuts whatever connection carries the byte: of all that go a way from now on, each number in turn counts from the cut before. */
  cutAfter(way: Way, bytes: readonly number[]): void;
  /** No more cuts. */
  mend(): void;
  /** Cuts that were made since the last `cutAfter`. */
  readonly cuts: number;
  /** Bytes that went each way so far. */
  readonly carried: Readonly<Record<Way, number>>;
};

/** Opens a relay to a port of loopback. */
export async function startRelay(to: number): Promise<Relay> {
  const open = new Set<Socket>();
  let plan: { way: Way; left: number[] } | null = null;
  let cuts = 0;
  const carried = { up: 0, down: 0 };
  const pass = (from: Socket, into: Socket, way: Way): void => {
    from.on("data", (chunk) => {
      const [first] = plan?.way === way ? plan.left : [];
      carried[way] += chunk.length;
      if (plan === null || first === undefined || chunk.length < first) {
        if (plan?.way === way && first !== undefined) plan.left[0] = first - chunk.length;
        into.write(chunk);
        return;
      }
      plan.left.shift();
      cuts += 1;
      // What was sent before arrives; of the rest nobody hears.
      into.end(chunk.subarray(0, first), () => into.destroySoon());
      from.resetAndDestroy();
    });
    from.on("close", () => {
      open.delete(from);
      into.destroySoon();
    });
    from.on("error", () => undefined);
  };
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: to, host: "127.0.0.1", noDelay: true });
    open.add(near).add(far);
    pass(near, far, "up");
    pass(far, near, "down");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    cutAfter: (way, bytes) => {
      plan = { way, left: [...bytes] };
      cuts = 0;
    },
    mend: () => {
      plan = null;
    },
    get cuts() {
      return cuts;
    },
    carried,
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
