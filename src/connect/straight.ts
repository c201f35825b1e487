import { gatheringSocket } from "./socket.ts";
import type { Target } from "./target.ts";
import type { Way } from "./way.ts";

const FAMILIES = { any: 0, inet: 4, inet6: 6 } as const;

/** The way to a host without another one in between. */
export function straight({ address, port, ssh: { bindAddress, addressFamily = "any" } }: Target): Way {
  return {
    async dial() {
      const from = bindAddress === undefined ? {} : { localAddress: bindAddress };
      return gatheringSocket({ host: address, port, family: FAMILIES[addressFamily], ...from });
    },
    lost: () => undefined,
    release: () => undefined,
  };
}
