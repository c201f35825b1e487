import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The rooms whose files take longest, longest first. All others are begun after them. */
const LONG = ["crash", "e2e", "contract", "cli"];

/**
 * Begins with the files that take long. Left alone, vitest judges a file that it has not yet seen by its size, and a small file of
 * a minute that comes last keeps one core busy and the other idle.
 */
export class LongestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve(files.toSorted((one, other) => rank(one) - rank(other)));
  }
}

function rank({ moduleId }: TestSpecification): number {
  const [room = ""] = relative(`${import.meta.dirname}/..`, moduleId).split("/");
  return LONG.includes(room) ? LONG.indexOf(room) : LONG.length;
}
