import { clean } from "../view/clean.ts";

/** One number, by its labels. */
export type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number };

/** A metric; a gauge, as a snapshot is, unless it counts what a process has done since it began. */
export type Family = {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly Sample[];
  readonly type?: "gauge" | "counter";
};

/** Names that are longer are cut: a label is not for texts. */
const LONGEST = 200;

/**
 * Metrics in Prometheus' text format. Families without a sample are left out. No series comes twice, since one that does makes
 * node_exporter drop the whole file: where two names are one once they are fit to be shown, the first counts.
 */
export function expositionOf(families: readonly Family[]): string {
  return families.map(familyText).join("");
}

function familyText({ name, help, samples, type = "gauge" }: Family): string {
  const lines = new Map<string, number>();
  for (const { labels, value } of samples) {
    const series = `${name}${labelsText(labels)}`;
    if (!lines.has(series)) lines.set(series, value);
  }
  if (lines.size === 0) return "";
  const head = `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n# TYPE ${name} ${type}\n`;
  return head + [...lines].map(([series, value]) => `${series} ${numberText(value)}\n`).join("");
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${valueText(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

/** What would turn or hide text is spelled out, as everywhere; then the format's own escapes. */
function valueText(value: string): string {
  const shown = clean(value);
  const cut = shown.length > LONGEST ? `${shown.slice(0, LONGEST - 1).replace(/[\uD800-\uDBFF]$/, "")}…` : shown;
  return cut.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}
