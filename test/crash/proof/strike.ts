import { setTimeout as sleep } from "node:timers/promises";
import { killIfThere } from "../../kit/processes.ts";
import type { Blow } from "./blow.ts";
import type { Site } from "./site.ts";

/** A blow on its way. */
export type Strike = {
  /** A process of the command has been started; `works`: one that may do something on hosts. */
  began(works: boolean): void;
  /** Lets everything be as it should; says whether the blow met anything. */
  over(): Promise<boolean>;
};

/** ms between two looks for a moment. */
const LOOK = 10;

/** Deals all but `event`, which the command deals to itself. `kill` ends the process of the command that runs now, if one does. */
export function struck(site: Site, blow: Blow | null, kill: () => boolean | undefined): Strike {
  const over = new AbortController();
  let begun = 0;
  let hit = false;
  let dealt: Promise<void> = Promise.resolve();
  const after = async (ms: number, act: () => Promise<void> | void): Promise<void> => {
    await sleep(ms, undefined, { signal: over.signal }).then(act, () => undefined);
  };
  if (blow?.kind === "cut") site.relays.get(blow.host)?.cutAfter(blow.way, blow.bytes);
  return {
    began: (works) => {
      if (!works) return;
      begun += 1;
      if (blow?.kind === "moment") {
        const ms = blow.ms[begun - 1];
        if (ms !== undefined) void after(ms, () => void (hit = kill() === true || hit));
      }
      if (begun > 1 || blow === null) return;
      if (blow.kind === "hangup" || blow.kind === "freeze" || blow.kind === "reboot") {
        dealt = (async () => {
          const at = blow.kind === "reboot" ? blow.at : blow.ms;
          if (typeof at === "string") await noted(site, blow.host, at, over.signal);
          else await sleep(at, undefined, { signal: over.signal }).catch(() => undefined);
          if (!over.signal.aborted) hit = await onHost(site, blow, kill);
        })();
      }
    },
    over: async () => {
      over.abort();
      await dealt;
      if (blow?.kind === "cut") hit = (site.relays.get(blow.host)?.cuts ?? 0) > 0;
      for (const relay of site.relays.values()) relay.mend();
      return hit;
    },
  };
}

/** Waits for a moment of the scene, as the host notes it. */
async function noted(site: Site, host: string, moment: string, signal: AbortSignal): Promise<void> {
  const begin = site.scene.moments[moment];
  if (begin === undefined) throw new Error(`no moment ${moment} in ${site.scene.name}`);
  while (!signal.aborted && !site.notes(host).some((line) => line.startsWith(begin))) await sleep(LOOK);
}

/** The blow itself; settles once the host is itself again. */
async function onHost(
  site: Site,
  blow: Extract<Blow, { kind: "hangup" | "freeze" | "reboot" }>,
  kill: () => boolean | undefined,
): Promise<boolean> {
  const machine = site.machines.get(blow.host);
  if (machine === undefined) throw new Error(`no host ${blow.host}`);
  const logins = machine.logins();
  switch (blow.kind) {
    case "hangup":
      for (const login of logins) killIfThere(login);
      return logins.length > 0;
    case "freeze":
      signalAll(logins, "SIGSTOP");
      await sleep(blow.lasts);
      signalAll(logins, "SIGCONT");
      return logins.length > 0;
    case "reboot":
      await machine.powerOff();
      if (blow.alone) kill();
      await sleep(blow.lasts);
      await machine.powerOn();
      return true;
  }
}

function signalAll(pids: readonly number[], signal: "SIGSTOP" | "SIGCONT"): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}
