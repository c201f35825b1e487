import { counted, grouped } from "../view/words.ts";
import type { Health, HealthCell, HealthHost } from "./health.ts";
import { LOOK_NAMES, lookOf, LOOKS, scoreText, shareText, type LookName } from "./health-looks.ts";
import { markup, type Markup } from "./markup.ts";

/** So many runbooks stand side by side; more are further tables, so that nothing is cut on paper. */
const WIDEST = 8;

/** The colours of a look are those of an outcome that is as bad. */
export const CLASSES: Readonly<Record<LookName, string>> = {
  critical: "failed",
  warning: "found",
  info: "any",
  unknown: "unknown",
  "not-checked": "unknown",
  waived: "skipped",
  clear: "clear",
  skipped: "skipped",
  none: "skipped",
};

/** The host × runbook table: a colour, a sign and a word a cell. The worst hosts stand first. */
export function heatTables(health: Health): Markup {
  const columns = health.runbooks.flatMap(({ runbook }, at) =>
    health.hosts.some(({ cells }) => cells[at] !== undefined && cells[at].state !== "none") ? [{ runbook, at }] : [],
  );
  const hosts = health.hosts.toSorted((a, b) => rank(a) - rank(b));
  const tables: Markup[] = [];
  for (let from = 0; from < columns.length; from += WIDEST)
    tables.push(tableOf(hosts, columns.slice(from, from + WIDEST), from));
  return markup`${filter(hosts)}${search()}${tables}`;
}

/** What is not known stands before what is well. */
function rank({ score }: HealthHost): number {
  return score ?? 99.5;
}

function tableOf(
  hosts: readonly HealthHost[],
  columns: readonly { runbook: string; at: number }[],
  from: number,
): Markup {
  const heads = columns.map(({ runbook }) => markup`<th scope="col">${runbook}</th>`);
  const rows = hosts.map((host) => {
    const cells = columns.map(({ at }) => markup`<td>${badgeOf(host.cells[at])}</td>`);
    return markup`<tr data-row="${from === 0 ? "host" : "again"}" data-outcome="${outcomeOf(host)}"><th scope="row">${host.host}</th><td class="number">${scoreText(host.score)}</td><td class="number">${shareText(host.confidence)}</td>${cells}</tr>\n`;
  });
  return markup`<div class="scroll tall" role="region" aria-label="Hosts and runbooks from ${from + 1}" tabindex="0"><table class="map">
<caption>${counted(hosts.length, "host")}, the worst first</caption>
<thead><tr><th scope="col">host</th><th scope="col" class="number">score</th><th scope="col" class="number">confidence</th>${heads}</tr></thead>
<tbody>
${rows}</tbody></table></div>\n`;
}

/** A look in sign, word and colour. */
export function lookBadge(name: LookName, more: string): Markup {
  const { sign, word } = LOOKS[name];
  return markup`<span class="badge is-${CLASSES[name]}"><span class="sign" aria-hidden="true">${sign}</span> ${word}${more}</span>`;
}

function badgeOf(cell: HealthCell | undefined): Markup {
  if (cell === undefined || cell.state === "none") return markup`<span class="soft">not concerned</span>`;
  const more = [
    cell.findings > 0 ? ` ${grouped(cell.findings)}` : "",
    cell.state === "found" && cell.unknown > 0 ? ", more unknown" : "",
  ];
  return lookBadge(lookOf(cell), more.join(""));
}

/** The worst of its looks, as the outcome whose colours it has. */
function outcomeOf({ cells }: HealthHost): string {
  const there = new Set(cells.map(lookOf));
  const worst = LOOK_NAMES.find((name) => there.has(name)) ?? "none";
  return worst === "info" ? "found" : CLASSES[worst];
}

const WORDS: Readonly<Record<string, LookName>> = {
  failed: "critical",
  found: "warning",
  unknown: "unknown",
  clear: "clear",
};

/** Chooses hosts by their worst look: without a script. */
function filter(hosts: readonly HealthHost[]): Markup | null {
  const amounts = Object.entries(WORDS).flatMap(([outcome, look]) => {
    const amount = hosts.filter((host) => outcomeOf(host) === outcome).length;
    return amount === 0 ? [] : [{ outcome, look, amount }];
  });
  if (amounts.length < 2) return null;
  const all = choice("any", markup`<span class="badge is-any">all ${grouped(hosts.length)}</span>`, markup` checked`);
  const some = amounts.map(({ outcome, look, amount }) =>
    choice(outcome, lookBadge(look, ` ${grouped(amount)}`), null),
  );
  return markup`<fieldset class="filter"><legend>Show hosts whose worst is:</legend>\n${all}${some}</fieldset>\n`;
}

function choice(id: string, look: Markup, checked: Markup | null): Markup {
  return markup`<label class="choice"><input type="radio" name="only" id="only-${id}"${checked}>${look}</label>\n`;
}

function search(): Markup {
  return markup`<p class="search" hidden><label for="find">Find in hosts and findings</label>
<input id="find" type="search" autocomplete="off" spellcheck="false"> <output id="found" for="find"></output></p>\n`;
}
