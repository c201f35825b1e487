import { clean } from "../view/clean.ts";
import { paletteOf } from "../view/colour.ts";
import { tableLines, type TableColumn } from "../view/table.ts";
import { cellWords } from "../view/words.ts";
import type { CardDrawing, Pane } from "./pane.ts";
import type { WaiveMode } from "./ui.ts";

/** The findings that may be waived, each with the number to type. */
export function findingsPane({ card, keys }: WaiveMode, { state, width, colour }: CardDrawing): Pane {
  const heading = `which findings of ${clean(card.host)} are accepted?`;
  const step = state.hosts.get(card.host)?.steps.find(({ plan }) => plan.id === card.step);
  if (step === undefined) return { heading, lines: [], follows: false };
  const { columns } = step.plan;
  const found = new Map((step.findings ?? []).map((finding) => [finding.key, finding]));
  const table = {
    columns: [
      { name: "no.", side: "right" } as const,
      ...columns.map(({ name, type }): TableColumn => ({
        name: clean(name),
        side: type === "string" || type === "boolean" ? "left" : "right",
      })),
    ],
    rows: keys.map((key, at) => [
      String(at + 1),
      ...columns.map(({ name, type }) => cellWords(found.get(key)?.values[name] ?? null, type)),
    ]),
  };
  return { heading, lines: tableLines(table, width, paletteOf(colour)), follows: false };
}
