import type { Pinged, Place } from "../model/probe.ts";
import { oldIn } from "../model/wire.ts";
import { bytes, duration } from "./words.ts";

/** Seconds that a clock may be off: more, and certificates, tickets and logs of two machines no longer fit. */
const CLOCK = 1;
/** Shares of a file system, and bytes, below which its room is tight. */
const TIGHT = { share: 0.1, least: 0.03, bytes: 2 ** 30 };
/** Waiting processes for each processor. */
const LOAD = 4;

/** What somebody may want to look at before anything is done on a host, each in a few words. */
export function oddities(pinged: Pick<Pinged, "clock" | "places" | "load" | "ssh">): string[] {
  const { clock, places, load, ssh } = pinged;
  const odd: string[] = [];
  if (clock !== null && Math.abs(clock.offset) > CLOCK + clock.within) {
    odd.push(`its clock is ${duration(Math.abs(clock.offset))} ${clock.offset > 0 ? "ahead" : "behind"}`);
  }
  odd.push(...places.flatMap(tightness));
  const [now = 0] = load?.averages ?? [];
  if (load?.processors != null && now > LOAD * load.processors) odd.push(`load ${now} on ${load.processors} CPUs`);
  const old = oldIn(ssh);
  if (old.length > 0) odd.push(`old SSH algorithms: ${old.join(", ")}`);
  return odd;
}

function tightness({ at, size, free, inodes, inodesFree, readOnly }: Place): string[] {
  const tight = size !== null && free !== null && size > 0 && !roomy(free / size, free);
  const few = inodes !== null && inodesFree !== null && inodesFree / inodes < TIGHT.least;
  return [
    ...(readOnly ? [`${at} is read-only`] : []),
    ...(tight
      ? [`${at} is ${percent(size - free, size)} full: ${bytes(Math.max(0, free))} of ${bytes(size)} left`]
      : []),
    ...(few ? [`${at} has ${inodesFree === 0 ? "no" : percent(inodesFree, inodes)} inodes left`] : []),
  ];
}

function roomy(share: number, free: number): boolean {
  return share >= TIGHT.share || (share >= TIGHT.least && free >= TIGHT.bytes);
}

function percent(part: number, all: number): string {
  return `${Math.floor((100 * part) / all)} %`;
}
