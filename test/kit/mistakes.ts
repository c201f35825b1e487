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
  const compiled = compileRunbook(text, "x.yml", contextOf(functions));
  return "faults" in compiled ? told(compiled.faults) : [];
}

/** Every warning about a runbook's text. */
export function warnings(text: string, functions?: string): string[] {
  return told(compileRunbook(text, "x.yml", contextOf(functions)).warnings);
}

/** A runbook with these lines between its title and its only step, which detects nothing. */
export function withTop(...lines: readonly string[]): string {
  return ["name: x", "title: X", ...lines, "steps:", "  - id: a", "    detect: { run: ':' }", ""].join("\n");
}

/** A runbook whose only step has these lines after its id on line 4; they are indented here. */
export function withStep(...lines: readonly string[]): string {
  return ["name: x", "title: X", "steps:", "  - id: a", ...lines.map((line) => `    ${line}`), ""].join("\n");
}

function contextOf(functions: string | undefined): Parameters<typeof compileRunbook>[2] {
  return functions === undefined ? {} : { functionsFiles: new Map([["x.sh", functions]]) };
}

/** The mistakes of one detect script whose runbook has an input `mount` and a fact `kernel`; places are those of the script. */
export function inDetect(script: string, functions?: string, tell = mistakes): string[] {
  const text = [
    "name: x",
    "title: X",
    ...(functions === undefined ? [] : ["functions: x.sh"]),
    "inputs: { mount: { type: string } }",
    "facts: { kernel: uname -r }",
    "steps:",
    "  - id: a",
    "    detect:",
    "      run: |",
    ...script.split("\n").map((line) => `        ${line}`),
    "        :",
  ];
  const first = text.indexOf("      run: |") + 2;
  return tell(text.join("\n"), functions).map((line) =>
    line.replace(
      /^(\d+):(\d+)/,
      (_, row: string, column: string) => `${Number(row) - first + 1}:${Number(column) - 8}`,
    ),
  );
}
