import { readFile } from "node:fs/promises";
import type { Fault } from "../model/fault.ts";
import type { Runbook } from "../model/runbook.ts";
import { Secret } from "../model/secret.ts";

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
      faults.push({ kind: "usage", where, message: "expected NAME=VALUE, NAME=@file or NAME=env:X" });
      continue;
    }
    const secret = runbook.inputs[name]?.secret === true;
    const value = await valueOf(pair.slice(cut + 1), env);
    if ("fault" in value) faults.push({ kind: "usage", where, message: value.fault });
    else if (secret && value.from === "argument") {
      const hint = `--input ${name}=@file or ${name}=env:VARIABLE, or leave it out and be asked`;
      faults.push({ kind: "usage", where, message: "a secret on the command line can be read by everybody", hint });
    } else inputs.set(name, secret ? new Secret(value.text) : value.text);
  }
  return { inputs, faults };
}

type Value = { readonly text: string; readonly from: "argument" | "elsewhere" } | { readonly fault: string };

async function valueOf(text: string, env: NodeJS.ProcessEnv): Promise<Value> {
  if (text.startsWith("@")) {
    try {
      return { text: (await readFile(text.slice(1), "utf8")).replace(/\r?\n$/, ""), from: "elsewhere" };
    } catch (error) {
      return { fault: `cannot read ${text.slice(1)}: ${error instanceof Error ? error.message : String(error)}` };
    }
  }
  if (text.startsWith("env:")) {
    const value = env[text.slice(4)];
    return value === undefined ? { fault: `$${text.slice(4)} is not set` } : { text: value, from: "elsewhere" };
  }
  return { text, from: "argument" };
}
