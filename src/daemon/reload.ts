import { tellOnly } from "../schedule/status.ts";
import type { Bridge } from "./bridge.ts";

/** Reads the schedules where they have changed. Wrong ones leave those before in force, and every fault is told. */
export async function readSchedules(bridge: Bridge): Promise<void> {
  const { parts, status, schedules: before } = bridge;
  const reading = await parts.reader.read();
  if (reading === null) return;
  status.reloads += 1;
  if ("faults" in reading) {
    status.failedReloads += 1;
    status.scheduleFaults = reading.faults.length;
    for (const { message, where = null, hint = null } of reading.faults) {
      parts.say({ level: "error", event: "schedules", problem: message, where, hint });
    }
    const kept = before === null ? "nothing fires" : `the ${before.length} from before stay in force`;
    parts.say({ level: "error", event: "schedules", problem: `the file of schedules cannot be used: ${kept}` });
    return;
  }
  const { schedules } = reading;
  bridge.schedules = schedules;
  bridge.next.clear();
  status.schedules = schedules.length;
  status.scheduleFaults = 0;
  status.loadedAt = parts.clock.now();
  tellOnly(status, schedules);
  const names = new Set(schedules.map(({ name }) => name));
  const gone = (before ?? []).map(({ name }) => name).filter((name) => !names.has(name));
  parts.say({ level: "info", event: "schedules", loaded: [...names], gone });
}
