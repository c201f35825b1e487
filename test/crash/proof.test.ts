import { expect, test } from "vitest";
import { caseOf, casesOf, wordOf, type Quiet, type Sizes } from "./proof/blow.ts";
import { BOOTS } from "./proof/boots.ts";
import { FILES } from "./proof/files.ts";
import { prove, quietRun } from "./proof/prove.ts";
import { tallyOf } from "./proof/tally.ts";

/** A few of each kind, other ones for each seed; \`node test/crash/all.ts\` deals them all. */
const SIZES: Readonly<Record<"files" | "boots", Sizes>> = {
  files: { events: 90, moments: 2, cuts: 1, hangups: 1, freezes: 1, reboots: 1 },
  boots: { events: 60, moments: 0, cuts: 0, hangups: 0, freezes: 0, reboots: 1 },
};

/** What the scene of boots is like undisturbed, about: to find that out here would take longer than all that is dealt to it. */
const BOOTS_QUIET: Quiet = { entries: 60, ms: 10_000, carried: {} };

test(
  "whatever strikes a run, it goes on to a truth that the hosts bear out, and no fix runs twice",
  { timeout: 300_000 },
  async () => {
    const seed = Math.floor(Math.random() * 1e6);
    const cases = [
      // First, since these take longest.
      ...casesOf(BOOTS, seed, BOOTS_QUIET, SIZES.boots),
      ...casesOf(FILES, seed, await quietRun(FILES, 1), SIZES.files),
    ];
    expect(cases.map((each) => caseOf(wordOf(each)))).toEqual(cases);
    const results = await prove(cases, 3);
    const wrong = results.filter((result) => result.wrong.length > 0);
    const again = wrong.map((each) => ({
      case: wordOf(each),
      wrong: each.wrong,
      told: each.story.told,
      notes: each.notes,
    }));
    expect({ seed, again }).toEqual({ seed, again: [] });
    expect(tallyOf(results).rows.size).toBe(8);
  },
);
