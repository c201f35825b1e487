import { readdir, readFile } from "node:fs/promises";
import type { Fault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import { MOST } from "../connect/ssh/pace.ts";
import { ASIDE } from "../run/turns.ts";
import { counted, grouped } from "../view/words.ts";

/** What a command wants of this process: how many hosts at once, and whether it keeps its logins to the end of all. */
export type Wanted = { readonly parallel: number; readonly keeps: boolean };

/** Descriptors of a login while it lasts, with its sessions; and besides while it comes about: pipes to `ssh -G`, the agent, the name service. */
const OPEN: Readonly<Record<Host["connection"], number>> = { ssh: 1, local: 6, openssh: 3 };
const COMING: Readonly<Record<Host["connection"], number>> = { ssh: 3, local: 3, openssh: 6 };
/** For the record, reports, programs that are asked something, and what libraries open for a moment. */
const RESERVE = 40;
/** Fewer hosts at once than this would be no way to work. */
const LEAST = 4;

/**
 * How many hosts may be worked on at once with the files that this process may open, which is told where it is fewer than wanted; or why
 * that is too few. Asked before a run begins: in its midst a login would fail, or its record.
 */
export async function withinDescriptors(
  hosts: readonly Host[],
  { parallel, keeps }: Wanted,
  limit: () => Promise<Room | undefined> = roomHere,
): Promise<{ readonly parallel: number; readonly word?: Fault } | Fault> {
  const room = await limit();
  if (room === undefined) return { parallel };
  const left = room.most - room.used - RESERVE;
  const open = hosts.reduce((most, { connection }) => Math.max(most, OPEN[connection]), 1);
  const coming = hosts.reduce((most, { connection }) => Math.max(most, COMING[connection]), 1);
  const kept = keeps ? hosts.reduce((sum, { connection }) => sum + OPEN[connection], 0) : 0;
  const wanted = Math.min(parallel, hosts.length);
  // Hosts that do not answer are waited for beside those that are worked on.
  const atMost = (atOnce: number): number => Math.min(hosts.length, atOnce * (1 + ASIDE));
  const takes = (atOnce: number): number =>
    (keeps ? kept : atMost(atOnce) * open) + Math.min(atOnce, MOST.all) * coming;
  if (takes(wanted) <= left) return { parallel };
  const most = Array.from({ length: wanted }, (_, at) => wanted - at).find((atOnce) => takes(atOnce) <= left) ?? 0;
  const many = `this process may open ${grouped(room.most)} files`;
  if (most >= LEAST) {
    const message = `${counted(most, "host")} at once instead of ${parallel}: ${many} (\`ulimit -n\`)`;
    return { parallel: most, word: { kind: "usage", message } };
  }
  const needed = room.used + RESERVE + takes(wanted);
  const fit = Math.floor((left - LEAST * coming) / Math.max(1, Math.ceil(kept / hosts.length)));
  const fewer = keeps && fit > 0 ? `, or select at most ${counted(fit, "host")} (--limit)` : "";
  return {
    kind: "usage",
    message: `${counted(hosts.length, "host")} take up to ${grouped(needed)} open files, and ${many}`,
    hint: `\`ulimit -n ${powerAbove(needed)}\` before it${fewer}; each host keeps its login to the end`,
  };
}

/** How many files this process may have open, and has. */
export type Room = { readonly most: number; readonly used: number };

/** Undefined where the system does not say. The limit is the hard one: Node raises the other to it. */
async function roomHere(): Promise<Room | undefined> {
  const limits = await readFile("/proc/self/limits", "utf8").catch(() => "");
  const open = await readdir("/proc/self/fd").catch(() => undefined);
  const [, most] = /^Max open files +(\d+)/m.exec(limits) ?? [];
  return most === undefined || open === undefined ? undefined : { most: Number(most), used: open.length };
}

function powerAbove(amount: number): number {
  return 2 ** Math.ceil(Math.log2(amount));
}
