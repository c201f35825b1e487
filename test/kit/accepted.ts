import type { Event } from "../../src/model/event.ts";
import type { Accepted } from "../../src/model/plan.ts";
import type { Books, Promise } from "./promises.ts";

/** Hosts that are not in the inventory any more, as whoever went on with the run last has accepted. */
const gone = new WeakMap<Books, ReadonlySet<string>>();

/** What was approved for another runbook or host, and not begun, is approved no more; nor is it asked. */
export function takeAnew(books: Books, accepted: Accepted | undefined): void {
  if (accepted === undefined) return;
  gone.set(books, new Set(accepted.gone));
  const another = accepted.plan.runbook.digest !== books.plan.runbook.digest;
  for (const [place, own] of books.pages) {
    const moved = accepted.moved.includes(place.split(" ")[0] ?? "");
    if ((another || moved) && own.end === null && own.started.size === 0)
      Object.assign(own, { approved: null, asked: false });
  }
}

/** Whether a host is gone. */
export function isGone(books: Books, host: string): boolean {
  return gone.get(books)?.has(host) === true;
}

/** Of a host that is gone only how its steps end is told. */
export function checkGone(event: Event, books: Books, promise: Promise): void {
  if (!("host" in event) || !isGone(books, event.host)) return;
  promise(event.type === "step-ended" || event.type === "host-skipped", "nothing is done on a host that is gone");
}
