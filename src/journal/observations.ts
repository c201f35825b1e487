import type { Event } from "../model/event.ts";

/**
 * What a run has merely seen. Should the power fail right after it, it is seen again: nothing was done because of it, since whatever
 * allows or reports an act must be on the disk, with all that came before it, before the act. A journal may take less care of these.
 */
export const OBSERVATIONS: ReadonlySet<Event["type"]> = new Set([
  "reached",
  "unreachable",
  "concerned",
  "not-concerned",
  "facts-read",
  "undetermined",
  "detected",
  "previewed",
  "step-ended",
]);
