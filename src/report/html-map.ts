import { Outcome } from "../model/finding.ts";
import { counted, grouped, OUTCOME_LOOK } from "../view/words.ts";
import type { DocumentCell, DocumentHost, RunDocument } from "./document.ts";
import { badge, mark } from "./html-parts.ts";
import { markup, type Markup } from "./markup.ts";

/** So many steps stand side by side; more are further tables, so that nothing is cut on paper. */
const WIDEST = 8;

const NATURAL = new Intl.Collator("en", { numeric: true });

function rank({ outcome }: DocumentHost): number {
  return Outcome.options.indexOf(outcome);
}

/** Hosts with the worst first, then by name; `at` is the host's place in the document. */
export function ranked(document: RunDocument): readonly { readonly host: DocumentHost; readonly at: number }[] {
  return document.hosts
    .map((host, at) => ({ host, at }))
    .toSorted((a, b) => rank(a.host) - rank(b.host) || NATURAL.compare(a.host.host, b.host.host));
}

/** Whether there is more to say of a step on a host than its outcome. */
export function isTold({ outcome, reason, findings, unclear, decisions }: DocumentCell): boolean {
  if (findings.length > 0 || decisions.length > 0 || unclear !== null) return true;
  return reason !== "" && outcome !== "skipped" && outcome !== "clear";
}

/** Where the story of a step on a host stands on the page. */
export function caseId(host: number, step: number): string {
  return `h${host + 1}s${step + 1}`;
}

function choice(id: string, look: Markup, checked: Markup | null = null): Markup {
  return markup`<label class="choice"><input type="radio" name="only" id="only-${id}"${checked}>${look}</label>\n`;
}

/** Chooses hosts by their outcome: without a script. */
function outcomeFilter({ counts, hosts }: RunDocument): Markup | null {
  const present = Outcome.options.filter((outcome) => counts[outcome] > 0);
  if (present.length < 2) return null;
  const all = markup`<span class="badge is-any">all ${grouped(hosts.length)}</span>`;
  const some = present.map((outcome) => choice(outcome, badge(outcome, ` ${grouped(counts[outcome])}`)));
  return markup`<fieldset class="filter"><legend>Show hosts:</legend>\n${choice("any", all, markup` checked`)}${some}</fieldset>\n`;
}

/** The field that the script brings to life. */
function textFilter(): Markup {
  return markup`<p class="search" hidden><label for="find">Find in hosts, findings and events</label>
<input id="find" type="search" autocomplete="off" spellcheck="false"> <output id="found" for="find"></output></p>\n`;
}

/** The host × step table: a colour, a sign and a word a cell, with a link to the story where there is one. */
export function heatMap(document: RunDocument): Markup {
  const tables: Markup[] = [];
  for (let from = 0; from < document.steps.length; from += WIDEST) tables.push(tableOf(document, from));
  return markup`${outcomeFilter(document)}${textFilter()}${tables}`;
}

function tableOf(document: RunDocument, from: number): Markup {
  const steps = document.steps.slice(from, from + WIDEST);
  const batches = document.batches.length > 0;
  const which = document.steps.length > WIDEST ? `, steps ${from + 1} to ${from + steps.length}` : "";
  const caption = `${counted(document.hosts.length, "host")}, the worst first${which}`;
  const heads = steps.map((step) => markup`<th scope="col">${step.step}</th>`);
  const batch = batches ? markup`<th scope="col" class="number">batch</th>` : null;
  const rows = ranked(document).map(({ host, at }) => {
    const cells = host.steps.slice(from, from + WIDEST).map((cell, step) => cellOf(cell, caseId(at, from + step)));
    const place = batches ? markup`<td class="number">${host.batch}</td>` : null;
    return markup`<tr data-row="${from === 0 ? "host" : "again"}" data-outcome="${host.outcome}"><th scope="row">${host.host}</th>${cells}${place}</tr>\n`;
  });
  return markup`<div class="scroll tall" role="region" aria-label="Hosts and steps${which}" tabindex="0"><table class="map">
<caption>${caption}</caption>
<thead><tr><th scope="col">host</th>${heads}${batch}</tr></thead>
<tbody>
${rows}</tbody></table></div>\n`;
}

function cellOf(cell: DocumentCell, id: string): Markup {
  if (!isTold(cell)) return markup`<td>${badge(cell.outcome)}</td>`;
  return markup`<td><a class="badge is-${cell.outcome}" href="#${id}">${mark(cell.outcome)}</a></td>`;
}

/** `1 failed, 3 fixed, 40 clear`. */
export function countsWords({ counts }: RunDocument): string {
  const present = Outcome.options.filter((outcome) => counts[outcome] > 0);
  return present.map((outcome) => `${grouped(counts[outcome])} ${OUTCOME_LOOK[outcome].word}`).join(", ");
}
