import { isSameZone } from "../language/zone.ts";
import type { Schedule } from "../model/schedule.ts";
import { quote } from "../script/quote.ts";
import { crontabFields } from "./calendar.ts";
import { blackoutTest, errandOf, hoursPolicy, policyName } from "./errand.ts";
import type { Exported, ExportPlace } from "./export.ts";

/** A schedule as a line of a crontab (with comments above it), and a policy with its hours, where it has such. */
export function crontabLine(schedule: Schedule, place: ExportPlace): Exported {
  const policy = hoursPolicy(schedule);
  const errand = errandOf(schedule, place);
  const said = crontabFields(schedule.cron);
  const command = asCronTakes(commandOf(schedule, place, errand.argv));
  const length = new TextEncoder().encode(command).length;
  const refusals = [
    ...errand.refusals,
    ...("refusal" in said ? [said.refusal] : []),
    ...(isSameZone(schedule.timezone, place.zone)
      ? []
      : [`cron goes by the clocks of this machine (${place.zone}), not by ${schedule.timezone}`]),
    ...(length > LONGEST
      ? [`its command has ${length} bytes, and for more than ${LONGEST} cron ignores the whole crontab`]
      : []),
  ];
  if (refusals.length > 0 || "refusal" in said) return { refusals };
  const losses = [...errand.losses, ...lossesOf(schedule, errand.variables)];
  const lines = [
    `# The schedule ${schedule.name} of ${place.source}, written by \`runbook schedule export --crontab\`.`,
    ...losses.map((loss) => `# Not said here: ${loss}.`),
    `${said.lines.join("")} ${command}`,
    "",
  ];
  return {
    files: new Map([
      ["runbook.crontab", lines.join("\n")],
      ...(policy === null ? [] : [[policyName(schedule), policy] as const]),
    ]),
    losses,
  };
}

/** Bytes that Debian's cron reads of a command. */
const LONGEST = 998;

function commandOf(schedule: Schedule, place: ExportPlace, argv: readonly string[]): string {
  const { delay, deadline } = schedule;
  const test = blackoutTest(schedule);
  const variables = Object.entries(place.variables).map(([variable, value]) => `${variable}=${value}`);
  return [
    `cd ${shellLine([place.directory])}`,
    ...(delay === 0 ? [] : [`sleep ${delay}`]),
    ...(test === null ? [] : [test]),
    // The first signal starts no new fix and lets end what has begun.
    shellLine([
      ...(variables.length === 0 ? [] : ["env", ...variables]),
      ...(deadline === null ? [] : ["timeout", String(Math.ceil(deadline))]),
      ...place.program,
      ...argv,
    ]),
  ].join(" && ");
}

/**
 * Cron takes a bare % for the end of the command, and makes one of two backslashes, so that a % after them is bare: they stand in quotes, which are ended and
 * begun anew behind each.
 */
function asCronTakes(command: string): string {
  return command.replaceAll(/\\(?=[\\%])/g, String.raw`\''`).replaceAll("%", String.raw`\%`);
}

function lossesOf({ missed, overlap, notify }: Schedule, variables: readonly string[]): string[] {
  return [
    ...(missed === "skip" ? [] : ["missed: cron does not make up for what was missed"]),
    `overlap: cron begins a run beside the one before, so \`${overlap}\` does not hold; no two of them fix one host at once`,
    ...(notify.length === 0 ? [] : ["notify: nobody is told but whom cron mails what is printed (MAILTO=)"]),
    ...variables.map(
      (name) => `inputs: cron must be given the variable ${name}, by a line NAME=VALUE above or by the command`,
    ),
  ];
}

/** A command as one line for a shell. */
function shellLine(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : quote(word))).join(" ");
}
