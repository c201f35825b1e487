import { join } from "node:path";
import { fold } from "../../../src/engine/evolve.ts";
import { stepVerdict } from "../../../src/engine/outcome.ts";
import type { HostState, StepState } from "../../../src/engine/state.ts";
import { SqliteRecord } from "../../../src/journal/sqlite.ts";
import type { Entry, Event } from "../../../src/model/event.ts";
import { eventually } from "../../kit/processes.ts";
import type { Blow } from "./blow.ts";
import { command, type Story } from "./deal.ts";
import { ENDS, type Site } from "./site.ts";

/** What a host noted of one step, with the place of each note among all of the host. */
type Notes = readonly {
  readonly at: number;
  readonly what: string;
  readonly key: string;
  readonly exit: string | undefined;
}[];

/** Everything that is known of one step of one host when the case is over. */
type Matter = {
  readonly host: HostState;
  readonly step: StepState;
  readonly outcome: string;
  readonly reason: string;
  /** The step's events, in order. */
  readonly events: readonly Event[];
  readonly notes: Notes;
  /** Files of the host's disk that the step is about, which are still there. */
  readonly left: readonly string[];
  readonly blow: Blow | null;
};

/** Holds what the record says against what the hosts noted: every contradiction, in words. None is how it must be. */
export async function judge(site: Site, blow: Blow | null, story: Story): Promise<string[]> {
  const { entries, told, rested } = story;
  const state = fold(entries);
  if (state === null) return ["nothing is on record"];
  const wrong = rested ? [] : ["the run did not come to rest"];
  for (const { argv, exit, text } of told) {
    if (exit === 70 || /\bat \S+ \(.*:\d+:\d+\)/.test(text)) wrong.push(`\`${argv.join(" ")}\` met a bug: ${text}`);
  }
  for (const host of state.hosts.values()) {
    for (const step of host.steps) {
      const matter = matterOf(site, blow, entries, host, step);
      const place = `${host.host} ${step.plan.id} (${matter.outcome}: ${matter.reason})`;
      wrong.push(...RULES.flatMap((rule) => rule(matter).map((words) => `${place}: ${words}`)));
    }
  }
  wrong.push(...(await recordFaults(site, story)), ...(await remains(site, blow, [...state.hosts.values()])));
  return wrong;
}

function matterOf(site: Site, blow: Blow | null, entries: readonly Entry[], host: HostState, step: StepState): Matter {
  const id = step.plan.id;
  const events = entries
    .map(({ event }) => event)
    .filter((event) => "host" in event && event.host === host.host && "step" in event && event.step === id);
  const notes = site.notes(host.host).flatMap((line, at) => {
    const [what = "", of, key = "", exit] = line.split(" ");
    return of === id ? [{ at, what, key, exit }] : [];
  });
  const found = events.flatMap((event) => (event.type === "detected" ? event.findings : []));
  const files = [...new Set(found.map(({ values }) => String(values["file"])))];
  return {
    host,
    step,
    ...stepVerdict(host, step),
    events,
    notes,
    left: files.filter((file) => site.has(host.host, file)),
    blow,
  };
}

/** The finding of an event as the host's notes call it. */
function noted(key: string | null): string {
  const [file]: unknown[] = key === null ? ["-"] : JSON.parse(key);
  return String(file);
}

/** One way in which record and host must agree; answers with what does not. */
type Rule = (matter: Matter) => string[];

const once: Rule = ({ notes, events }) => {
  const keys = new Set(notes.filter(({ what }) => what === "begin").map(({ key }) => key));
  const begun = [...keys].map((key) => [key, notes.filter((one) => one.what === "begin" && one.key === key).length]);
  const started = new Set(events.flatMap((event) => (event.type === "fix-started" ? [noted(event.key)] : [])));
  return [
    ...begun.flatMap(([key, times]) => (times === 1 ? [] : [`the fix of ${key} ran ${times} times`])),
    ...[...keys].filter((key) => !started.has(key)).map((key) => `the fix of ${key} ran and is not on record`),
  ];
};

/** What is said of the end of a fix is what the host noted. */
const truth: Rule = ({ events, notes }) =>
  events.flatMap((event) => {
    if (event.type !== "fix-finished" && event.type !== "fix-refused") return [];
    const key = noted(event.key);
    const begun = notes.some((one) => one.what === "begin" && one.key === key);
    const end = notes.find((one) => one.what === "end" && one.key === key);
    if (event.type === "fix-refused") return begun ? [`it is said that the fix of ${key} never began, and it did`] : [];
    if (!begun) return [`it is said that the fix of ${key} ended, and it never began`];
    return String(event.exit) === end?.exit
      ? []
      : [`the fix of ${key} is said to have exited ${event.exit}, and noted ${end?.exit ?? "no end"}`];
  });

const fixed: Rule = ({ outcome, reason, events, notes, left }) => {
  if (outcome !== "fixed") return [];
  const begun = new Set(notes.filter(({ what }) => what === "begin").map(({ key }) => key));
  const found = events.flatMap((event) => (event.type === "detected" ? event.findings : []));
  const unfixed = found.filter(({ values }) => !begun.has(String(values["file"])) && !begun.has("-"));
  const last = notes.findLast(({ what }) => what === "end")?.at ?? -1;
  return [
    ...left.map((file) => `${file} is still there`),
    ...(unfixed.length === 0 || reason.includes("without a fix") ? [] : ["not every finding had its fix"]),
    ...(notes.some((one) => one.what === "verify" && one.at > last) ? [] : ["nothing verified it after the last fix"]),
    ...(events.some(({ type }) => type === "verified") ? [] : ["no verification is on record"]),
  ];
};

/** Nothing is called healthy that is not, and nothing that we did is called healthy by itself. */
const healthy: Rule = ({ outcome, notes, left }) => {
  if (outcome !== "clear" && outcome !== "skipped") return [];
  const begun = notes.some(({ what }) => what === "begin");
  return [...left.map((file) => `${file} is still there`), ...(begun ? ["a fix of it ran, and nobody says so"] : [])];
};

const open: Rule = ({ outcome, reason, events, left, notes }) => {
  if (!["found", "unknown", "waiting", "failed", "in-doubt"].includes(outcome)) return [];
  const approved = events.some(({ type }) => type === "approved");
  const begun = notes.some(({ what }) => what === "begin");
  return [
    ...(reason === "" ? ["no reason is told"] : []),
    ...(outcome === "waiting" && approved ? ["what was approved waits"] : []),
    ...(outcome === "found" && left.length === 0 && !begun ? ["nothing of it is there"] : []),
  ];
};

/** What can be known is known: a host that was not booted tells what became of a job that reached it. */
const doubt: Rule = ({ outcome, notes, step, blow }) => {
  if (outcome !== "in-doubt" || blow?.kind === "reboot") return [];
  const last = step.fixes.at(-1);
  const back = step.rollback !== null;
  const begun = notes.some((one) =>
    back ? one.what === "undo" : one.what === "begin" && one.key === noted(last?.key ?? null),
  );
  return begun ? [`the host knows of the ${back ? "rollback" : "fix"}, and it is in doubt`] : [];
};

/** A rollback runs at most once, only after a failure that is on record, and never beside a fix. */
const undone: Rule = ({ events, notes, outcome, blow }) => {
  const undos = notes.filter(({ what }) => what === "undo");
  const at = undos[0]?.at ?? Number.POSITIVE_INFINITY;
  const before = notes.filter((one) => one.at < at);
  const open = before.filter(
    (one) => one.what === "begin" && !before.some((end) => end.what === "end" && end.key === one.key),
  );
  const started = events.findIndex(({ type }) => type === "rollback-started");
  const failed = events.some(
    (event, index) =>
      index < started &&
      (event.type === "verify-failed" ||
        event.type === "fix-refused" ||
        (event.type === "fix-finished" && event.exit !== 0)),
  );
  const finished = events.some((event) => event.type === "rollback-finished" && event.exit === 0);
  return [
    ...(undos.length > 1 ? [`it was rolled back ${undos.length} times`] : []),
    ...(undos.length > 0 && started === -1 ? ["a rollback ran that is not on record"] : []),
    ...(started > -1 && !failed ? ["a rollback was begun without a failure"] : []),
    ...(undos.length > 0 && open.length > 0 && blow?.kind !== "reboot" ? ["a rollback ran beside a fix"] : []),
    ...(finished && !notes.some(({ what }) => what === "undone")
      ? ["a rollback is said to have ended, and did not"]
      : []),
    ...(outcome === "rolled-back" && undos.length !== 1 ? ["it is said to be rolled back, and was not"] : []),
    ...(notes.some(({ what }) => what === "lost") && blow?.kind !== "reboot"
      ? ["$keep was lost before the rollback"]
      : []),
  ];
};

/** Who only kills the command changes nothing of how it ends, but for a fix that had not reached its host. */
const undisturbed: Rule = ({ host, step, outcome, notes, blow }) => {
  if (blow !== null && blow.kind !== "event" && blow.kind !== "moment") return [];
  const end = ENDS[`${host.host} ${step.plan.id}`] ?? "clear";
  // A machine that is busy enough gives no login in time, and that is told.
  if (host.unreachable !== null) return [];
  const lost = outcome === "in-doubt" && blow !== null;
  return outcome === end || (lost && notes.every(({ what }) => what !== "undone")) ? [] : [`it should be ${end}`];
};

const RULES: readonly Rule[] = [once, truth, fixed, healthy, open, doubt, undone, undisturbed];

/** The record as \`history verify\` sees it against the last head that was printed; every earlier one must be in its chain, too. */
async function recordFaults(site: Site, { told, entries }: Story): Promise<string[]> {
  const run = entries[0]?.run ?? "";
  const heads = told.flatMap(({ text }) => /^ {2}head ([0-9a-f]{64})$/m.exec(text)?.[1] ?? []);
  const last = heads.at(-1);
  const head = last === undefined ? [] : ["--head", last];
  const { exit, text } = await command(site.directory, "history", "verify", run, ...head);
  await using record = SqliteRecord.open(join(site.directory, "state"));
  const hashes = new Set((await record.ledger.rows(run)).map(({ hash }) => hash));
  const ended = entries.some(({ event }) => event.type === "run-ended");
  return [
    ...(exit === 0 ? [] : [`the record does not verify: ${text}`]),
    ...heads.filter((each) => !hashes.has(each)).map((each) => `the head ${each} was printed and is not on record`),
    ...(ended && heads.length === 0 && told.every(({ exit }) => exit !== null) ? ["no head was printed"] : []),
  ];
}

/** What the run leaves behind: no process, and no directory on a host that knows how everything ended. */
async function remains(site: Site, blow: Blow | null, hosts: readonly HostState[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const host of hosts) {
    const machine = site.machines.get(host.host);
    if (machine === undefined) continue;
    if (!(await eventually(() => machine.processes().length === 0, 10))) {
      wrong.push(
        `${host.host} has processes left: ${machine
          .processes()
          .map(({ args }) => args)
          .join("; ")}`,
      );
    }
    const cut = blow !== null && blow.kind !== "event" && blow.kind !== "moment";
    const doubtful = host.steps.some((step) => stepVerdict(host, step).outcome === "in-doubt");
    const jobs = machine.inMemory().filter((name) => name.startsWith("runbook-job-"));
    if (jobs.length > 0 && !doubtful && !cut) wrong.push(`${host.host} has jobs left: ${jobs.join(", ")}`);
  }
  return wrong;
}
