import { didYouMean } from "../language/suggest.ts";
import { readText } from "../load/text.ts";
import type { Fault } from "../model/fault.ts";
import type { Runbook } from "../model/runbook.ts";
import { Secret } from "../model/secret.ts";

/** Bytes that the file of a value may have: it is sent to every host with every script. */
const MAX_VALUE = 1_000_000;

/** `--input NAME=VALUE` pairs as values. `@file` and `env:X` are read here; a secret is never taken from the argument itself. */
export async function readInputs(
  pairs: readonly string[],
  runbook: Runbook,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly inputs: ReadonlyMap<string, string | Secret>; readonly faults: readonly Fault[] }> {
  const inputs = new Map<string, string | Secret>();
  const faults: Fault[] = [];
  for (const pair of pairs) {
    const cut = pair.indexOf("=");
    const name = cut < 0 ? pair : pair.slice(0, cut);
    const where = `--input ${name}`;
    if (cut < 1) {
      faults.push({ kind: "usage", where, message: "expected NAME=VALUE, NAME=@file or NAME=env:VARIABLE" });
      continue;
    }
    const input = runbook.inputs[name];
    if (input === undefined) {
      faults.push(unknownName(where, `${runbook.name} has no such input`, name, Object.keys(runbook.inputs)));
      continue;
    }
    const secret = input.secret;
    const value = await valueOf(pair.slice(cut + 1), env);
    if ("fault" in value) faults.push({ kind: "usage", where, message: value.fault });
    else if (secret && value.from === "argument") {
      const hint = `--input ${name}=@file or --input ${name}=env:VARIABLE, or leave it out and be asked`;
      faults.push({ kind: "usage", where, message: "a secret on the command line can be read by everybody", hint });
    } else inputs.set(name, secret ? new Secret(value.text) : value.text);
  }
  return { inputs, faults };
}

/** Where the secret values among `--input` pairs come from: `@file` or `env:NAME`. */
export function secretSources(pairs: readonly string[], runbook: Runbook): Record<string, string> {
  const cut = pairs.map((pair): [string, string] => [pair.split("=", 1)[0] ?? "", pair.slice(pair.indexOf("=") + 1)]);
  return Object.fromEntries(cut.filter(([name]) => runbook.inputs[name]?.secret === true));
}

/** Step ids that the runbook does not have. */
export function unknownSteps(ids: readonly string[], runbook: Runbook): Fault[] {
  const known = runbook.steps.map((step) => step.id);
  return ids
    .filter((id) => !known.includes(id))
    .map((id) => unknownName(`--step ${id}`, `${runbook.name} has no such step`, id, known));
}

function unknownName(where: string, message: string, name: string, known: readonly string[]): Fault {
  const hint = didYouMean(name, known) ?? (known.length === 0 ? "it has none" : `it has ${known.join(", ")}`);
  return { kind: "usage", where, message, hint };
}

type Value = { readonly text: string; readonly from: "argument" | "elsewhere" } | { readonly fault: string };

async function valueOf(text: string, env: NodeJS.ProcessEnv): Promise<Value> {
  if (text.startsWith("@")) {
    const path = text.slice(1);
    const file = await readText(path, MAX_VALUE);
    return "problem" in file
      ? { fault: `${path}: ${file.problem}` }
      : { text: file.text.replace(/\r?\n$/, ""), from: "elsewhere" };
  }
  if (text.startsWith("env:")) {
    const value = env[text.slice(4)];
    return value === undefined
      ? { fault: `the variable ${text.slice(4)} is not set in the environment` }
      : { text: value, from: "elsewhere" };
  }
  return { text, from: "argument" };
}
