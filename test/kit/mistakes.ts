import { compileRunbook } from "../../src/language/runbook/compile.ts";
import type { Fault } from "../../src/model/fault.ts";

/** Faults in one line each: `3:5 what happened → what to do`. The file's name must have no colon. */
export function told(faults: readonly Fault[]): string[] {
  return faults.map(({ where = "", message, hint }) => {
    const place = where.replace(/^[^:]*:?/, "");
    return [place, message, hint === undefined ? "" : `→ ${hint}`].filter((word) => word !== "").join(" ");
  });
}

/** Every mistake in a runbook's text; empty when it compiles. */
export function mistakes(text: string, functions?: string): string[] {
  const compiled = compileRunbook(
    text,
    "x.yml",
    functions === undefined ? {} : { functionsFiles: new Map([["x.sh", functions]]) },
  );
  return "faults" in compiled ? told(compiled.faults) : [];
}

/** Every warning about a runbook's text. */
export function warnings(text: string): string[] {
  return told(compileRunbook(text, "x.yml").warnings);
}

/** A runbook with these lines between its title and its only step, which detects nothing. */
export function withTop(...lines: readonly string[]): string {
  return ["name: x", "title: X", ...lines, "steps:", "  - id: a", "    detect: { run: ':' }", ""].join("\n");
}

/** A runbook whose only step has these lines after its id on line 4; they are indented here. */
export function withStep(...lines: readonly string[]): string {
  return ["name: x", "title: X", "steps:", "  - id: a", ...lines.map((line) => `    ${line}`), ""].join("\n");
}
