/** Every host listens on its own loopback address and on one port that they all share, so that tools without a port per host can reach them. */
export type Way = "direct" | "delayed" | "echo";

const NETWORK = { direct: "127.77", delayed: "127.78", echo: "127.79" } as const;

/** The address of host `index` (from 0), as it is or behind the relay. */
export function address(way: Way, index: number): string {
  return `${NETWORK[way]}.${1 + Math.floor(index / 100)}.${1 + (index % 100)}`;
}

/** The inventory name of host `index` (from 0). */
export function hostName(index: number): string {
  return `host${String(index + 1).padStart(3, "0")}`;
}
