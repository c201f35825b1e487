import type { Sight } from "./sight.ts";
import type { Ui } from "./ui.ts";

/** Where everything between head and footer stands. Rows of lists are without their heading; 0: it is not shown. */
export type Layout = {
  readonly beside: boolean;
  readonly listWidth: number;
  readonly paneWidth: number;
  readonly hosts: number;
  readonly entries: number;
  /** Rows of all the lists, and of the pane with its heading. */
  readonly lists: number;
  readonly pane: number;
};

/** From this width on, the pane stands at the right of the lists. */
const BESIDE = 140;
/** Columns between them. */
const BETWEEN = 3;
/** With fewer rows than this, the list without the cursor is left out. */
const ROOMY = 17;

/** Divides the room: the list with the cursor and the pane first, then what else there is room for. */
export function layoutOf(sight: Sight, ui: Ui, room: { readonly width: number; readonly rows: number }): Layout {
  return room.width >= BESIDE ? beside(sight, room) : stacked(sight, ui, room);
}

function beside(sight: Sight, { width, rows }: { width: number; rows: number }): Layout {
  const listWidth = Math.max(60, Math.min(120, Math.floor(width * 0.45)));
  const entries = shownEntries(sight, Math.floor(rows / 3));
  return {
    beside: true,
    listWidth,
    paneWidth: width - listWidth - BETWEEN,
    hosts: rows - 1 - withHeading(entries),
    entries,
    lists: rows,
    pane: rows,
  };
}

function stacked(sight: Sight, ui: Ui, { width, rows }: { width: number; rows: number }): Layout {
  const all = Math.max(1, sight.roster.rows.length);
  const help = ui.mode.kind === "help";
  const approving = sight.focus === "approvals";
  const entries = approving && !help ? shownEntries(sight, Math.max(2, Math.floor(rows / 4))) : 0;
  const most = approving ? Math.max(3, Math.floor(rows / 7)) : Math.max(3, Math.floor(rows / 2) - 1);
  const hosts = help || (approving && rows < ROOMY) ? 0 : Math.min(all, most);
  const lists = withHeading(hosts) + withHeading(entries);
  const shared = { beside: false, listWidth: width, paneWidth: width };
  return { ...shared, hosts, entries, lists, pane: rows - lists };
}

/** One entry alone is in the pane already. */
function shownEntries({ entries, opened, focus }: Sight, most: number): number {
  return (entries.length < 2 && opened === null) || focus !== "approvals" ? 0 : Math.min(entries.length, most);
}

function withHeading(rows: number): number {
  return rows === 0 ? 0 : rows + 1;
}
