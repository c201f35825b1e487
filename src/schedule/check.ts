import { patternFault } from "../language/inventory/pattern.ts";
import type { Report } from "../language/runbook/check-report.ts";
import { valueAt } from "../language/schema/schema-faults.ts";
import type { Path } from "../language/yaml/path.ts";
import { zoneProblem } from "../language/zone.ts";
import type { Schedule, SchedulesFile, WrittenSchedule } from "../model/schedule.ts";
import { didYouMean } from "../language/suggest.ts";
import { checkNotifications, namesWritten } from "./check-notifications.ts";
import { checkBlackouts, checkTimes } from "./check-times.ts";

/** What the checks know besides the file. `broken` are the schedules that the schema refuses; `now` is when contradictions are looked for. */
type Ground = { readonly broken: ReadonlySet<number>; readonly now: number };

/** Checks what a schema cannot say of schedules. */
export function checkSchedules(
  report: Report,
  file: SchedulesFile,
  schedules: readonly Schedule[],
  { broken, now }: Ground,
): void {
  const zone = file.timezone === undefined ? undefined : zoneProblem(file.timezone);
  if (zone !== undefined) report.fault(["timezone"], zone.message, zone.hint);
  checkNotifications(report, file.notifications ?? []);
  const known = namesWritten(report);
  for (const [index, schedule] of schedules.entries()) {
    const written = file.schedules[index];
    if (written === undefined) continue;
    const path: Path = ["schedules", index];
    checkTask(report, path, written, broken.has(index));
    if (!broken.has(index)) checkInventory(report, path, schedule);
    checkLimit(report, path, written);
    checkInputs(report, path, written);
    checkConduct(report, path, written);
    checkSpans(report, path, written);
    checkNotify(report, path, written, known);
    checkBlackouts(report, path, schedule, now);
    checkTimes(report, path, schedule, { right: !broken.has(index), now });
  }
  checkNames(report, schedules);
}

function checkTask(report: Report, path: Path, { runbook, check }: WrittenSchedule, broken: boolean): void {
  if (runbook !== undefined && check !== undefined) {
    const hint = "keep one of them: `runbook` fixes what it finds, `check` only looks";
    report.fault([...path, "check"], "both `runbook` and `check` are given", hint, "key");
  } else if (runbook === undefined && check === undefined && !broken) {
    const hint = "`runbook: NAME` runs one, `check: [NAME, …]` only looks with several";
    report.fault(path, "neither `runbook` nor `check` is given", hint, "key");
  }
}

function checkInventory(report: Report, path: Path, { inventories }: Schedule): void {
  if (inventories.length > 0) return;
  report.fault(path, "`inventory` is missing in the schedule", "name one here, or for all schedules at the top", "key");
}

function checkLimit(report: Report, path: Path, { limit }: WrittenSchedule): void {
  const wrong = limit === undefined ? undefined : patternFault(limit);
  if (wrong !== undefined) report.fault([...path, "limit"], wrong.message, wrong.hint);
}

function checkInputs(report: Report, path: Path, { inputs = {} }: WrittenSchedule): void {
  for (const [name, value] of Object.entries(inputs)) {
    const written = valueAt(report.yaml.value, [...path, "inputs", name]);
    // As it is written: an unknown key is told already.
    if (typeof value !== "object" || Object.keys(Object(written)).length === 1) continue;
    const message = `\`${name}\` must come from one place: expected one of env, file, command`;
    report.fault([...path, "inputs", name], message, "such as `{ env: VARIABLE }`", "key");
  }
}

const FOR_FIXES = ["approve", "policy", "window", "stop_after", "max_hosts_per_day"] as const;

/** What is said about fixes where nothing is fixed, and about what is missed where that is skipped. */
function checkConduct(report: Report, path: Path, written: WrittenSchedule): void {
  if (written.check !== undefined && written.runbook === undefined) {
    for (const key of FOR_FIXES) {
      if (written[key] === undefined) continue;
      report.fault([...path, key], `\`${key}\` has no meaning here: \`check\` fixes nothing`, "leave it out", "key");
    }
  }
  if (written.missed === "skip" && written.missed_window !== undefined) {
    const message = "`missed_window` has no meaning here: `missed: skip` makes up for nothing";
    report.fault([...path, "missed_window"], message, "leave it out", "key");
  }
}

/** What no time at all would turn into something else than it says. */
function checkSpans(
  report: Report,
  path: Path,
  { deadline, stop_after, missed, missed_window }: WrittenSchedule,
): void {
  if (deadline === 0) {
    const hint = "leave it out for no deadline; a dry run or a `check` only looks";
    report.fault([...path, "deadline"], "no fix would ever start", hint);
  }
  if (stop_after?.within === 0) {
    const hint = "such as 7d; what comes back within this time is left to people";
    report.fault([...path, "stop_after", "within"], "nothing ever comes back within no time", hint);
  }
  if (missed_window === 0 && missed !== "skip") {
    report.fault([...path, "missed_window"], "all that was missed would be skipped", "write `missed: skip`");
  }
}

function checkNotify(report: Report, path: Path, { notify = [] }: WrittenSchedule, known: readonly string[]): void {
  for (const [at, name] of notify.entries()) {
    const place = [...path, "notify", at];
    if (notify.indexOf(name) < at) report.fault(place, `\`${name}\` is named twice`, "once is enough");
    if (known.includes(name)) continue;
    const there =
      known.length === 0 ? "there are none: write `notifications` at the top" : `there are ${known.join(", ")}`;
    report.fault(place, `there is no notification \`${name}\``, didYouMean(name, known) ?? there);
  }
}

function checkNames(report: Report, schedules: readonly Schedule[]): void {
  const seen = new Map<unknown, number>();
  for (const index of schedules.keys()) {
    // As it is written: what stands in for a name that is missing is no name.
    const path = ["schedules", index, "name"];
    const name = valueAt(report.yaml.value, path);
    const first = seen.get(name);
    if (typeof name !== "string") continue;
    if (first === undefined) seen.set(name, index);
    else {
      const { line } = report.yaml.place(["schedules", first, "name"]);
      report.fault(path, `another schedule is called \`${name}\`, on line ${line}`, "rename one of them");
    }
  }
}
