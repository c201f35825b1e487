import * as fc from "fast-check";
import { expect, test } from "vitest";
import { NoticeKind } from "../../../src/model/notification.ts";
import type { ToldLine } from "../../../src/notice/news.ts";
import { plightOf } from "../../../src/notice/plight.ts";
import { NOTHING } from "../../../src/schedule/aftermath.ts";
import type { BookedFire } from "../../../src/schedule/book.ts";
import type { Firing } from "../../../src/schedule/trouble.ts";

const HOUR = 3_600_000;
const AROUND = { attended: 0, option: "", schedulesOption: "" };

/** What happens in an hour: a fire ends well, or was never begun; one hangs, still or anew; or it gets on. */
const anyHour = fc.constantFrom("well", "exit 65", "exit 4", "hangs", "hangs anew", "gets on");
type Hour = typeof anyHour extends fc.Arbitrary<infer T> ? T : never;

function fireOf(id: number, parts: Partial<BookedFire>): BookedFire {
  const times = { nominal: id * HOUR, at: id * HOUR, begun: id * HOUR, ended: null, retryAt: null, until: null };
  const fire = { id, schedule: "a", act: "run", why: [], run: `r${id}`, runbooks: [], stage: "going" } as const;
  return { ...fire, ...times, replaced: false, exit: null, tries: 0, seq: null, note: null, ...parts };
}

/** How the schedule stands after an hour of a number. */
function after(firing: Firing, hour: Hour, at: number): Firing {
  const over = { stage: "over", ended: at * HOUR } as const;
  switch (hour) {
    case "well":
      return { ...firing, open: null, ended: fireOf(at, { ...over, exit: 0 }) };
    case "exit 65":
    case "exit 4":
      return { ...firing, open: null, ended: fireOf(at, { ...over, exit: Number(hour.slice(5)), note: NOTHING }) };
    case "gets on":
      return { ...firing, open: null };
    case "hangs":
    case "hangs anew": {
      const fire = hour === "hangs" && firing.open !== null ? firing.open.fire : fireOf(at, { begun: (at - 2) * HOUR });
      const latest = fireOf(at + 1, { act: "skip", run: null, stage: "over", why: ["the run before is still going"] });
      return { ...firing, open: { fire, latest, heard: null, asks: false, runs: [fire.run ?? ""] } };
    }
  }
}

/** What is told in each hour, by the words of docs/notifications.md: once until it changes, and that it does its work again. */
function expectedOf(hours: readonly Hour[]): string[] {
  let told: string | null = null;
  let hanging: number | null = null;
  return hours.map((hour, at) => {
    if (hour === "gets on") hanging = null;
    if (hour === "gets on") return "";
    if (hour === "well") {
      const again = told === null ? "" : "recovered";
      [told, hanging] = [null, null];
      return again;
    }
    const hangs = hour === "hangs" || hour === "hangs anew";
    hanging = hangs ? (hour === "hangs" ? (hanging ?? at) : at) : null;
    const mark: string = hangs ? `hangs ${hanging}` : hour;
    if (told === mark) return "";
    told = mark;
    return "unknown";
  });
}

test("whatever becomes of a schedule's fires is told once until it changes, each message with an id of its own", () => {
  fc.assert(
    fc.property(fc.array(anyHour, { maxLength: 30 }), (hours) => {
      let firing: Firing = { schedule: "a", ended: null, waiting: null, open: null };
      let told: readonly ToldLine[] = [];
      const ids: string[] = [];
      const kinds = hours.map((hour, at) => {
        firing = after(firing, hour, at + 10);
        const plight = plightOf(
          firing,
          { name: "ops", on: NoticeKind.options, told },
          { ...AROUND, now: (at + 10) * HOUR + 1 },
        );
        told = plight?.told ?? told;
        if (plight?.notice == null) return "";
        ids.push(plight.notice.id);
        return plight.notice.kind;
      });
      expect(kinds).toEqual(expectedOf(hours));
      expect(new Set(ids).size).toBe(ids.length);
    }),
    { numRuns: 500 },
  );
});
