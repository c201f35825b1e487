import { foldHosts } from "../view/hosts.ts";
import { counted } from "../view/words.ts";
import type { Moment, RunDocument } from "./document.ts";
import { badge, clock, section, time } from "./html-parts.ts";
import { markup, type Content, type Markup } from "./markup.ts";

/** What is not well in few lines, the worst first. */
export function troubles(document: RunDocument): Markup | null {
  if (document.troubles.length === 0) return null;
  const items = document.troubles.map(({ outcome, step, reason, hosts }) => {
    const where = [foldHosts(hosts, 8), ...(step === null ? [] : [step])].join(", ");
    return markup`<li>${badge(outcome)} <strong>${where}</strong>${reason === "" ? "" : `: ${reason}`}</li>\n`;
  });
  return section("troubles", "What is not well", markup`<ul class="plain">${items}</ul>\n`);
}

/** What happened, event by event. Those that only say that all is well are shown when they are asked for, and on paper. */
export function timeline({ timeline: moments, startedAt }: RunDocument): Markup {
  const quiet = moments.filter((moment) => moment.quiet).length;
  const loud = moments.length - quiet;
  const toggle =
    quiet === 0
      ? null
      : markup`<p class="toggle"><label><input type="checkbox" id="every"> also the ${counted(quiet, "event")} that only ${quiet === 1 ? "says" : "say"} that all is well</label></p>\n`;
  const rows = moments.map((moment, at) => row(moment, moments[at - 1]?.at ?? null));
  return section(
    "timeline",
    "Timeline",
    markup`${toggle}<div class="scroll tall" role="region" aria-label="Timeline" tabindex="0"><table class="events">
<caption>${counted(loud, "event")}, from ${time(startedAt)}</caption>
<thead><tr><th scope="col">time (UTC)</th><th scope="col">host</th><th scope="col">step</th><th scope="col">what happened</th></tr></thead>
<tbody>
${rows}</tbody></table></div>\n`,
  );
}

/** The day is told where it changes. */
function row({ at, host, step, text, quiet }: Moment, before: string | null): Markup {
  const when = before !== null && before.slice(0, 10) === at.slice(0, 10) ? clock(at) : time(at);
  const look = quiet ? markup` class="quiet"` : null;
  return markup`<tr data-row="event"${look}><td class="time">${when}</td><td>${host ?? ""}</td><td>${step ?? ""}</td><td>${text}</td></tr>\n`;
}

/** How fixes spread over the fleet. */
export function rollout({ batches, hosts, rollout: rules }: RunDocument): Markup | null {
  if (batches.length === 0) return null;
  const outcomes = new Map(hosts.map(({ host, outcome }) => [host, outcome]));
  const rows = batches.map((batch) => {
    const names = [...Map.groupBy(batch.hosts, (name) => outcomes.get(name) ?? "unknown")];
    const told = names.map(([outcome, list]) => markup`<li>${badge(outcome)} ${foldHosts(list, 20)}</li>`);
    return markup`<tr><th scope="row">${batch.batch}</th><td class="number">${batch.hosts.length}</td><td><ul class="plain">${told}</ul></td></tr>\n`;
  });
  const rule = `Batches of ${rules.batches.join(", ")}; no new fix after ${counted(rules.maxFailures, "failed host")}.`;
  return section(
    "rollout",
    "Rollout",
    markup`<p>${rule}</p>
<div class="scroll"><table><thead><tr><th scope="col">batch</th><th scope="col" class="number">hosts</th><th scope="col">how they ended</th></tr></thead>
<tbody>${rows}</tbody></table></div>\n`,
  );
}

/** The policies that could matter to the run. What held for one fix stands with it. */
export function policies(document: RunDocument): Markup | null {
  if (document.policies.length === 0) return null;
  const all = document.policies.map(({ source, signers, rules }) => {
    const rows = rules.map(
      (rule) =>
        markup`<tr><th scope="row">${rule.rule}</th><td>${rule.approve}</td><td>${rule.reason}</td><td><code>${rule.where}</code></td></tr>\n`,
    );
    const who = signers === null ? null : markup`<p>Who may sign: <code>${signers}</code></p>`;
    const none: Content =
      rules.length === 0 ? markup`<p>None of its rules is about this run, so a person was asked.</p>` : null;
    const table = markup`<div class="scroll"><table><thead><tr><th scope="col">rule</th><th scope="col">says</th><th scope="col">reason</th><th scope="col">where</th></tr></thead><tbody>${rows}</tbody></table></div>`;
    return markup`<h3><code>${source}</code></h3>${who}${none ?? table}\n`;
  });
  return section("policies", "Policies", all);
}

/** Findings that were accepted as they are for some time. */
export function waivers(document: RunDocument): Markup | null {
  if (document.waivers.length === 0) return null;
  const rows = document.waivers.map(
    (waiver) =>
      markup`<tr><th scope="row">${waiver.host}</th><td>${waiver.step}</td><td>${waiver.what}</td><td class="time">${time(waiver.until)}</td><td>${waiver.by}${waiver.inThisRun ? "" : " (before this run)"}</td><td>${waiver.reason}</td></tr>\n`,
  );
  return section(
    "waivers",
    "Waivers",
    markup`<div class="scroll"><table><thead><tr><th scope="col">host</th><th scope="col">step</th><th scope="col">finding</th><th scope="col">until</th><th scope="col">by</th><th scope="col">reason</th></tr></thead>
<tbody>${rows}</tbody></table></div>\n`,
  );
}
