import type { RunState } from "../engine/state.ts";
import type { WrittenCases } from "../language/cases/write.ts";
import { CaseSheet, type ScriptAnswer, type ScriptAnswers } from "../model/case.ts";
import { readInput } from "../model/input.ts";
import type { LoadedRunbook } from "../model/runbook.ts";
import { mask, type Secret } from "../model/secret.ts";
import type { Anonymizer } from "../trial/anonymous.ts";
import type { Heard } from "../trial/recording.ts";
import { machineParts } from "../trial/tools.ts";
import { playCase } from "./test-play.ts";

/** What was heard of a host, and what is known of it that must not be told. */
export type Recorded = {
  readonly heard: readonly Heard[];
  readonly state: RunState;
  readonly secrets: readonly Secret[];
  readonly inputs: Readonly<Record<string, string>>;
  /** Names of the host and of its users, as it tells them itself. */
  readonly said: { readonly hosts: readonly string[]; readonly users: readonly string[] };
};

/** Inputs that are not as the runbook has them anyway; secret ones by a stand-in. */
export function givenInputs(
  { runbook }: LoadedRunbook,
  values: Readonly<Record<string, string>>,
): Record<string, string> {
  const own = Object.entries(runbook.inputs).flatMap(([name, input]): [string, string][] => {
    const value = values[name];
    if (value === undefined) return [];
    if (input.secret) return input.type === "string" ? [[name, "not-the-secret"]] : [];
    const usual = input.default === undefined ? undefined : readInput(input, input.default);
    // As people write it: a duration without its unit would be none.
    const written = input.type === "duration" ? `${value}s` : value;
    return usual?.ok === true && usual.text === value ? [] : [[name, written]];
  });
  return Object.fromEntries(own);
}

/** The file of a case of which nothing is expected yet. */
export function sheetOf(loaded: LoadedRunbook, recorded: Recorded, anonymous: Anonymizer): WrittenCases {
  const safe = (text: string): string => anonymous.text(mask(text, recorded.secrets)).toWellFormed();
  const told = (step: string | null, name: string): (ScriptAnswer | string)[] =>
    recorded.heard
      .filter((each) => each.step === step && each.name === name)
      .map(({ answer: { out, err, ...rest } }) => ({
        ...(out === undefined ? {} : { out: safe(out) }),
        ...(err === undefined ? {} : { err: safe(err) }),
        ...rest,
      }))
      // The short form is for whoever reads it.
      .map((answer) => (Object.keys(answer).every((key) => key === "out") ? (answer.out ?? "") : answer));
  const answers = (step: string | null, name: string): ScriptAnswers | undefined => {
    const all = told(step, name);
    return all.length <= 1 ? all[0] : all;
  };
  const { runbook } = loaded;
  const applies = answers(null, "applies");
  const facts = Object.keys(runbook.facts).flatMap((name) => {
    const answer = answers(null, `fact:${name}`);
    return answer === undefined ? [] : [[name, answer] as const];
  });
  const steps = runbook.steps.flatMap(({ id, on }) => {
    if (on !== "host") return [];
    const parts = (["applies", "detect", "preview"] as const).flatMap((name) => {
      const answer = answers(id, name);
      return answer === undefined ? [] : [[name, answer] as const];
    });
    return [[id, Object.fromEntries(parts)] as const];
  });
  const date = new Date().toISOString().slice(0, 10);
  const inputs = Object.fromEntries(Object.entries(recorded.inputs).map(([name, value]) => [name, safe(value)]));
  return {
    about: "What a real host said. Names and addresses in it are stand-ins.",
    cases: [
      {
        title: `what a host said on ${date}`,
        ...(Object.keys(inputs).length === 0 ? {} : { inputs }),
        scripts: {
          ...(applies === undefined ? {} : { applies }),
          facts: Object.fromEntries(facts),
          steps: Object.fromEntries(steps),
        },
        expect: Object.fromEntries(steps.map(([id]) => [id, "clear" as const])),
      },
    ],
  };
}

/** The same with what the runbook makes of it, found out by playing it. */
export async function expecting(loaded: LoadedRunbook, written: WrittenCases): Promise<WrittenCases> {
  const sheet = CaseSheet.parse(written);
  const [one] = sheet.cases;
  const [first] = written.cases;
  if (one === undefined || first === undefined) return written;
  const result = await playCase(loaded, sheet, one, null, await machineParts());
  if (result.kind === "not-run") return written;
  if (result.traces.length === 0) throw new Error(`the recorded case cannot be played: ${result.problems.join("; ")}`);
  const expect = result.traces.map(({ step, outcome, reason, findings }) => [
    step,
    {
      outcome,
      ...(reason !== "" && (outcome === "unknown" || outcome === "skipped") ? { reason } : {}),
      ...(findings.length > 0 ? { findings: findings.map(({ values }) => values) } : {}),
    },
  ]);
  return { ...written, cases: [{ ...first, expect: Object.fromEntries(expect) }] };
}
