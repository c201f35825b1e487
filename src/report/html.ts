import { compatWords, usedOn } from "../view/compat.ts";
import { counted, duration, OUTCOME_LOOK } from "../view/words.ts";
import type { RunDocument } from "./document.ts";
import { findings } from "./html-case.ts";
import { countsWords, heatMap } from "./html-map.ts";
import { badge, facts, section, time } from "./html-parts.ts";
import { policies, rollout, timeline, troubles, waivers } from "./html-sections.ts";
import { starterWords } from "./fire.ts";
import { pageOf } from "./html-page.ts";
import { markup, type Markup } from "./markup.ts";

/** A run as one page of HTML that needs nothing else: no network, no fonts, and its script only for a search. */
export function htmlOf(document: RunDocument): string {
  const { runbook, outcome } = document;
  return pageOf(
    `${runbook.title}: ${OUTCOME_LOOK[outcome].word}`,
    markup`${headerOf(document)}${contents(document)}<main>
${troubles(document)}${section("hosts", "Hosts and steps", heatMap(document))}${findings(document)}${timeline(document)}${rollout(document)}${policies(document)}${waivers(document)}</main>
<footer><p>Times are in UTC. What was secret is masked, and so are private columns. The digest of the runbook is <code>${runbook.digest}</code>.</p></footer>`,
  );
}

function headerOf(document: RunDocument): Markup {
  const { runbook, startedAt, endedAt, lastAt } = document;
  const ended = endedAt ?? lastAt;
  const took = duration((Date.parse(ended) - Date.parse(startedAt)) / 1000);
  const who = starterWords(document);
  const inputs = Object.entries(document.inputs).map(
    ([name, value]) => markup`<li><code>${name}</code> = <code>${value}</code></li>`,
  );
  return markup`<header id="summary">
${badge(document.outcome)}
<h1>${runbook.title}</h1>
<p>${document.dryRun ? "Dry run, nothing was changed: " : ""}${counted(document.hosts.length, "host")}: ${countsWords(document)}.</p>
${facts([
  ["Runbook", markup`${runbook.name} <span class="soft">(${runbook.path})</span>`],
  ["Run", markup`<code>${document.run}</code>`],
  ["Started", markup`${time(startedAt)} by ${who}`],
  [
    "Ended",
    endedAt === null ? markup`not yet; this is how it stood at ${time(lastAt)}` : markup`${time(ended)}, after ${took}`,
  ],
  ["Exit code", document.exit],
  ["Hosts of", document.inventory],
  [
    "Without asking",
    document.approve === "none" ? "nothing" : `fixes of up to ${document.approve} risk, where policy allows it`,
  ],
  ["Note", compatWords(document.compat)],
  ["Note", usedOn(document.hosts)],
  ["Inputs", inputs.length === 0 ? null : markup`<ul class="plain">${inputs}</ul>`],
])}</header>\n`;
}

function contents(document: RunDocument): Markup {
  const parts = [
    ...(document.troubles.length > 0 ? [["troubles", "What is not well"]] : []),
    ["hosts", "Hosts and steps"],
    ["findings", "Findings"],
    ["timeline", "Timeline"],
    ...(document.batches.length > 0 ? [["rollout", "Rollout"]] : []),
    ...(document.policies.length > 0 ? [["policies", "Policies"]] : []),
    ...(document.waivers.length > 0 ? [["waivers", "Waivers"]] : []),
  ];
  const links = parts.map(([id = "", title = ""]) => markup`<li><a href="#${id}">${title}</a></li>`);
  return markup`<nav aria-label="Parts of this report"><ul>${links}</ul></nav>\n`;
}
