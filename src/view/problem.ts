import type { Fault } from "../model/fault.ts";
import { clean } from "./clean.ts";
import type { Palette } from "./colour.ts";

/** A fault as lines: where and what, the source with a caret, and what to do next. Everything in it is cleaned. */
export function problemLines(fault: Fault, palette: Palette, weight: "error" | "warning" = "error"): string[] {
  const where = fault.where === undefined ? "" : `${palette("bold", `${clean(fault.where)}:`)} `;
  const label = weight === "warning" ? `${palette("yellow", "warning:")} ` : "";
  const colour = weight === "warning" ? "yellow" : "red";
  const excerpt = fault.excerpt === undefined ? [] : clean(fault.excerpt, { lines: true }).split("\n");
  return [
    `${where}${label}${clean(fault.message)}`,
    ...excerpt.map((line) => `  ${/^ *\| +\^/.test(line) ? palette(colour, line) : palette("dim", line)}`),
    ...(fault.hint === undefined ? [] : [`  ${palette("cyan", "→")} ${clean(fault.hint)}`]),
  ];
}
