import { shelvedRunbooks, type Lookup } from "../load/library.ts";
import { openRunbook, type Opened } from "../load/runbook.ts";
import { Risk } from "../model/approval.ts";
import type { Fault } from "../model/fault.ts";
import { jsonText } from "../report/json.ts";
import { clean } from "../view/clean.ts";
import { paletteOf } from "../view/colour.ts";
import { tableLines, type TableColumn } from "../view/table.ts";
import { fit } from "../view/width.ts";
import { counted } from "../view/words.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";

/** Lists the runbooks that can be run by name, one a line; one that is invalid is listed as such. */
export async function list(
  lookup: Lookup,
  options: { readonly json?: boolean | undefined },
  io: Io,
): Promise<number | readonly Fault[]> {
  const entries: Entry[] = [];
  for (const { name, path } of await shelvedRunbooks(lookup))
    entries.push(entryOf(name, await openRunbook(path, lookup.cwd)));
  if (options.json === true) io.out(`${jsonText(entries, "page")}\n`);
  else if (entries.length === 0) io.err("There are no runbooks here: `runbook new NAME` begins one.\n");
  else for (const line of lines(entries)) io.out(`${line}\n`);
  return EXIT.ok;
}

type Entry = {
  readonly name: string;
  readonly path: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly steps: number;
  /** The highest risk of its fixes; null where it only reports. */
  readonly risk: Risk | null;
  /** Mistakes in the file: with any, it cannot be run. */
  readonly mistakes: number;
};

function entryOf(name: string, { path, loaded, faults }: Opened): Entry {
  const runbook = loaded?.runbook;
  const risks = new Set(runbook?.steps.flatMap((step) => step.fix?.risk ?? []));
  return {
    name,
    path,
    title: runbook?.title ?? "",
    tags: runbook?.tags ?? [],
    steps: runbook?.steps.length ?? 0,
    risk: Risk.options.findLast((risk) => risks.has(risk)) ?? null,
    mistakes: faults.length,
  };
}

const COLUMNS: readonly TableColumn[] = [
  { name: "name", side: "left" },
  { name: "title", side: "left" },
  { name: "tags", side: "left" },
  { name: "steps", side: "right" },
  { name: "risk", side: "left" },
  { name: "path", side: "left" },
];
const LONGEST_TITLE = 70;

function lines(entries: readonly Entry[]): string[] {
  const rows = entries.map((entry) => {
    const title = entry.mistakes > 0 ? `invalid: ${counted(entry.mistakes, "mistake")} (runbook lint)` : entry.title;
    const steps = entry.mistakes > 0 ? "" : String(entry.steps);
    const risk = entry.mistakes > 0 ? "" : (entry.risk ?? "reports only");
    return [
      clean(entry.name),
      fit(clean(title), LONGEST_TITLE),
      clean(entry.tags.join(", ")),
      steps,
      risk,
      clean(entry.path),
    ];
  });
  const { stdout } = process;
  const palette = paletteOf(stdout.isTTY && stdout.hasColors());
  return tableLines({ columns: COLUMNS, rows }, stdout.isTTY ? stdout.columns : Number.POSITIVE_INFINITY, palette);
}
