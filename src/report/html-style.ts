import { Outcome } from "../model/finding.ts";
import { markup, type Markup } from "./markup.ts";

/** Colours of both themes. Every pair of text and ground has a contrast of 4.5 or more (held by a test in a browser). */
const THEMES = markup`
:root {
  color-scheme: light dark;
  --ground: #fbfbf9; --panel: #ffffff; --sunken: #f2f3f1; --line: #d9dcd8; --ink: #1b1f23; --soft: #555d66; --link: #0b5394;
  --failed: #b3261e; --failed-ink: #ffffff; --doubt: #fbe3e1; --doubt-ink: #8f1d16; --warn: #fbf0d0; --warn-ink: #6f4a00;
  --wait: #f3e6f8; --wait-ink: #6d2a83; --fixed: #1d7538; --fixed-ink: #ffffff; --clear: #eaf5ec; --clear-ink: #1f5b31;
  --quiet: #eeefed; --quiet-ink: #555d66; --plus: #1c6330; --minus: #9b1c12; --hunk: #0b5394;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --ground: #14171a; --panel: #1b1f23; --sunken: #101315; --line: #343b42; --ink: #e7e9eb; --soft: #a4adb6; --link: #8fc1f5;
    --failed: #f2796f; --failed-ink: #1d0504; --doubt: #451f1c; --doubt-ink: #ffb9b0; --warn: #3b3012; --warn-ink: #f3d488;
    --wait: #38223f; --wait-ink: #e6bdf4; --fixed: #4fb56b; --fixed-ink: #04170a; --clear: #17301e; --clear-ink: #a5dcb3;
    --quiet: #262b30; --quiet-ink: #aab3bb; --plus: #8ed8a2; --minus: #ffb0a6; --hunk: #8fc1f5;
  }
}
`;

const PAGE = markup`
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; }
header, nav, main, footer { max-width: 76rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2.5rem; }
footer { padding-top: 2rem; padding-bottom: 3rem; color: var(--soft); font-size: .875rem; }
section { margin: 2.75rem 0 0; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: .75rem 0 .25rem; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; line-height: 1.3; margin: 0 0 .75rem; padding-bottom: .35rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; overflow-wrap: anywhere; }
h4 { font-size: 1rem; font-weight: 600; margin: 0; display: inline; overflow-wrap: anywhere; }
summary h3 { display: inline; font-size: 1rem; font-weight: 600; }
h5 { font-size: .8rem; font-weight: 600; color: var(--soft); margin: 1.1rem 0 .3rem; letter-spacing: .02em; }
p { margin: .4rem 0; max-width: 70ch; overflow-wrap: anywhere; }
a { color: var(--link); text-underline-offset: .15em; }
a:focus-visible, summary:focus-visible, input:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
code, pre, .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .85rem; }
code { overflow-wrap: anywhere; }
pre { margin: .3rem 0; padding: .6rem .8rem; background: var(--sunken); border: 1px solid var(--line); border-radius: 6px;
  max-height: 32rem; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 8; }
.soft { color: var(--soft); }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--panel); padding: .5rem 1rem; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 1rem 0 0; padding: 0; }
dl.facts { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: .3rem 1.25rem; margin: 1rem 0 0; }
dl.facts dt { color: var(--soft); }
dl.facts dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
ul.plain, ol.plain { list-style: none; margin: .3rem 0; padding: 0; }
ul.plain li, ol.plain li { padding: .2rem 0; overflow-wrap: anywhere; }
.add { color: var(--plus); } .del { color: var(--minus); } .hunk { color: var(--hunk); } .strong { font-weight: 600; }
.badge { display: inline-block; padding: .05rem .5rem; border-radius: 4px; font-size: .875rem; font-weight: 600; white-space: nowrap; }
.badge .sign { display: inline-block; min-width: 1.1em; font-family: ui-monospace, "DejaVu Sans Mono", monospace; }
`;

const PARTS = markup`
.scroll { overflow: auto; border: 1px solid var(--line); border-radius: 8px; background: var(--panel); }
.tall { max-height: min(75vh, 52rem); }
table { border-collapse: separate; border-spacing: 0; width: 100%; font-size: .9rem; }
caption { text-align: left; color: var(--soft); font-size: .875rem; padding: .5rem .75rem; }
th, td { text-align: left; vertical-align: top; padding: .32rem .75rem; border-top: 1px solid var(--line); }
thead th { position: sticky; top: 0; z-index: 1; background: var(--sunken); border-top: 0; border-bottom: 1px solid var(--line); font-size: .8rem; font-weight: 600; }
tbody th { font-weight: 500; overflow-wrap: anywhere; min-width: 8rem; }
td { overflow-wrap: anywhere; }
td.number, th.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.evidence tbody th { min-width: 0; } .evidence td { min-width: 6rem; max-width: 28rem; } .evidence td.number { min-width: 0; }
.map td, .map thead th { padding: .18rem .35rem; }
.map th:first-child { padding-left: .75rem; }
.map td, .map thead th:not(:first-child) { width: 9.5rem; } .map td.number { padding-right: .75rem; }
.events td { min-width: 8rem; } .events td.time { min-width: 0; } .events td:last-child { min-width: 18rem; width: 60%; }
.map tr:last-child td, .map tr:last-child th { padding-bottom: .4rem; }
.map .badge { display: block; min-width: 6.5rem; text-decoration: none; }
.map a.badge:hover { text-decoration: underline; }
details { border: 1px solid var(--line); border-radius: 8px; background: var(--panel); margin: .5rem 0; }
details > summary { cursor: pointer; padding: .5rem .8rem; overflow-wrap: anywhere; }
details[open] > summary { border-bottom: 1px solid var(--line); }
details > .body { padding: .3rem .9rem .9rem; }
summary .badge { margin-right: .5rem; }
fieldset.filter { border: 0; margin: 0 0 .75rem; padding: 0; display: flex; flex-wrap: wrap; gap: .35rem .5rem; align-items: center; min-width: 0; }
fieldset.filter legend { float: left; margin-right: .25rem; color: var(--soft); font-size: .9rem; padding: 0; }
.choice { position: relative; cursor: pointer; }
.choice input { position: absolute; opacity: 0; width: 100%; height: 100%; margin: 0; cursor: pointer; }
.choice .badge { border: 1px solid transparent; padding: .15rem .6rem; }
.choice input:checked + .badge { border-color: var(--ink); box-shadow: 0 0 0 1px var(--ink); }
.choice input:focus-visible + .badge { outline: 3px solid var(--link); outline-offset: 2px; }
.search { display: flex; flex-wrap: wrap; gap: .3rem .75rem; align-items: center; margin: 0 0 .75rem; font-size: .9rem; }
.search[hidden] { display: none; }
.search input { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--soft); border-radius: 6px; padding: .3rem .6rem; width: min(24rem, 100%); }
@media (max-width: 40rem) {
  body { font-size: 15px; }
  header, nav, main, footer { padding-left: .9rem; padding-right: .9rem; }
  dl.facts { grid-template-columns: 1fr; gap: 0; }
  dl.facts dt { margin-top: .5rem; font-size: .85rem; }
}
`;

/** On paper nothing is closed, hidden, scrolled away or cut in two, and nothing is asked of the reader. */
const PRINT = markup`
@page { margin: 14mm; }
@media print {
  body { font-size: 10pt; background: #fff; }
  header, nav, main, footer { max-width: none; padding: 0; }
  nav, .filter, .search, .skip, .toggle { display: none !important; }
  .scroll, .tall, pre { overflow: visible; max-height: none; }
  .scroll { border: 0; }
  table { table-layout: auto; font-size: 8.5pt; }
  .map .badge { min-width: 0; white-space: normal; }
  thead { display: table-header-group; } thead th { position: static; }
  th, td { padding: 2pt 4pt; min-width: 0 !important; }
  .evidence td { min-width: 4em !important; } .events td { width: auto !important; } .events td:nth-child(2) { min-width: 11em !important; } .events td.time { white-space: normal; }
  tr, summary, h2, h3, h5 { break-inside: avoid; }
  h2, h3, h5, summary { break-after: avoid; }
  details::details-content { content-visibility: visible !important; display: block !important; block-size: auto !important; opacity: 1; }
  .badge { print-color-adjust: exact; -webkit-print-color-adjust: exact; border: .5pt solid var(--soft); }
  a { color: inherit; text-decoration: none; }
}
`;

type Colours = { readonly ground: string; readonly ink: string };

const COLOURS: Readonly<Record<Outcome, Colours>> = {
  failed: { ground: "--failed", ink: "--failed-ink" },
  "in-doubt": { ground: "--doubt", ink: "--doubt-ink" },
  "rolled-back": { ground: "--doubt", ink: "--doubt-ink" },
  waiting: { ground: "--wait", ink: "--wait-ink" },
  found: { ground: "--warn", ink: "--warn-ink" },
  unknown: { ground: "--wait", ink: "--wait-ink" },
  fixed: { ground: "--fixed", ink: "--fixed-ink" },
  clear: { ground: "--clear", ink: "--clear-ink" },
  skipped: { ground: "--quiet", ink: "--quiet-ink" },
};

/** A badge in its colours, and what is hidden while another outcome is chosen: this works without a script. */
function outcomeRules(outcome: Outcome): Markup {
  const { ground, ink } = COLOURS[outcome];
  return markup`.is-${outcome} { background: var(${ground}); color: var(${ink}); }
@media screen { body:has(#only-${outcome}:checked) [data-outcome]:not([data-outcome="${outcome}"]) { display: none; } }
`;
}

/** All of the page's style. */
export const STYLE = markup`${THEMES}${PAGE}${PARTS}
.is-any { background: var(--quiet); color: var(--ink); }
${Outcome.options.map(outcomeRules)}
@media screen {
  .unmatched { display: none; }
  body:not(:has(#every:checked)) .quiet { display: none; }
}
${PRINT}`;

/**
 * All of the page's script: a field that finds rows by their text, and closed parts that open for the printer where the style alone cannot
 * do it. Without it everything can still be read.
 */
export const SCRIPT = markup`
(function () {
  var box = document.getElementById("find"), told = document.getElementById("found");
  if (!box || !told) return;
  var rows = Array.prototype.slice.call(document.querySelectorAll("[data-row]"));
  var texts = rows.map(function (row) { return row.textContent.toLowerCase(); });
  box.closest(".search").hidden = false;
  box.addEventListener("input", function () {
    var wanted = box.value.trim().toLowerCase(), hosts = 0;
    rows.forEach(function (row, at) {
      var fits = texts[at].includes(wanted);
      row.classList.toggle("unmatched", !fits);
      hosts += Number(fits) * Number(row.dataset.row === "host");
    });
    told.textContent = wanted === "" ? "" : hosts + (hosts === 1 ? " host" : " hosts");
  });
  var opened = [];
  addEventListener("beforeprint", function () {
    opened = Array.prototype.slice.call(document.querySelectorAll("details:not([open])"));
    opened.forEach(function (part) { part.open = true; });
  });
  addEventListener("afterprint", function () {
    opened.forEach(function (part) { part.open = false; });
  });
})();
`;
