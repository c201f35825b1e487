import { didYouMean } from "../language/suggest.ts";
import type { Fault } from "../model/fault.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import type { GivenInput } from "./inputs.ts";

/** The given inputs of each runbook: NAME=VALUE is for every one that has such an input, RUNBOOK.NAME=VALUE for that one. */
export function pairsFor(
  given: readonly GivenInput[],
  runbooks: readonly LoadedRunbook[],
): { readonly of: ReadonlyMap<string, readonly GivenInput[]>; readonly faults: readonly Fault[] } {
  const of = new Map<string, GivenInput[]>(runbooks.map(({ runbook }) => [runbook.name, []]));
  const faults: Fault[] = [];
  for (const one of given) {
    const said = one.name;
    const dot = said.indexOf(".");
    const [only, name] = dot < 0 ? [null, said] : [said.slice(0, dot), said.slice(dot + 1)];
    const wanted = runbooks.filter(({ runbook }) => only === null || runbook.name === only);
    const having = wanted.filter(({ runbook }) => Object.hasOwn(runbook.inputs, name));
    if (having.length === 0) faults.push(unknown(one, only, name, wanted.length > 0 ? wanted : runbooks));
    for (const { runbook } of having) of.get(runbook.name)?.push({ ...one, name });
  }
  return { of, faults };
}

function unknown({ where }: GivenInput, only: string | null, name: string, runbooks: readonly LoadedRunbook[]): Fault {
  const at = { kind: "usage", where } as const;
  const books = runbooks.map(({ runbook }) => runbook);
  const book = only === null ? undefined : books.find((one) => one.name === only);
  if (only !== null && book === undefined) {
    const hint = didYouMean(
      only,
      books.map((one) => one.name),
    );
    return { ...at, message: `${only} is none of the runbooks of this check`, ...(hint === undefined ? {} : { hint }) };
  }
  const hint =
    didYouMean(
      name,
      books.flatMap((one) => Object.keys(one.inputs)),
    ) ?? "`runbook show NAME` lists its inputs";
  return {
    ...at,
    message: `${book?.name ?? "no runbook of this check"} has ${book === undefined ? "such an" : "no such"} input`,
    hint,
  };
}
