import type { HostState, StepState } from "../../../src/engine/state.ts";
import type { Event } from "../../../src/model/event.ts";
import type { Blow } from "./blow.ts";

/** What a host noted of one step, with the place of each note among all of the host. */
type Notes = readonly {
  readonly at: number;
  readonly what: string;
  readonly key: string;
  readonly exit: string;
  /** The host's uptime, in s. */
  readonly up: number;
}[];

/** Everything that is known of one step of one host when the case is over. */
export type Matter = {
  readonly host: HostState;
  readonly step: StepState;
  readonly outcome: string;
  readonly reason: string;
  /** How it ends where nothing disturbs it. */
  readonly end: string;
  /** The step's events, in order. */
  readonly events: readonly Event[];
  readonly notes: Notes;
  /** Files of the host's disk that the step is about, which are still there. */
  readonly left: readonly string[];
  readonly blow: Blow | null;
  /** How often its host was booted. */
  readonly boots: number;
  /** Whether its host may have been booted while it was under way, and not on its own order. */
  readonly booted: boolean;
};

/** The finding of an event as the host's notes call it. */
function noted(key: string | null): string {
  const [file]: unknown[] = key === null ? ["-"] : JSON.parse(key);
  return String(file);
}

/** One way in which record and host must agree; answers with what does not. */
export type Rule = (matter: Matter) => string[];

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

const fixed: Rule = ({ step, outcome, reason, events, notes, left, blow }) => {
  if (outcome !== "fixed") return [];
  const begun = new Set(notes.filter(({ what }) => what === "begin").map(({ key }) => key));
  const found = events.flatMap((event) => (event.type === "detected" ? event.findings : []));
  // A host that lost its power was booted all the same.
  const struck = step.plan.fix?.kind === "reboot" && blow?.kind === "reboot";
  const unfixed = struck ? [] : found.filter(({ values }) => !begun.has(String(values["file"])) && !begun.has("-"));
  const last = notes.findLast(({ what }) => what === "begin" || what === "end")?.at ?? -1;
  return [
    ...left.map((file) => `${file} is still there`),
    ...(unfixed.length === 0 || reason.includes("without a fix") ? [] : ["not every finding had its fix"]),
    ...(notes.some((one) => one.what === "verify" && one.at > last) ? [] : ["nothing verified it after the last fix"]),
    ...(events.some(({ type }) => type === "verified") ? [] : ["no verification is on record"]),
    ...(notes.some(({ what }) => what === "undo") ? ["it was undone"] : []),
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
const doubt: Rule = ({ outcome, notes, step, booted }) => {
  if (outcome !== "in-doubt" || booted) return [];
  const last = step.fixes.at(-1);
  const back = step.rollback !== null;
  const begun = notes.some((one) =>
    back ? one.what === "undo" : one.what === "begin" && one.key === noted(last?.key ?? null),
  );
  return begun ? [`the host knows of the ${back ? "rollback" : "fix"}, and it is in doubt`] : [];
};

/** A rollback runs at most once, only after a failure that is on record, and never beside a fix. */
const undone: Rule = ({ events, notes, outcome, booted }) => {
  const undos = notes.filter(({ what }) => what === "undo");
  const at = undos[0]?.at ?? Number.POSITIVE_INFINITY;
  const before = notes.filter((one) => one.at < at);
  const open = before.filter(
    (one) => one.what === "begin" && !before.some((end) => end.what === "end" && end.key === one.key),
  );
  const started = events.findIndex(({ type }) => type === "rollback-started");
  const byHost = events.some((event) => event.type === "rollback-started" && event.by === "host");
  // A boot takes what the timer of a host did along with it; that nobody knows is told.
  const unsaid = events.some(({ type }) => type === "timer-lost");
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
    ...(undos.length > 0 && started === -1 && !(booted && unsaid) ? ["a rollback ran that is not on record"] : []),
    ...(started > -1 && !failed && !byHost ? ["a rollback was begun without a failure"] : []),
    ...(undos.length > 0 && open.length > 0 && !booted ? ["a rollback ran beside a fix"] : []),
    ...(finished && !notes.some(({ what }) => what === "undone")
      ? ["a rollback is said to have ended, and did not"]
      : []),
    ...(outcome === "rolled-back" && undos.length !== 1 ? ["it is said to be rolled back, and was not"] : []),
    ...(notes.some(({ what }) => what === "lost") && !booted ? ["$keep was lost before the rollback"] : []),
  ];
};

/** Who only kills the command changes nothing of how it ends, but for a fix that had not reached its host, or that the host undid meanwhile. */
const undisturbed: Rule = ({ host, step, outcome, end, events, notes, blow, boots }) => {
  if (blow !== null && blow.kind !== "event" && blow.kind !== "moment") return [];
  // A machine that is busy enough gives no login in time, and that is told.
  if (host.unreachable !== null || outcome === end) return [];
  const byHost = events.some((event) => event.type === "rollback-started" && event.by === "host");
  if (blow !== null && byHost && outcome === "rolled-back") return [];
  // What never reached its host has failed, where that is known: the host did not go down, or was booted by another step.
  const begun = notes.some(({ what }) => what === "begin");
  if (blow !== null && !begun && outcome === "failed" && (step.plan.fix?.kind === "reboot" || boots > 0)) return [];
  const lost = outcome === "in-doubt" && blow !== null;
  return lost && notes.every(({ what }) => what !== "undone") ? [] : [`it should be ${end}`];
};

/** What holds of every step. */
export const RULES: readonly Rule[] = [once, truth, fixed, healthy, open, doubt, undone, undisturbed];
