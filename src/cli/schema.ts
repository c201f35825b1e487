import { caseSchemaText } from "../language/cases/json-schema.ts";
import { policySchemaText } from "../language/policy/json-schema.ts";
import { runbookSchemaText } from "../language/runbook/json-schema.ts";
import { didYouMean } from "../language/suggest.ts";
import { waiversSchemaText } from "../language/waivers/json-schema.ts";
import type { Fault } from "../model/fault.ts";
import { schedulesSchemaText } from "../schedule/json-schema.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";

/** Prints the JSON Schema of runbooks, of policies, of files of cases, of waivers, or of schedules. */
export function schema(
  kind: string | undefined,
  io: Io,
  options: { readonly policy?: boolean | undefined } = {},
): number | Fault {
  const wanted = kind ?? (options.policy === true ? "policy" : "runbook");
  const text = TEXTS.get(wanted);
  if (text === undefined) {
    const hint = didYouMean(wanted, TEXTS.keys()) ?? `there are ${SCHEMAS.join(", ")}`;
    return { kind: "usage", message: `there is no schema of \`${wanted}\``, hint };
  }
  io.out(text());
  return EXIT.ok;
}

const TEXTS: ReadonlyMap<string, () => string> = new Map([
  ["runbook", runbookSchemaText],
  ["policy", policySchemaText],
  ["case", caseSchemaText],
  ["waivers", waiversSchemaText],
  ["schedules", schedulesSchemaText],
]);

/** The kinds of files that have one. */
export const SCHEMAS: readonly string[] = [...TEXTS.keys()];
