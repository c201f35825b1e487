import type { Cost } from "./measure.ts";
import { median } from "./median.ts";

/** All rounds of one rival on one fleet. */
export type Row = {
  readonly rival: string;
  readonly costs: readonly Cost[];
  /** Bytes of the whole tree at its peak, where it was measured. */
  readonly tree: number | null;
  /** Worst round: results that were there and right, of all that there should be. */
  readonly right: number;
  readonly all: number;
};

const HEAD = [
  "rival",
  "rounds",
  "wall s",
  "(min–max)",
  "CPU s",
  "largest MB",
  "tree MB",
  "right results",
  "wall ÷ bare",
  "CPU ÷ bare",
  "wall ÷ Ansible",
  "CPU ÷ Ansible",
];

/** Medians and ratios as a Markdown table. `bare` is the better of the two bare loops, for each figure by itself; a ratio below 1 means less. */
export function table(rows: readonly Row[]): string {
  const bare = rows.filter((row) => row.rival.startsWith("bare-"));
  const ansible = rows.filter((row) => row.rival === "ansible");
  const lines = rows.map((row) => {
    const [wall, cpu] = [middle([row], "wall"), middle([row], "cpu")];
    const walls = row.costs.map((cost) => cost.wall);
    return [
      row.rival,
      `${row.costs.length}`,
      wall.toFixed(2),
      `${Math.min(...walls).toFixed(2)}–${Math.max(...walls).toFixed(2)}`,
      cpu.toFixed(2),
      megabytes(Math.max(...row.costs.map((cost) => cost.largest))),
      row.tree === null ? "" : megabytes(row.tree),
      row.right === row.all ? `${row.all}` : `**${row.right} of ${row.all}**`,
      ratio(wall, middle(bare, "wall")),
      ratio(cpu, middle(bare, "cpu")),
      ratio(wall, middle(ansible, "wall")),
      ratio(cpu, middle(ansible, "cpu")),
    ];
  });
  return [HEAD, HEAD.map((_, column) => (column === 0 ? "---" : "--:")), ...lines]
    .map((cells) => `| ${cells.join(" | ")} |\n`)
    .join("");
}

/** The lowest median of some rows; NaN of none. */
export function middle(rows: readonly Row[], what: "wall" | "cpu"): number {
  return rows.length === 0 ? Number.NaN : Math.min(...rows.map((row) => median(row.costs.map((cost) => cost[what]))));
}

/** Two digits that mean something, or nothing where there is nothing to compare with. */
export function ratio(part: number, whole: number): string {
  if (!Number.isFinite(part / whole)) return "";
  return part / whole < 0.95 ? `1/${(whole / part).toPrecision(2)}` : Number((part / whole).toPrecision(3)).toFixed(2);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
