import * as z from "zod";
import { misfit } from "../engine/values.ts";
import { didYouMean } from "../language/suggest.ts";
import { MAX_VALUE, printedText, withoutEnd } from "../load/origin.ts";
import { readText } from "../load/text.ts";
import type { Fault } from "../model/fault.ts";
import type { Runbook } from "../model/runbook.ts";
import { Secret } from "../model/secret.ts";

/** Where the value of an input comes from. `none`: what was written says nothing of it. */
export type InputSource =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "env"; readonly variable: string }
  | { readonly kind: "command"; readonly argv: readonly string[] }
  | { readonly kind: "none" };

/** A value that is given for an input; `where` is what a fault names. */
export type GivenInput = { readonly name: string; readonly where: string; readonly from: InputSource };

/** `--input NAME=VALUE`, `NAME=@file` and `NAME=env:VARIABLE` as what they mean. */
export function inputPairs(pairs: readonly string[] | undefined): GivenInput[] {
  return (pairs ?? []).map((pair) => {
    const cut = pair.indexOf("=");
    const name = cut < 0 ? pair : pair.slice(0, cut);
    return { name, where: `--input ${name}`, from: cut < 1 ? { kind: "none" } : sourceOf(pair.slice(cut + 1)) };
  });
}

function sourceOf(text: string): InputSource {
  if (text.startsWith("@")) return { kind: "file", path: text.slice(1) };
  if (text.startsWith("env:")) return { kind: "env", variable: text.slice(4) };
  return { kind: "text", text };
}

/** The values of inputs; those of files, variables and programs are read here. A secret is never taken from where it stands in clear. */
export async function readInputs(
  given: readonly GivenInput[],
  runbook: Runbook,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly inputs: ReadonlyMap<string, string | Secret>; readonly faults: readonly Fault[] }> {
  const inputs = new Map<string, string | Secret>();
  const faults: Fault[] = [];
  for (const { name, where, from } of given) {
    if (from.kind === "none") {
      faults.push({ kind: "usage", where, message: "expected NAME=VALUE, NAME=@file or NAME=env:VARIABLE" });
      continue;
    }
    const input = runbook.inputs[name];
    if (input === undefined) {
      faults.push(unknownName(where, `${runbook.name} has no such input`, name, Object.keys(runbook.inputs)));
      continue;
    }
    const { secret } = input;
    if (secret && from.kind === "text") {
      faults.push(inClear(where, name));
      continue;
    }
    const value = await valueOf(from, env);
    const message = "fault" in value ? value.fault : misfit(input, value.text);
    if (message !== undefined) faults.push({ kind: "usage", where, message });
    if ("text" in value) inputs.set(name, secret ? new Secret(value.text) : value.text);
  }
  return { inputs, faults };
}

function inClear(where: string, name: string): Fault {
  if (!where.startsWith("--input")) {
    const hint = `write where it comes from: \`${name}: { env: VARIABLE }\`, \`{ file: PATH }\` or \`{ command: [PROGRAM] }\``;
    return { kind: "usage", where, message: "this is a secret, and must not stand in the file", hint };
  }
  const message = "a secret on the command line can be read by everybody";
  const hint = `--input ${name}=@file or --input ${name}=env:VARIABLE, or leave it out and be asked`;
  return { kind: "usage", where, message, hint };
}

/** Where the secret values come from, as a record keeps it: `@file`, `env:NAME`, or `command:` with a list in JSON. */
export function secretSources(given: readonly GivenInput[], runbook: Runbook): Record<string, string> {
  const secret = given.filter(({ name }) => runbook.inputs[name]?.secret === true);
  return Object.fromEntries(secret.map(({ name, from }) => [name, sourceText(from)]));
}

function sourceText(from: InputSource): string {
  switch (from.kind) {
    case "file":
      return `@${from.path}`;
    case "env":
      return `env:${from.variable}`;
    case "command":
      return `${COMMAND}${JSON.stringify(from.argv)}`;
    case "text":
    case "none":
      return "";
  }
}

const COMMAND = "command:";
const Argv = z.array(z.string()).min(1);

/** The secret inputs of a run that goes on, from where its record says that they came. */
export function recordedInputs(sources: Readonly<Record<string, string>>): GivenInput[] {
  return Object.entries(sources).map(([name, source]) => {
    const where = `--input ${name}`;
    if (!source.startsWith(COMMAND)) return { name, where, from: sourceOf(source) };
    return { name, where, from: { kind: "command", argv: Argv.parse(JSON.parse(source.slice(COMMAND.length))) } };
  });
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

type Value = { readonly text: string } | { readonly fault: string };

async function valueOf(from: Exclude<InputSource, { readonly kind: "none" }>, env: NodeJS.ProcessEnv): Promise<Value> {
  switch (from.kind) {
    case "text":
      return { text: from.text };
    case "file": {
      const file = await readText(from.path, MAX_VALUE);
      return "problem" in file ? { fault: `${from.path}: ${file.problem}` } : { text: withoutEnd(file.text) };
    }
    case "env": {
      const value = env[from.variable];
      if (value !== undefined) return { text: value };
      return { fault: `the variable ${from.variable} is not set in the environment` };
    }
    case "command": {
      const printed = await printedText(from.argv, process.cwd());
      if ("problem" in printed) return { fault: `the command ${printed.problem}` };
      const text = withoutEnd(printed.text);
      return text === "" ? { fault: `the command ${from.argv[0]} prints nothing` } : { text };
    }
  }
}
