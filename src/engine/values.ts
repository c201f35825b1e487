import type { Fault } from "../model/fault.ts";
import { readInput } from "../model/input.ts";
import type { Host, Unfit } from "../model/inventory.ts";
import type { Input, Runbook } from "../model/runbook.ts";
import { Encrypted, isSecret, Secret } from "../model/secret.ts";

/** Where values come from besides inventory and runbook. */
export type Given = {
  readonly inputs: ReadonlyMap<string, string | Secret>;
  /** Answers of a prompt, for hosts that have no value from anywhere else. */
  readonly asked?: ReadonlyMap<string, Secret>;
  /** Tells hosts' variables that do not do, with their places; without it they are told host by host. */
  readonly complain?: ((all: readonly Unfit[]) => readonly Fault[]) | undefined;
};

/** Every input's value on every host: host → name → value. Secret ones stay `Secret`. */
export type InputValues = ReadonlyMap<string, ReadonlyMap<string, string | Secret>>;

/** Every input's value on every host, or every mistake in them at once. */
export function valuesFor(
  runbook: Runbook,
  hosts: readonly Host[],
  options: Given,
): { readonly values: InputValues } | { readonly faults: readonly Fault[] } {
  const wrong: Wrong = { faults: [], variables: [] };
  const values = new Map(hosts.map((host) => [host.name, inputsOf(runbook, host, options, wrong)]));
  const { complain = hostByHost } = options;
  const faults = [...unique(wrong.faults), ...complain(wrong.variables)];
  return faults.length > 0 ? { faults } : { values };
}

/** What was found wrong so far, in what is given and in what the inventory says. */
type Wrong = { readonly faults: Fault[]; readonly variables: Unfit[] };

function hostByHost(all: readonly Unfit[]): Fault[] {
  return all.map(({ host, name, message, hint }) => ({
    kind: "usage",
    where: `${host}: variable ${name}`,
    message,
    ...(hint === undefined ? {} : { hint }),
  }));
}

/** The inputs that one host or more would have no value for. */
export function missingInputs(
  runbook: Runbook,
  hosts: readonly Host[],
  given: Given["inputs"],
): readonly (readonly [name: string, input: Input])[] {
  return Object.entries(runbook.inputs).filter(([name, input]) =>
    hosts.some((host) => (given.get(name) ?? ownValue(host, name) ?? input.default) === undefined),
  );
}

/** What the inventory says for this host; its groups' variables are merged into it. */
function ownValue(host: Host, name: string): unknown {
  return Object.hasOwn(host.vars, name) ? host.vars[name] : undefined;
}

/** `--input` wins over the host's variable, which wins over the default; a prompt's answer is for what is missing then. */
function inputsOf(runbook: Runbook, host: Host, options: Given, wrong: Wrong): Map<string, string | Secret> {
  const values = new Map<string, string | Secret>();
  for (const [name, input] of Object.entries(runbook.inputs)) {
    const { secret } = input;
    const given = options.inputs.get(name);
    const own = given === undefined ? ownValue(host, name) : undefined;
    const usable = given === undefined ? usableValue(own, name, input) : { value: given };
    if ("problem" in usable) {
      wrong.variables.push({ host: host.name, name, message: usable.problem, hint: usable.hint });
      continue;
    }
    const first = usable.value ?? input.default ?? options.asked?.get(name);
    const value = first instanceof Secret ? first.reveal() : first;
    const refuse = (message: string, hint?: string): void => {
      const why = { message, ...(hint === undefined ? {} : { hint }) };
      if (own === undefined) wrong.faults.push({ kind: "usage", where: `input ${name}`, ...why });
      else wrong.variables.push({ host: host.name, name, ...why });
    };
    if (value === undefined) {
      refuse(
        "a value is needed and none is given",
        `--input ${name}=${secret ? `@file or --input ${name}=env:VARIABLE` : "…"}`,
      );
      continue;
    }
    const read = readInput(input, value);
    if (read.ok) values.set(name, secret ? new Secret(read.text) : read.text);
    else refuse(expectedInstead(input, read.expected, value));
  }
  return values;
}

/** A host's variable as an input takes it: opened where it is encrypted, and no template. What is hidden is for secret inputs only. */
function usableValue(
  own: unknown,
  name: string,
  input: Input,
): { readonly value: unknown } | { readonly problem: string; readonly hint: string } {
  if (isSecret(own) && !input.secret) {
    const problem = "the inventory keeps this value secret, and the input is none: it would be put on record";
    return { problem, hint: "`secret: true` in the runbook makes the input one" };
  }
  const opened = own instanceof Encrypted ? own.open() : { secret: own };
  if ("problem" in opened) return opened;
  const value = opened.secret instanceof Secret ? opened.secret.reveal() : opened.secret;
  if (typeof value !== "string" || !/\{\{|\{%/.test(value)) return { value };
  const hint = `--input ${name}=… gives the value, or write it into the inventory as it is`;
  return { problem: "the value is a template, and templates are not evaluated", hint };
}

/** Why a value does not do for an input, with the value where it may be shown; undefined: it does. */
export function misfit(input: Input, value: unknown): string | undefined {
  const read = readInput(input, value);
  return read.ok ? undefined : expectedInstead(input, read.expected, value);
}

function expectedInstead({ secret }: Input, expected: string, value: unknown): string {
  const shown = JSON.stringify(value).slice(0, MOST_SHOWN + 1);
  return `expected ${expected}${secret ? "" : `, not ${shown.length > MOST_SHOWN ? `${shown.slice(0, MOST_SHOWN)}…` : shown}`}`;
}

/** Characters of a value that a message shows: one may be a whole file. */
const MOST_SHOWN = 80;

function unique(faults: readonly Fault[]): Fault[] {
  return [...new Map(faults.map((fault) => [`${fault.where}\n${fault.message}`, fault])).values()];
}
