import type { Entry } from "../../src/model/event.ts";
import { TELLS, type Page } from "./page.ts";
import type { Books, Promise } from "./promises.ts";

/** A fix that was left running when its time was up is followed until it is told how it ended, or nobody waits for it any longer. */
export function checkLeft({ event, at }: Entry, own: Page, { stopped }: Books, promise: Promise): void {
  if (own.left === null) return;
  const given = event.type === "step-ended" && event.outcome === "in-doubt" && (stopped || at >= own.left);
  promise(
    given || TELLS.has(event.type),
    "a fix that was left running is followed before anything else is done about it",
  );
}

/** What is known of it after an event: one that ended well is as good as any other. */
export function noteLeft(books: Books, host: string, own: Page, { event }: Entry): void {
  const before = own.left;
  if (TELLS.has(event.type) || event.type === "step-ended") own.left = null;
  if (event.type === "fix-lost" && event.until !== undefined) own.left = event.until;
  if (before === null || event.type !== "fix-finished") return;
  own.lost = false;
  if (event.exit !== 0) return;
  own.bad = false;
  const pages = [...books.pages].filter(([place]) => place.startsWith(`${host} `));
  if (!pages.some(([, { bad }]) => bad)) books.failed.delete(host);
}
