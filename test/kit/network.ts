import { execFileSync } from "node:child_process";

/** A network namespace that is reached over a cable of its own. Needs root and `ip`. */
export type Network = Disposable & {
  readonly name: string;
  /** Of the far end. */
  readonly address: string;
  /** Of the cable's far end: `ip link set DEVICE down` there cuts it. */
  readonly device: string;
  /** Runs `ip` in it. */
  ip(...args: readonly string[]): void;
};

function ip(...args: readonly string[]): void {
  execFileSync("ip", args);
}

let made = 0;

/** Makes one; it ends with its cable. */
export function network(): Network {
  made += 1;
  const name = `rb${process.pid}${"abcdefgh"[made % 8]}`;
  const [near, far, net] = [`${name}0`, `${name}1`, `10.${231 + (made % 8)}.${process.pid % 250}`];
  const inside = (...args: readonly string[]): void => ip("-n", name, ...args);
  ip("netns", "add", name);
  ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", name);
  ip("addr", "add", `${net}.1/30`, "dev", near);
  ip("link", "set", near, "up");
  inside("addr", "add", `${net}.2/30`, "dev", far);
  inside("link", "set", far, "up");
  inside("link", "set", "lo", "up");
  return {
    name,
    address: `${net}.2`,
    device: far,
    ip: inside,
    [Symbol.dispose]() {
      // The cable goes with either end, the namespace only with the last process in it.
      ip("link", "del", near);
      ip("netns", "del", name);
    },
  };
}
