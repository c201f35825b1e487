import { counted, duration } from "../view/words.ts";
import type { Health, HealthRating } from "./health.ts";
import { findings, gone, left, unknowns, waived } from "./health-html-sections.ts";
import { heatTables } from "./health-html-map.ts";
import { countsText, fleetText, scoreText, shareText } from "./health-looks.ts";
import { facts, section, time } from "./html-parts.ts";
import { starterWords } from "./fire.ts";
import { pageOf } from "./html-page.ts";
import { markup, type Markup } from "./markup.ts";

/** A check as one page of HTML that needs nothing else. */
export function healthHtml(health: Health): string {
  const { fleet } = health;
  const parts: readonly (readonly [id: string, title: string, body: Markup | null])[] = [
    ["findings", "What was found", findings(health)],
    ["unknown", "What could not be told", unknowns(health)],
    ["hosts", "Hosts and runbooks", heatTables(health)],
    ["ratings", "Groups and runbooks", ratings(health)],
    ["waived", "Waived", waived(health)],
    ["gone", "Gone since the last check", gone(health)],
    ["left", "Not checked", left(health)],
  ];
  const told = parts.flatMap(([id, title, body]) => (body === null ? [] : [{ id, title, body }]));
  const links = told.map(({ id, title }) => markup`<li><a href="#${id}">${title}</a></li>`);
  return pageOf(
    `Check of ${health.inventory}: ${scoreText(fleet.score)}`,
    markup`${headerOf(health)}<nav aria-label="Parts of this report"><ul>${links}</ul></nav>
<main>
${told.map(({ id, title, body }) => section(id, title, body))}</main>
<footer><p>Times are in UTC. What was secret is masked, and so are private columns. A host has 100 points; a step that found something takes some, by its severity. A group stands halfway between its mean and its worst host. What is unknown takes none, and lowers the confidence.</p></footer>`,
  );
}

function headerOf(health: Health): Markup {
  const { fleet, by, machine, schedule, startedAt, endedAt, hosts, runbooks } = health;
  const checked = runbooks.filter(({ run }) => run !== null).length;
  const who = starterWords({ by, machine, schedule });
  return markup`<header id="summary">
<span class="badge is-${scoreClass(fleet)}">${scoreWords(fleet)}</span>
<h1>Health of ${health.inventory}</h1>
<p>${counted(hosts.length, "host")}, ${counted(checked, "runbook")}: ${fleetText(health)}.</p>
${facts([
  ["Score", fleet.score === null ? "none: nothing could be judged" : `${fleet.score} of 100`],
  [
    "Confidence",
    fleet.confidence === null
      ? "nothing was to be judged"
      : `${shareText(fleet.confidence)} of what was to be judged could be`,
  ],
  ["Check", markup`<code>${health.check}</code>`],
  ["Started", markup`${time(startedAt)} by ${who}`],
  [
    "Ended",
    endedAt === null
      ? "not yet: what was not looked at is unknown"
      : markup`${time(endedAt)}, after ${duration(health.ms / 1000)}`,
  ],
])}</header>\n`;
}

function scoreWords({ score }: HealthRating): string {
  return score === null ? "no score" : `score ${score}`;
}

function scoreClass({ score }: HealthRating): string {
  if (score === null) return "unknown";
  return score === 100 ? "clear" : score >= 60 ? "found" : "failed";
}

function ratings({ groups, runbooks }: Health): Markup {
  const own = groups.map((one) => ({ kind: "group", name: one.group, hosts: one.hosts.length, rating: one }));
  const books = runbooks.filter(({ run }) => run !== null);
  const rows = [...own, ...books.map((one) => ({ kind: "runbook", name: one.runbook, hosts: one.hosts, rating: one }))];
  return markup`<div class="scroll"><table>
<caption>How well each is, by what was found there</caption>
<thead><tr><th scope="col">group or runbook</th><th scope="col" class="number">score</th><th scope="col" class="number">confidence</th><th scope="col" class="number">hosts</th><th scope="col">found</th></tr></thead>
<tbody>
${rows.map(
  ({ kind, name, hosts, rating }) =>
    markup`<tr><th scope="row">${name} <span class="soft">${kind}</span></th><td class="number">${scoreText(rating.score)}</td><td class="number">${shareText(rating.confidence)}</td><td class="number">${hosts}</td><td>${countsText(rating)}</td></tr>\n`,
)}</tbody></table></div>\n`;
}
