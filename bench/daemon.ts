/**
 * Lets a daemon live through days by a clock that goes by hand, with stand-ins of processes, and prints what it keeps in memory. Fails where that
 * grows: `node --expose-gc bench/daemon.ts [days]`.
 */
import { night, endAt } from "../test/kit/daemon.ts";
import { scheduleOf } from "../test/kit/schedules.ts";

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1);
const SCHEDULES = 20;
/** Bytes by which the second half may be above the first: noise of the collector. */
const NOISE = 2_000_000;

const days = Number(process.argv[2] ?? 1);
const { gc } = globalThis;
if (gc === undefined) throw new Error("node --expose-gc bench/daemon.ts");

const schedules = Array.from({ length: SCHEDULES }, (_, at) =>
  scheduleOf({ name: `s${at}`, runbook: `r${at}`, cron: "*/5 * * * *", jitter: "4m" }),
);
await using one = await night(START, schedules);
let fires = 0;
const daemon = one.daemon({
  say: () => undefined,
  most: SCHEDULES,
  starter: {
    start: () => {
      fires += 1;
      return {
        pid: null,
        ended: one.clock.sleep(20_000).then(() => ({ code: 0, signal: null })),
        stop: () => undefined,
      };
    },
  },
});
const kept: number[] = [];
for (let hour = 1; hour <= 24 * days; hour += 1) {
  one.clock.at(START + hour * HOUR, () => {
    gc();
    kept.push(process.memoryUsage().heapUsed);
  });
}
const began = performance.now();
await endAt(one, daemon, START + 24 * days * HOUR + 1);
const seconds = (performance.now() - began) / 1000;

const half = Math.floor(kept.length / 2);
const [early, late] = [kept.slice(1, half), kept.slice(half)].map((part) => Math.max(...part));
const megabytes = (bytes = 0): string => (bytes / 1e6).toFixed(1);
process.stdout.write(
  `${days * 24} h of ${SCHEDULES} schedules in ${seconds.toFixed(0)} s: ${fires} fires; heap at most ${megabytes(early)} MB in the first half, ${megabytes(late)} MB in the second\n`,
);
if ((late ?? 0) > (early ?? 0) + NOISE) throw new Error("it grows");
