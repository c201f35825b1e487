import type { Event } from "../../src/model/event.ts";
import type { StepPlan } from "../../src/model/plan.ts";
import type { Page } from "./page.ts";
import type { Promise } from "./promises.ts";

/** A fix that its host undoes by itself: never begun without that, never kept before the host has left it to us. */
export function checkTimer(event: Event, { timer, running, lost }: Page, fix: StepPlan["fix"], promise: Promise): void {
  if (event.type === "fix-started") {
    const wanted = fix?.unlessReconnect !== undefined;
    promise(wanted === (event.timer !== undefined), "a fix that its host is to undo never starts unarmed");
    promise(timer === "none" || timer === "disarmed", "no further fix while the host may undo the one before");
  }
  if (event.type === "disarmed") {
    promise(timer === "armed" && !running && !lost, "only what is known to have ended is kept");
  }
  if (event.type === "rollback-started") {
    const ours = timer === "none" || timer === "disarmed";
    promise(
      event.by === "host" ? timer === "armed" : ours,
      "the host rolls back until it is disarmed, and only then we do",
    );
  }
  const kept = event.type === "verified" || (event.type === "step-ended" && event.outcome === "fixed");
  const settled = timer === "none" || timer === "disarmed" || timer === "over";
  if (kept) promise(settled, "nothing is fixed that its host may still undo, or has undone");
}

/** What is known of the timer after an event. */
export function noteTimer(own: Page, event: Event): void {
  if (event.type === "disarmed") own.timer = "disarmed";
  if (event.type === "timer-lost") own.timer = event.over === true ? "over" : "lost";
  if (event.type === "fix-refused") own.timer = "none";
  if (event.type === "rollback-started" && event.by === "host") Object.assign(own, { timer: "fired", lost: false });
}
