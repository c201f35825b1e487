import type { Decision } from "../model/approval.ts";

/**
 * What a person signs when they decide: everything that a decision says, one value a line. Each value is a JSON string, so that no value can
 * pass for another line, and two decisions never give one text. The first line tells this form from later ones.
 */
export function statementOf(run: string, decision: Decision & { readonly decidedAt: number }): string {
  const { host, step, digest, verdict, by, machine, decidedAt, reason } = decision;
  const lines: readonly (readonly [name: string, value: string | undefined])[] = [
    ["run", run],
    ["host", host],
    ["step", step],
    ["digest", digest],
    ["verdict", verdict],
    ["by", by],
    ["machine", machine],
    ["at", new Date(decidedAt).toISOString()],
    ["reason", reason],
  ];
  return ["runbook decision 1", ...lines.map(([name, value]) => `${name}: ${JSON.stringify(value ?? null)}`), ""].join(
    "\n",
  );
}
