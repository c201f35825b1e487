import type { Duplex } from "node:stream";
import type { Fault } from "../../model/fault.ts";

/** How bytes get to a host: straight, or through another host. */
export type Way = {
  /** A new stream to it, within `ms`; undefined where that was too short. */
  readonly dial: (ms: number) => Promise<Duplex | Fault | undefined>;
  /** Why it is gone; undefined while it is there. */
  readonly lost: () => string | undefined;
  /** It is not needed any more; may be said more than once. */
  readonly release: () => void;
};
