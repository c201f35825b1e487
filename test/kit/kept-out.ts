import type { Entry, Event, EventOf } from "../../src/model/event.ts";
import type { Page } from "./page.ts";
import type { Books, Promise } from "./promises.ts";

/** What must hold of a fix that begins where another had the lock of the host. */
export function checkLock(own: Page, promise: Promise): void {
  promise(typeof own.locked !== "number", "a fix that another's lock kept out begins only under the lock");
  promise(own.locked !== "look", "where another had the lock it is looked again before a fix begins");
}

/** What must hold of a step that ends unknown for as long as the run is not resumed: only a lock makes it so. */
export function checkPatience({ at, event }: Entry, books: Books, promise: Promise): void {
  if (event.type !== "step-ended" || event.outcome !== "unknown" || event.open !== true || books.stopped) return;
  const { locked } = books.pages.get(`${event.host} ${event.step}`) ?? { locked: null };
  const { waitLock } = books.plan;
  const patient = typeof locked === "number" && waitLock !== null && at - locked >= waitLock * 1000;
  promise(patient, "a host that is locked is waited for as long as the run was told to");
}

/** What was announced did not begin. */
function keepOut(books: Books, own: Page, { host, step }: EventOf<"locked-out">, at: number): void {
  if (own.running) {
    own.started.delete(books.fixed.findLast((fix) => fix.host === host && fix.step === step)?.key ?? null);
    books.fixed.splice(
      books.fixed.findLastIndex((fix) => fix.host === host && fix.step === step),
      1,
    );
  }
  Object.assign(own, { running: false, untold: false, timer: "none" });
  if (own.started.size === 0 && typeof own.locked !== "number") own.locked = at;
}

/** Notes what became of the lock of a step's host. */
export function noteLock(books: Books, own: Page, event: Event, at: number): void {
  if (event.type === "locked-out") keepOut(books, own, event, at);
  if (event.type === "lock-taken") own.locked = "look";
  if (event.type === "detected" && own.locked === "look") own.locked = null;
}

/** A resumed run asks for the lock anew, in the exec of the fix. */
export function askAnew(own: Page): void {
  if (typeof own.locked === "number") own.locked = "look";
}
