import { expect, test } from "vitest";
import { blowOf, blowsOf, wordOf } from "./proof/blow.ts";
import { prove, quietRun } from "./proof/prove.ts";
import { tallyOf } from "./proof/tally.ts";

/** A few of each kind, other ones for each seed; \`node test/crash/all.ts\` deals them all. */
const SIZES = { events: 45, moments: 2, cuts: 1, hangups: 1, freezes: 1, reboots: 1 };

test(
  "whatever strikes a run, it goes on to a truth that the hosts bear out, and no fix runs twice",
  { timeout: 300_000 },
  async () => {
    const seed = Math.floor(Math.random() * 1e6);
    const blows = blowsOf(seed, await quietRun(1), SIZES);
    expect(blows.map((blow) => blowOf(wordOf(blow)))).toEqual(blows);
    const results = await prove(blows, 2);
    const wrong = results.filter((result) => result.wrong.length > 0);
    const again = wrong.map(({ blow, wrong, story, notes }) => ({
      case: wordOf(blow),
      wrong,
      told: story.told,
      notes,
    }));
    expect({ seed, again }).toEqual({ seed, again: [] });
    expect(tallyOf(results).rows.size).toBe(6);
  },
);
