import type { Case, CaseSheet, CaseShell } from "../model/case.ts";
import type { Fault } from "../model/fault.ts";
import type { Machine } from "../trial/tools.ts";

/** Under which shells cases are to be played. */
export type ShellChoice = {
  readonly machine: Machine;
  /** Null: all of them. */
  readonly shells: readonly CaseShell[] | null;
  /** Each case under one of its shells. */
  readonly quick: boolean;
};

/** The shells of `--shell`; null: none was named. */
export function shellsOf(names: readonly string[]): readonly CaseShell[] | null | Fault {
  if (names.length === 0) return null;
  const known: readonly CaseShell[] = ["dash", "bash", "busybox"];
  const wrong = names.find((name) => !known.some((each) => each === name));
  if (wrong === undefined) return known.filter((each) => names.includes(each));
  return { kind: "usage", message: `there is no shell \`${wrong}\` to test with`, hint: `--shell ${known.join(", ")}` };
}

/** The shells of the case at a place. One without a host needs none; one with a host runs under all that it allows and this machine has. */
export function shellsFor(
  sheet: CaseSheet,
  one: Case,
  at: number,
  { machine, shells, quick }: ShellChoice,
): readonly (CaseShell | null)[] {
  const bare = [sheet, one].every(
    ({ files, processes, commands }) => Object.keys({ ...files, ...processes, ...commands }).length === 0,
  );
  const answered = one.scripts.applies !== undefined || Object.keys(one.scripts.steps).length > 0;
  if (bare && answered) return [null];
  const allowed = one.shells ?? sheet.shells ?? [...machine.shells.keys()];
  const wanted = allowed.filter((shell) => shells === null || shells.includes(shell));
  // In turn, so that every shell has its part.
  return quick ? wanted.slice(at % wanted.length, (at % wanted.length) + 1) : wanted;
}
