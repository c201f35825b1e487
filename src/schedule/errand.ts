import { DAYS } from "../model/hours.ts";
import type { Schedule } from "../model/schedule.ts";
import type { ExportPlace } from "./export.ts";
import { counted, duration } from "../view/words.ts";
import { shareWords } from "./restraint.ts";

/** What another scheduler is to do for a schedule. */
export type Errand = {
  /** The command without the program: `run NAME -i …`. */
  readonly argv: readonly string[];
  /** Why it cannot be left to others at all. */
  readonly refusals: readonly string[];
  /** What others do not know of it: told, because less happens there, or more. */
  readonly losses: readonly string[];
  /** Variables of the environment that it needs. */
  readonly variables: readonly string[];
};

/** The schedule as a command that does the same. */
export function errandOf(schedule: Schedule, place: ExportPlace): Errand {
  const { task, inventories, limit, approve } = schedule;
  const inputs = Object.entries(schedule.inputs).map(([name, value]) => inputArgument(name, value));
  const hours = hoursPolicy(schedule) === null ? schedule.policy : `${place.to}/${policyName(schedule)}`;
  const argv = [
    ...(task.kind === "run" ? ["run", task.runbook] : ["check", ...task.runbooks]),
    ...inventories.flatMap((source) => ["-i", source]),
    ...(limit === null ? [] : ["--limit", limit]),
    ...inputs.flatMap((input) => ("argument" in input ? ["--input", input.argument] : [])),
    ...(approve === "none" || task.kind === "check" ? [] : ["--approve", approve]),
    ...(hours === null ? [] : ["--policy", hours]),
    ...(task.kind === "run" ? ["--no-tui"] : []),
    "--quiet",
    "--state",
    place.state,
  ];
  const said = [...argv, ...place.program, place.directory, place.source, ...Object.values(place.variables)];
  const odd = said.filter((word) => /[\n\r\0]/.test(word));
  return {
    argv,
    refusals: [
      ...(hoursPolicy(schedule) !== null && schedule.policy !== null
        ? ["it has both `window` and `policy`, and a run takes one policy: write the hours into it, as `when`"]
        : []),
      ...inputs.flatMap((input) => ("refusal" in input ? [input.refusal] : [])),
      ...(odd.length > 0 ? ["a value or a path has more than one line"] : []),
    ],
    losses: lossesOf(schedule),
    variables: inputs.flatMap((input) => ("variable" in input ? [input.variable] : [])),
  };
}

type InputArgument =
  | { readonly argument: string }
  | { readonly argument: string; readonly variable: string }
  | { readonly refusal: string };

function inputArgument(name: string, value: Schedule["inputs"][string]): InputArgument {
  if (typeof value !== "object") {
    const text = String(value);
    // Which the command would take for the name of a file or a variable.
    if (/^(@|env:)/.test(text))
      return { refusal: `\`inputs.${name}\` begins as a file's or a variable's name does: write it into a file` };
    return { argument: `${name}=${text}` };
  }
  if (value.env !== undefined) return { argument: `${name}=env:${value.env}`, variable: value.env };
  if (value.file !== undefined) return { argument: `${name}=@${value.file}` };
  return { refusal: `\`inputs.${name}\` comes from a command: let that write a file, and name the file` };
}

/** What no other scheduler knows. */
function lossesOf({ task, approve, stopAfter, maxHostsPerDay }: Schedule): string[] {
  if (task.kind === "check" || approve === "none") return [];
  return [
    `stop_after: it fixes what keeps coming back more often than ${counted(stopAfter.fixes, "time")} within ${duration(stopAfter.within)}`,
    `max_hosts_per_day: it fixes more than ${shareWords(maxHostsPerDay)} a day where as many are sick`,
  ];
}

/** The file that holds it. */
export function policyName({ name }: Schedule): string {
  return `runbook-${name}.policy.yml`;
}

/** A policy that lets fixes start in the schedule's maintenance hours alone; null: it has none. What asks a person there goes on to do so. */
export function hoursPolicy({ name, task, windows, timezone }: Schedule): string | null {
  // A check fixes nothing at any time.
  if (windows.length === 0 || task.kind === "check") return null;
  const when = windows.map(({ days, from, to }) => ({
    days: days.map((day) => DAYS[day - 1]).join(","),
    from: clock(from),
    to: clock(to),
    zone: timezone,
  }));
  return [
    `# The maintenance hours of the schedule ${name}, written by \`runbook schedule export\`.`,
    "rules:",
    "  - name: within its hours",
    `    when: ${JSON.stringify(when)}`,
    "    approve: auto",
    "  - name: outside its hours",
    "    approve: deny",
    `    reason: the schedule ${name} fixes nothing at this time`,
    "",
  ].join("\n");
}

function clock(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0")).join(":");
}

/** A shell's test that fails on days of a blackout; null: there are none. */
export function blackoutTest({ blackouts, timezone }: Schedule): string | null {
  if (blackouts.length === 0) return null;
  const free = blackouts.map(({ from, to }) => `{ [ "$d" -lt ${number(from)} ] || [ "$d" -gt ${number(to)} ]; }`);
  return [`d=$(TZ=${timezone} date +%Y%m%d)`, ...free].join(" && ");
}

function number(date: string): string {
  return date.replaceAll("-", "");
}
