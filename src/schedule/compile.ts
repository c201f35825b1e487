import type { Fault } from "../model/fault.ts";
import type { Notification } from "../model/notification.ts";
import { SchedulesFile, type Blackout, type Schedule, type WrittenSchedule } from "../model/schedule.ts";
import { reportOn } from "../language/runbook/check-report.ts";
import { shape, type Form } from "../language/schema/shape.ts";
import { inFileOrder, lineAndColumn } from "../language/yaml/source.ts";
import { readYaml, type Yaml } from "../language/yaml/yaml.ts";
import { zoneName } from "../language/zone.ts";
import { checkSchedules } from "./check.ts";
import { notificationsOf } from "./notifications.ts";
import { delayOf } from "./delay.ts";
import { SCHEDULES } from "./dialect.ts";

/**
 * All that can be told of a file of schedules by its text. Where there are faults, `schedules` are what could be made of the rest, each at the place
 * where it stands in the file, for further checks only.
 */
export type ExaminedSchedules = {
  readonly yaml?: Yaml;
  readonly schedules?: readonly Schedule[];
  readonly notifications?: readonly Notification[];
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
};

/** Seconds in a day. */
const DAY = 86_400;

/** Reads a text and checks all of it. `file` is the name that faults say; contradictions are looked for from `now` on. */
export function examineSchedules(text: string, file: string, now: number): ExaminedSchedules {
  const read = readYaml(text, { file, schema: "core", mend: true });
  const discreet = { ...read, faults: withoutSecrets(text, read.faults) };
  const { yaml, vague, draft, broken, faults } = shape(FORM, discreet);
  if (yaml === undefined || vague) return { faults: inFileOrder(faults), warnings: [] };
  if (draft === undefined) return { yaml, faults: inFileOrder(faults), warnings: [] };
  const report = reportOn(yaml);
  const schedules = draft.schedules.map((written, at) =>
    scheduleOf(written, draft, `${file}:${yaml.place(["schedules", at]).line}`),
  );
  const doubtful = broken.flatMap(([top, index]) => (top === "schedules" ? Number(index) : []));
  checkSchedules(report, draft, schedules, { broken: new Set(doubtful), now });
  return {
    yaml,
    schedules,
    notifications: notificationsOf(
      draft.notifications ?? [],
      (at) => `${file}:${yaml.place(["notifications", at]).line}`,
    ),
    faults: inFileOrder([...faults, ...report.faults]),
    warnings: inFileOrder(report.warnings),
  };
}

/** Mistakes of YAML, without their lines where these may be of the notifications: a secret may stand there. */
function withoutSecrets(text: string, faults: readonly Fault[]): Fault[] {
  let secret = false;
  const lines = text.split("\n").map((line) => {
    // What the top is called ends with the next name there; in brackets there is no telling.
    if (/^[^\s#-]/.test(line)) secret = /^["']?notif/i.test(line) || (/^[[{\]}]/.test(line) && /notif/i.test(text));
    return secret;
  });
  return faults.map((fault) => {
    const quiet = { ...fault };
    if (lines[lineAndColumn(fault.where ?? "")[0] - 1] === true) delete quiet.excerpt;
    return quiet;
  });
}

/** What must be there in a schedule, where it is missing or wrong. */
function standIn(path: string): unknown {
  if (/^schedules\/\d+$/.test(path)) return { name: "x", cron: "@daily" };
  if (/^(schedules|notifications)\/\d+\/name$/.test(path)) return "x";
  return /^schedules\/\d+\/cron$/.test(path) ? "@daily" : undefined;
}

const FORM: Form<SchedulesFile> = {
  dialect: SCHEDULES,
  schema: SchedulesFile,
  vital: "schedules",
  standIns: standIn,
};

function scheduleOf(written: WrittenSchedule, file: SchedulesFile, where: string): Schedule {
  const { name, jitter, runbook, check } = written;
  return {
    name,
    about: written.about ?? null,
    task: check === undefined ? { kind: "run", runbook: runbook ?? "" } : { kind: "check", runbooks: check },
    inventories: written.inventory ?? file.inventory ?? [],
    limit: written.limit ?? null,
    inputs: written.inputs ?? {},
    cron: written.cron,
    timezone: zoneName(written.timezone ?? file.timezone ?? "UTC"),
    delay: delayOf(name, jitter),
    jitter,
    approve: written.approve ?? "none",
    policy: written.policy ?? null,
    overlap: written.overlap,
    missed: written.missed,
    missedWindow: written.missed_window ?? DAY,
    windows: written.window ?? [],
    blackouts: (written.blackout ?? []).map(blackoutOf),
    deadline: written.deadline ?? null,
    enabled: written.enabled,
    notify: written.notify ?? [],
    stopAfter: written.stop_after ?? { fixes: 3, within: 7 * DAY },
    maxHostsPerDay: written.max_hosts_per_day ?? 10,
    where,
  };
}

function blackoutOf(written: NonNullable<WrittenSchedule["blackout"]>[number]): Blackout {
  if (typeof written === "string") return { from: written, to: written, reason: null };
  return { from: written.from, to: written.to, reason: written.reason ?? null };
}
