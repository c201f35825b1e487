import type { Schedule } from "../model/schedule.ts";
import { onCalendar } from "./calendar.ts";
import { blackoutTest, errandOf, hoursPolicy, policyName } from "./errand.ts";
import type { Exported, ExportPlace } from "./export.ts";
import { firesAgain, firesForLeftOut } from "./preview.ts";
import { duration } from "../view/words.ts";

/** A schedule as a service and a timer of systemd, and a policy with its hours, where it has such. */
export function systemdUnits(schedule: Schedule, place: ExportPlace): Exported {
  const policy = hoursPolicy(schedule);
  const errand = errandOf(schedule, place);
  const said = onCalendar(schedule.cron, schedule.timezone, place.now);
  const refusals = [
    ...errand.refusals,
    ...("refusal" in said ? [said.refusal] : []),
    ...(/["'\\$]/.test(place.program[0] ?? "")
      ? [`systemd starts no program with such a path: ${place.program[0]}`]
      : []),
    ...(schedule.name === "daemon" ? ["`runbook-daemon.service` is the daemon's own unit: rename the schedule"] : []),
  ];
  if (refusals.length > 0 || "refusal" in said) return { refusals };
  const losses = [
    ...errand.losses,
    ...lossesOf(schedule, errand.variables),
    ...clockLosses(schedule, said.lines, place.now),
  ];
  const unit = `runbook-${schedule.name}`;
  const files = new Map([
    [`${unit}.service`, service(schedule, place, errand.argv, losses)],
    [`${unit}.timer`, timer(schedule, place, said.lines)],
    ...(policy === null ? [] : [[policyName(schedule), policy] as const]),
  ]);
  return { files, losses };
}

function lossesOf(schedule: Schedule, variables: readonly string[]): string[] {
  const { missed, overlap } = schedule;
  return [
    ...(missed === "detect"
      ? ["missed: systemd could only run late in full, so what was missed is not made up for"]
      : []),
    ...(missed === "run" ? ["missed_window: what was missed is run however late"] : []),
    ...(overlap === "skip"
      ? []
      : [`overlap: systemd leaves out what would begin beside the run before, so \`${overlap}\` is \`skip\``]),
    ...(schedule.delay === 0
      ? []
      : [
          `jitter: systemd chooses how much later it fires, once and for all, and not the ${duration(schedule.delay)} of our own`,
        ]),
    ...(schedule.notify.length === 0 ? [] : ["notify: nobody is told, unless by OnFailure= in a drop-in"]),
    ...variables.map((name) => `inputs: the service needs the variable ${name}, by EnvironmentFile= in a drop-in`),
  ];
}

/** What systemd does otherwise when the clocks are moved. */
function clockLosses(schedule: Schedule, lines: readonly string[], now: number): string[] {
  return [
    ...(firesForLeftOut(schedule, now)
      ? ["cron: on the day when the clocks go forward over its time, systemd leaves it out"]
      : []),
    ...(lines.every((line) => line.endsWith(" UTC")) || !firesAgain(schedule, now)
      ? []
      : ["cron: in the time that comes a second time when the clocks go back, systemd does not fire again"]),
  ];
}

function service(schedule: Schedule, place: ExportPlace, argv: readonly string[], losses: readonly string[]): string {
  const { name, about, deadline } = schedule;
  const test = blackoutTest(schedule);
  return [
    `# The schedule ${name} of ${place.source}, written by \`runbook schedule export --systemd\`.`,
    ...losses.map((loss) => `# Not said here: ${loss}.`),
    "[Unit]",
    `Description=${whole(`runbook: ${about ?? name}`)}`,
    "Wants=network-online.target",
    "After=network-online.target",
    "",
    "[Service]",
    "Type=oneshot",
    // With it come its home, and so its keys.
    `User=${place.user}`,
    `WorkingDirectory=${whole(place.directory)}`,
    ...Object.entries(place.variables).map(
      ([variable, value]) => `Environment=${quoted(escape(`${variable}=${value}`))}`,
    ),
    ...(test === null ? [] : [`ExecCondition=${words(["/bin/sh", "-c", test])}`]),
    `ExecStart=${words([...place.program, ...argv])}`,
    // The first signal starts no new fix and lets end what has begun.
    ...(deadline === null ? [] : [`TimeoutStartSec=${deadline}`]),
    "TimeoutStopSec=15min",
    "KillMode=mixed",
    "",
  ].join("\n");
}

function timer({ name, missed, delay, jitter }: Schedule, place: ExportPlace, lines: readonly string[]): string {
  return [
    `# The schedule ${name} of ${place.source}, written by \`runbook schedule export --systemd\`.`,
    "[Unit]",
    `Description=When the schedule ${name} fires`,
    "",
    "[Timer]",
    ...lines.map((line) => `OnCalendar=${line}`),
    "AccuracySec=1s",
    ...(delay === 0 ? [] : [`RandomizedDelaySec=${jitter}`, "FixedRandomDelay=true"]),
    `Persistent=${missed === "run" ? "true" : "false"}`,
    "",
    "[Install]",
    "WantedBy=timers.target",
    "",
  ].join("\n");
}

/** Words of a command as systemd takes them apart; nothing in them is replaced. */
function words(all: readonly string[]): string {
  return all
    .map((word) => escape(word).replaceAll("$", "$$$$"))
    .map(quoted)
    .join(" ");
}

function quoted(word: string): string {
  return /^[\w@%+=:,./!&*~-]+$/.test(word) ? word : `"${word.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** `%` begins something that systemd replaces. */
function escape(text: string): string {
  return text.replaceAll("%", "%%");
}

/** A value that is a line of its own: a backslash at its end would make the next line a part of it; a blank after that is cut off. */
function whole(text: string): string {
  return `${escape(text)}${text.endsWith("\\") ? " " : ""}`;
}
