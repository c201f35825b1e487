import { fixReason, kernelWords } from "../engine/words.ts";
import type { EventOf } from "../model/event.ts";
import { NO_OUTPUT } from "../model/output.ts";
import type { DocumentAct } from "./document.ts";

/** What happens to a fix. */
export type OfFix = EventOf<"fix-started" | "fix-finished" | "fix-lost" | "fix-refused" | "rebooted" | "reboot-failed">;

/** What happens to a rollback. */
export type OfRollback = EventOf<"rollback-started" | "rollback-finished" | "rollback-lost" | "rollback-refused">;

/** One that begins now. */
export function started(at: string, finding: number | null): DocumentAct {
  return {
    finding,
    startedAt: at,
    endedAt: null,
    end: "running",
    exit: null,
    reason: "",
    stdout: NO_OUTPUT,
    stderr: NO_OUTPUT,
    ms: 0,
  };
}

/** A fix or rollback after what happened to it. */
export function actAfter(act: DocumentAct, event: OfFix | OfRollback, at: string): DocumentAct {
  switch (event.type) {
    case "fix-started":
    case "rollback-started":
      return started(at, act.finding);
    case "fix-finished":
    case "rollback-finished": {
      const { exit, stdout, stderr, ms } = event;
      if (event.type === "fix-finished" && event.by !== undefined)
        return { ...act, endedAt: at, end: "failed", reason: fixReason(event), stdout, stderr, ms };
      return { ...act, endedAt: at, end: exit === null ? "timed-out" : "exited", exit, stdout, stderr, ms };
    }
    case "rebooted":
      return { ...act, endedAt: at, end: "rebooted", reason: kernelWords(event), ms: event.ms };
    case "reboot-failed":
      if (event.how === "away") return { ...act, end: "lost", reason: event.reason };
      return { ...act, endedAt: at, end: "failed", reason: event.reason, ms: event.ms };
    case "fix-lost":
    case "rollback-lost":
      return { ...act, end: "lost", reason: event.reason };
    case "fix-refused":
    case "rollback-refused":
      return { ...act, endedAt: at, end: "refused", reason: event.reason };
  }
}
