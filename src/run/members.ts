import type { InputValues } from "../engine/values.ts";
import type { HostState } from "../engine/state.ts";
import type { Cell, Finding } from "../model/finding.ts";
import type { Input, Runbook } from "../model/runbook.ts";
import { Secret } from "../model/secret.ts";
import type { Members, Value } from "../script/powershell.ts";

/** What a script gets besides inputs and facts. */
type Given = {
  readonly run: string;
  /** Epoch seconds; empty before the first fix. */
  readonly since: string;
  readonly findings?: readonly Finding[];
  readonly finding?: Finding | undefined;
};

/**
 * The members of `$rb`: what a POSIX script has as variables, with types, since PowerShell compares texts as texts. `findings` are
 * objects with the columns as members.
 */
export function membersOf(
  runbook: Runbook,
  host: HostState,
  inputs: InputValues extends ReadonlyMap<string, infer V> ? V : never,
  given: Given,
): Members {
  const members = new Map<string, Value>();
  for (const [name, value] of inputs) {
    const text = value instanceof Secret ? value.reveal() : value;
    members.set(name, typed(text, runbook.inputs[name]?.type ?? "string"));
  }
  for (const [name, text] of Object.entries(host.facts ?? {})) members.set(name, { kind: "text", text });
  for (const [name, value] of given.finding === undefined ? [] : columnsOf(given.finding)) members.set(name, value);
  if (given.findings !== undefined)
    members.set("findings", { kind: "objects", objects: given.findings.map(columnsOf) });
  members.set("host_name", { kind: "text", text: host.host });
  members.set("run_id", { kind: "text", text: given.run });
  members.set("since", given.since === "" ? { kind: "null" } : { kind: "number", text: given.since });
  return members;
}

function typed(text: string, type: Input["type"]): Value {
  if (type === "string" || type === "choice") return { kind: "text", text };
  return type === "boolean" ? { kind: "boolean", yes: text === "true" } : { kind: "number", text };
}

function columnsOf({ values }: Finding): Members {
  return new Map(Object.entries(values).map(([name, cell]) => [name, valueOf(cell)]));
}

function valueOf(cell: Cell): Value {
  if (cell === null) return { kind: "null" };
  if (typeof cell === "boolean") return { kind: "boolean", yes: cell };
  return { kind: typeof cell === "number" ? "number" : "text", text: String(cell) };
}
