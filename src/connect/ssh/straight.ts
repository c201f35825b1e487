import type { LookupAddress } from "node:dns";
import type { LookupFunction, Socket } from "node:net";
import { gatheringSocket } from "./socket.ts";
import type { Target } from "./target.ts";
import type { Way } from "./way.ts";

/** The way to a host without another one in between, at the addresses that its name has. */
export function straight({ address, port, ssh }: Target, addresses: readonly LookupAddress[]): Way {
  const { bindAddress, connectTimeout = 0 } = ssh;
  const [first = { address, family: 0 }] = addresses;
  const lookup: LookupFunction = (_name, { all }, answer) =>
    all === true ? answer(null, [...addresses]) : answer(null, first.address, first.family);
  return {
    async dial() {
      const from = bindAddress === undefined ? {} : { localAddress: bindAddress };
      const socket = gatheringSocket({ host: address, port, lookup, ...from });
      return connectTimeout > 0 ? connectingFor(connectTimeout, socket) : socket;
    },
    lost: () => undefined,
    release: () => undefined,
  };
}

/** A socket that fails as by the system's own limit where it takes longer than so many seconds to connect. */
function connectingFor(seconds: number, socket: Socket): Socket {
  const late = Object.assign(new Error("no connection in time"), { code: "ETIMEDOUT" });
  const timer = setTimeout(() => socket.destroy(late), Math.min(seconds * 1000, 2 ** 31 - 1));
  for (const event of ["connect", "close"]) socket.once(event, () => clearTimeout(timer));
  return socket;
}
