import type { HostState, RunState } from "../engine/state.ts";
import type { LoadedRunbook, Step } from "../model/runbook.ts";
import { kernelOf } from "../model/fix.ts";
import { clean } from "./clean.ts";
import { valueWords } from "./words.ts";

/** One variable that a script of the card reads; masked where it is secret. */
export type CardValue = { readonly name: string; readonly from: "input" | "fact"; readonly text: string };

/** The inputs and facts that occur in the fix or in what belongs to it, as this host has them. */
export function valuesOf(state: RunState, host: HostState, loaded: LoadedRunbook, step: Step): readonly CardValue[] {
  const words = wordsOf(loaded, step);
  const inputs = { ...state.plan.inputs, ...state.plan.hostInputs[host.host] };
  const values: CardValue[] = [
    ...Object.entries(inputs).map(([name, text]): CardValue => {
      const type = loaded.runbook.inputs[name]?.type ?? "string";
      return { name, from: "input", text: valueWords(text, type) };
    }),
    ...Object.entries(host.facts ?? {}).map(([name, text]): CardValue => ({ name, from: "fact", text: clean(text) })),
  ];
  return values.filter((value) => words.has(value.name)).map((value) => ({ ...value, name: clean(value.name) }));
}

const known = new WeakMap<LoadedRunbook, Map<string, ReadonlySet<string>>>();

/** The words of a step's scripts, which are the same on every host. */
function wordsOf(loaded: LoadedRunbook, step: Step): ReadonlySet<string> {
  const steps = known.get(loaded) ?? new Map<string, ReadonlySet<string>>();
  known.set(loaded, steps);
  const words = steps.get(step.id) ?? new Set(scriptsOf(loaded, step).match(/\w+/g));
  steps.set(step.id, words);
  return words;
}

function scriptsOf(loaded: LoadedRunbook, step: Step): string {
  const { fix, rollback, verify } = step;
  const verifyScript = verify === false ? undefined : verify?.run;
  const kernel = fix === undefined ? null : kernelOf(fix);
  return [loaded.functions, fix?.run, fix?.manual, kernel, fix?.guard, verifyScript, rollback?.run].join("\n");
}
