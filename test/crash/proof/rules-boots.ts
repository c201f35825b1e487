import { UNLESS } from "./boots.ts";
import type { Rule } from "./rules.ts";

/** A host is told to reboot once, and is said to have done so only where it was up in that boot. */
const rebooted: Rule = ({ step, events, notes, blow }) => {
  if (step.plan.fix?.kind !== "reboot") return [];
  const ups = notes.filter(({ what }) => what === "up").map(({ exit }) => exit);
  const told = notes.filter(({ what }) => what === "begin").length;
  return [
    ...events.flatMap((event) =>
      event.type === "rebooted" && !ups.slice(1).includes(event.bootId)
        ? [`it is said to be up in the boot ${event.bootId}, and is not`]
        : [],
    ),
    ...(events.some(({ type }) => type === "rebooted") && told === 0 && blow?.kind !== "reboot"
      ? ["it is said to be rebooted, and was never told to"]
      : []),
    ...(told > 0 && ups.length < 2 && events.some(({ type }) => type === "verified") ? ["it was not booted"] : []),
  ];
};

/** Who is first has the word: a fix is kept by a login, or undone by its host when its time is up, never both. */
const timed: Rule = ({ step, events, notes, outcome, booted }) => {
  if (step.plan.fix?.unlessReconnect === undefined) return [];
  const begun = notes.some(({ what }) => what === "begin");
  const end = notes.findLast(({ what }) => what === "end");
  const undo = notes.find(({ what }) => what === "undo");
  const disarmed = events.some(({ type }) => type === "disarmed");
  const started = events.find((event) => event.type === "rollback-started");
  const byHost = started?.type === "rollback-started" && started.by === "host";
  return [
    ...(disarmed && byHost ? ["its timer was disarmed, and is said to have fired"] : []),
    ...(disarmed && undo !== undefined && started === undefined ? ["its timer was disarmed, and fired"] : []),
    ...(byHost && undo === undefined ? ["its host is said to have undone it, and has not"] : []),
    ...(byHost && undo !== undefined && end !== undefined && undo.up - end.up < UNLESS
      ? [`its host undid it after ${undo.up - end.up} s`]
      : []),
    ...(begun && !disarmed && undo === undefined && !booted
      ? [`nobody kept it or undid it, and it is ${outcome}`]
      : []),
  ];
};

/** Nothing begins on a host for as long as another has its lock. */
const locked: Rule = ({ notes, booted }) => {
  const lock = notes.find(({ what }) => what === "locked");
  const early = notes.find(({ what, up }) => (what === "begin" || what === "guard") && up < Number(lock?.exit ?? 0));
  return early !== undefined && !booted ? [`a ${early.what} of it ran while another had the lock`] : [];
};

/** What holds of reboots, timers and locks besides. */
export const BOOT_RULES: readonly Rule[] = [rebooted, timed, locked];
