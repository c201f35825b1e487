import { FaultError, type Fault } from "../model/fault.ts";
import { approvals } from "./approvals.ts";
import { complete } from "./complete-values.ts";
import { completion } from "./completion.ts";
import { decide } from "./approve.ts";
import { check } from "./check.ts";
import { historyExport } from "./export.ts";
import { freeze, unfreeze } from "./freeze.ts";
import { historyList, historyShow } from "./history.ts";
import { inventory } from "./inventory.ts";
import { jobs } from "./jobs.ts";
import { labDirectory, labDown, labServe, labStatus, labUp } from "./lab.ts";
import { lookup } from "./library.ts";
import { lint } from "./lint.ts";
import { list } from "./list.ts";
import { create } from "./new.ts";
import { ping } from "./ping.ts";
import { notifyList, notifyRetry } from "./notify.ts";
import { notifyTest } from "./notify-test.ts";
import { policyExplain } from "./policy.ts";
import { historyPrune } from "./prune.ts";
import { resume } from "./resume.ts";
import { scheduleLint, scheduleNext, schedulePreview } from "./schedule.ts";
import { scheduleExport } from "./schedule-export.ts";
import { scheduleList } from "./schedule-list.ts";
import { schedulePause, scheduleResume } from "./schedule-pause.ts";
import { schema } from "./schema.ts";
import { show } from "./show.ts";
import { stop } from "./stop.ts";
import { test } from "./test.ts";
import { historyVerify } from "./verify.ts";

/**
 * What every command does but `run`, the fires of schedules, which begin runs, and the daemon, which lives for months. They are loaded together: what is bundled is cut wherever
 * a part of it is loaded by itself, and each piece that a `run` comes in costs it a fifth of a millisecond.
 */
export const commands = {
  approvals,
  check,
  complete,
  completion,
  create,
  decide,
  freeze,
  historyExport,
  historyList,
  historyPrune,
  historyShow,
  historyVerify,
  inventory,
  jobs,
  labDirectory,
  labDown,
  labServe,
  labStatus,
  labUp,
  lint,
  list,
  lookup,
  notifyList,
  notifyRetry,
  notifyTest,
  ping,
  policyExplain,
  resume,
  scheduleExport,
  scheduleLint,
  scheduleList,
  scheduleNext,
  schedulePause,
  schedulePreview,
  scheduleResume,
  schema,
  show,
  stop,
  test,
  unfreeze,
};

/** The faults that an error carries up; null for a bug. */
export function faultsOf(error: unknown): readonly Fault[] | null {
  return error instanceof FaultError ? error.faults : null;
}
