import type { PracticeHost } from "./host.ts";
import { LOG_DIRECTORY, type Tapdisk, fillDisk, installXen, startTapdisk } from "./tapdisk.ts";

/** One kind of practice host: what is wrong with it, in words and in deeds. */
type Kind = {
  readonly about: string;
  inject(host: PracticeHost): Promise<void>;
};

/** A practice host to be: its name, its port on loopback and its kind. */
export type Berth = { readonly name: string; readonly port: number } & Kind;

/** The port of the first host in `inventory/lab.yml`; the others follow. */
export const FIRST_PORT = 2201;

/** Size of every root disk. */
export const DISK_MEGABYTES = 24;

const HEALTHY: Omit<Tapdisk, "domid" | "log"> = {
  flood: 0,
  deleted: false,
  running: true,
  onTerm: "exit",
  onHup: "exit",
};
const SICK: Omit<Tapdisk, "domid" | "log"> = { ...HEALTHY, flood: 1_000_000_000, deleted: true, running: false };

const KINDS: readonly Kind[] = [
  {
    about: "sick: the disk is full, a crashed guest's tapdisk holds a deleted log",
    async inject(host) {
      await startTapdisk(host, { ...HEALTHY, domid: 7, log: `${LOG_DIRECTORY}/tapdisk.1811.log` });
      await startTapdisk(host, { ...SICK, domid: 18, log: `${LOG_DIRECTORY}/tapdisk.2345.log` });
    },
  },
  {
    about: "sick: the same, and that tapdisk ignores a polite request to end",
    async inject(host) {
      await startTapdisk(host, { ...SICK, domid: 23, log: `${LOG_DIRECTORY}/tapdisk.4021.log`, onTerm: "ignore" });
    },
  },
  {
    about: "healthy: two guests run",
    async inject(host) {
      await startTapdisk(host, { ...HEALTHY, domid: 3, log: `${LOG_DIRECTORY}/tapdisk.1203.log` });
      await startTapdisk(host, { ...HEALTHY, domid: 4, log: `${LOG_DIRECTORY}/tapdisk.1377.log` });
    },
  },
  {
    about: "innocent: the disk is full of a forgotten backup, and tapdisk has nothing to do with it",
    async inject(host) {
      await startTapdisk(host, { ...HEALTHY, domid: 5, log: `${LOG_DIRECTORY}/tapdisk.1502.log` });
      await fillDisk(host, "/root/backup.img");
    },
  },
];

/** The first `count` practice hosts, on ports from `firstPort` on; the kinds come round again after four. */
export function berths(count: number, firstPort: number = FIRST_PORT): Berth[] {
  return Array.from({ length: count }, (_, index) => {
    const kind = KINDS[index % KINDS.length] as Kind;
    return { ...kind, name: `xen${index + 1}`, port: firstPort + index };
  });
}

/** Makes a fresh practice host what it is to be. */
export async function furnish(host: PracticeHost, berth: Berth): Promise<void> {
  await installXen(host);
  await berth.inject(host);
}
