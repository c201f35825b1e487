import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hashOf, prove, type Row } from "../../../src/journal/chain.ts";

/** Rows as the record writes them, each with the hash that it gets. */
function rowsOf(events: readonly string[]): Row[] {
  let before: string | null = null;
  return events.map((event, at) => {
    const row = { run: "r", seq: at + 1, at: 1000 + at, type: "paused", event };
    before = hashOf(before, row);
    return { ...row, hash: before };
  });
}

const events = fc.array(fc.json({ maxDepth: 1 }), { minLength: 3, maxLength: 12 });
const place = fc.nat({ max: 1000 });

describe("a chain of entries", () => {
  test("is as written when nothing was touched, and its head is that of its last entry", () => {
    fc.assert(
      fc.property(events, (texts) => {
        const rows = rowsOf(texts);
        expect(prove(rows)).toEqual({ entries: rows.length, head: rows.at(-1)?.hash, broken: null, unproved: 0 });
      }),
    );
  });

  test("shows whichever part of whichever row was altered, at its place", () => {
    const alterations: readonly ((row: Row) => Row)[] = [
      (row) => ({ ...row, event: `${row.event} ` }),
      (row) => ({ ...row, at: row.at + 1 }),
      (row) => ({ ...row, type: "continued" }),
      (row) => ({ ...row, run: "s" }),
      (row) => ({ ...row, hash: hashOf(null, row) + "0" }),
    ];
    fc.assert(
      fc.property(events, place, fc.constantFrom(...alterations), (texts, nth, alter) => {
        const rows = rowsOf(texts);
        const at = nth % rows.length;
        const altered = rows.map((row, index) => (index === at ? alter(row) : row));
        expect(prove(altered).broken).toEqual({ seq: at + 1, what: "altered", words: `entry ${at + 1} was altered` });
      }),
    );
  });

  test("shows what is missing, but for a tail that was cut off", () => {
    fc.assert(
      fc.property(events, place, (texts, nth) => {
        const rows = rowsOf(texts);
        const at = nth % rows.length;
        const { broken } = prove(rows.filter((_, index) => index !== at));
        const last = at === rows.length - 1;
        expect(broken).toEqual(last ? null : { seq: at + 1, what: "missing", words: `entry ${at + 1} is missing` });
      }),
    );
  });

  test("shows two entries that changed places, though both are as they were written", () => {
    fc.assert(
      fc.property(events, place, place, (texts, one, other) => {
        const rows = rowsOf(texts);
        const [first = 0, second = 0] = [one % rows.length, other % rows.length].toSorted((a, b) => a - b);
        fc.pre(first !== second);
        const swapped = rows.map((row, at) => {
          const from = at === first ? rows[second] : at === second ? rows[first] : row;
          return { ...(from ?? row), seq: at + 1 };
        });
        const words = `entry ${first + 1} was put in the place of entry ${second + 1}`;
        expect(prove(swapped).broken).toEqual({ seq: first + 1, what: "reordered", words });
      }),
    );
  });

  test("shows rows that were taken out where the later ones were numbered anew", () => {
    const rows = rowsOf(["1", "2", "3", "4"]).filter(({ seq }) => seq !== 2);
    const renumbered = rows.map((row, at) => ({ ...row, seq: at + 1 }));
    expect(prove(renumbered).broken).toMatchObject({ seq: 2, what: "altered" });
  });

  test("names several that are missing together, and a run of which nothing is left", () => {
    const rows = rowsOf(["1", "2", "3", "4", "5"]);
    expect(prove([...rows.slice(0, 1), ...rows.slice(3)]).broken?.words).toBe("entries 2 to 3 are missing");
    expect(prove([]).broken).toEqual({ seq: 1, what: "missing", words: "all of its entries are missing" });
  });

  test("proves nothing of entries without a hash, and finds a hash that was taken away from what follows", () => {
    const rows = rowsOf(["1", "2", "3"]);
    const bare = rows.map((row) => ({ ...row, hash: null }));
    expect(prove(bare)).toEqual({ entries: 3, head: null, broken: null, unproved: 3 });
    const robbed = rows.map((row) => (row.seq === 2 ? { ...row, hash: null } : row));
    expect(prove(robbed).broken).toMatchObject({ seq: 3, what: "altered" });
  });
});
