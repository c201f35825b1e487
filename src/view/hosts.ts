/** Fewer neighbours than this are listed by name: `[01-02]` would be no shorter than two names. */
const WORTH_FOLDING = 3;

/**
 * Host names in few words: neighbours as `web[01-20]`, the rest by name, and no more than `most` such parts.
 * What is left out is counted: `db1, web[01-20] and 37 more`.
 */
export function foldHosts(names: readonly string[], most = 4): string {
  const runs = runsOf(names.map(splitName).toSorted(inOrder));
  const parts = runs.flatMap((run) => (run.length < WORTH_FOLDING ? run.map((name) => [name]) : [run]));
  const shown = parts.length > most ? parts.slice(0, most) : parts;
  const rest = parts.slice(shown.length).reduce((sum, part) => sum + part.length, 0);
  return `${shown.map(partName).join(", ")}${rest === 0 ? "" : ` and ${rest} more`}`;
}

/** As people count: web2 before web10. By hand, since to be ready for a locale takes Node 5 ms. */
function inOrder(a: Split, b: Split): number {
  for (const [at, piece] of a.pieces.entries()) {
    const other = b.pieces[at] ?? "";
    const numbers = at % 2 === 1 ? Number(piece) - Number(other) : 0;
    if (numbers !== 0) return numbers;
    if (at % 2 === 0 && piece !== other) return piece < other ? -1 : 1;
  }
  return a.name < b.name ? -1 : Number(a.name > b.name);
}

/** Stretches of names in which one number, always at the same place, grows by one. */
function runsOf(names: readonly Split[]): Split[][] {
  const runs: Split[][] = [];
  let place = -1;
  for (const name of names) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    const next = last === undefined ? -1 : successorPlace(last.pieces, name.pieces);
    if (run === undefined || next === -1 || (run.length > 1 && next !== place)) runs.push([name]);
    else run.push(name);
    place = next;
  }
  return runs;
}

/** Which piece of `b` is the number of `a` plus one, all else being equal; -1 for none. */
function successorPlace(a: readonly string[], b: readonly string[]): number {
  if (a.length !== b.length) return -1;
  const differing = a.flatMap((piece, at) => (piece === b[at] ? [] : [at]));
  const [place] = differing;
  if (place === undefined || differing.length > 1) return -1;
  return countsUp(a[place] ?? "", b[place] ?? "") ? place : -1;
}

function countsUp(before: string, after: string): boolean {
  if (!/^\d{1,15}$/.test(before) || !/^\d{1,15}$/.test(after) || Number(after) !== Number(before) + 1) return false;
  const padded = before.startsWith("0") || after.startsWith("0");
  return padded ? before.length === after.length : true;
}

/** A name, and the text and the numbers in it by turns: every second piece is a number. */
type Split = { readonly name: string; readonly pieces: readonly string[] };

function splitName(name: string): Split {
  return { name, pieces: name.split(/(\d+)/) };
}

function partName(run: readonly Split[]): string {
  if (run.length < WORTH_FOLDING) return run.map(({ name }) => name).join(", ");
  const ends = run.at(-1)?.pieces ?? [];
  return (run[0]?.pieces ?? []).map((piece, at) => (piece === ends[at] ? piece : `[${piece}-${ends[at]}]`)).join("");
}

/** A text with the host's own name taken out, so that one reason on different hosts is one text. */
export function nameless(text: string, host: string): string {
  if (!text.includes(host)) return text;
  const literal = host.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  return text.replaceAll(new RegExp(`(?<![\\w.-])${literal}(?![\\w-])`, "g"), "HOST");
}
