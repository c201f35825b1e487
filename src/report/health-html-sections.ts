import { evidenceOf } from "../view/evidence.ts";
import { foldHosts } from "../view/hosts.ts";
import { counted } from "../view/words.ts";
import type { Health, HealthFinding } from "./health.ts";
import { lookBadge } from "./health-html-map.ts";
import { time } from "./html-parts.ts";
import { markup, type Markup } from "./markup.ts";

/** So many rows of a step's findings are told; the JSON report has all. */
const MOST = 200;

/** Step by step, the worst first; findings that read alike on several hosts in one row. */
export function findings({ findings: all }: Health): Markup | null {
  const found = all.filter(({ waiver }) => waiver === null);
  if (found.length === 0) return null;
  const steps = [...Map.groupBy(found, ({ runbook, step }) => `${runbook} ${step}`).values()];
  return markup`${steps.map(stepOf)}`;
}

function stepOf(own: readonly HealthFinding[]): Markup {
  const [first] = own;
  if (first === undefined) return markup``;
  const groups = [...Map.groupBy(own, (one) => JSON.stringify([evidenceOf(one, [one]), one.change])).values()];
  const shown = groups.slice(0, MOST);
  const more =
    groups.length > MOST
      ? markup`<p>… and ${counted(groups.length - MOST, "more row")}; the JSON report has them</p>`
      : null;
  return markup`<h3>${lookBadge(first.severity, "")} ${first.runbook}, ${first.step}</h3>
<p class="soft">${first.title}; ${counted(own.length, "finding")}</p>
<div class="scroll"><table class="evidence"><caption>Findings of ${first.runbook}, ${first.step}</caption><thead><tr><th scope="col">hosts</th><th scope="col">what</th><th scope="col">compared with the last check</th><th scope="col">first found</th></tr></thead>
<tbody>
${shown.map(rowOf)}</tbody></table></div>${more}\n`;
}

const CHANGES = { new: "new", still: "still there", first: "first check" } as const;

function rowOf(group: readonly HealthFinding[]): Markup {
  const [first] = group;
  if (first === undefined) return markup``;
  const since = group.map((one) => one.since).toSorted()[0] ?? first.since;
  const hosts = [...new Set(group.map(({ host }) => host))];
  return markup`<tr data-row="finding"><th scope="row">${foldHosts(hosts, 20)}</th><td>${evidenceOf(first, [first])}</td><td>${CHANGES[first.change]}</td><td class="time">${time(since)}</td></tr>\n`;
}

/** Hosts with one reason together. */
export function unknowns({ unknowns: all }: Health): Markup | null {
  if (all.length === 0) return null;
  const items = all.map(({ runbook, step, reason, hint, hosts }) => {
    const what = runbook === null ? "" : `${runbook}${step === null ? "" : `, ${step}`}: `;
    const advice = hint === null ? null : markup`<br><span class="soft">${hint}</span>`;
    return markup`<li>${lookBadge("unknown", "")} <strong>${foldHosts(hosts, 8)}</strong> ${what}${reason}${advice}</li>\n`;
  });
  return markup`<ul class="plain">${items}</ul>\n`;
}

/** What is accepted as it is. */
export function waived({ findings: all }: Health): Markup | null {
  const rows = all.flatMap((one) =>
    one.waiver === null
      ? []
      : [
          markup`<tr><th scope="row">${one.host}</th><td>${one.runbook}, ${one.step}</td><td>${evidenceOf(one, [one])}</td><td class="time">${time(one.waiver.until)}</td><td>${one.waiver.by}</td><td>${one.waiver.reason}</td></tr>\n`,
        ],
  );
  if (rows.length === 0) return null;
  return markup`<div class="scroll"><table><caption>${counted(rows.length, "finding")} that count for nothing</caption><thead><tr><th scope="col">host</th><th scope="col">step</th><th scope="col">finding</th><th scope="col">until</th><th scope="col">by</th><th scope="col">reason</th></tr></thead>
<tbody>
${rows}</tbody></table></div>\n`;
}

/** What an earlier check had found. */
export function gone({ gone: all }: Health): Markup | null {
  if (all.length === 0) return null;
  const rows = all.map(
    (one) =>
      markup`<tr><th scope="row">${one.host}</th><td>${one.runbook}, ${one.step}</td><td>${one.what}</td><td class="time">${time(one.since)}</td></tr>\n`,
  );
  return markup`<div class="scroll"><table><caption>${counted(rows.length, "finding")} no longer there</caption><thead><tr><th scope="col">host</th><th scope="col">step</th><th scope="col">finding</th><th scope="col">first found</th></tr></thead>
<tbody>
${rows}</tbody></table></div>\n`;
}

/** Runbooks of which nothing is known. */
export function left({ runbooks }: Health): Markup | null {
  const items = runbooks.flatMap(({ runbook, left: why, run }) => {
    if (run !== null) return [];
    const reason = why === null ? "concerned with none of these hosts" : why.reason;
    const hint = why?.hint ?? null;
    return [
      markup`<li><strong>${runbook}</strong>: ${reason}${hint === null ? null : markup` <code>${hint}</code>`}</li>\n`,
    ];
  });
  return items.length === 0 ? null : markup`<ul class="plain">${items}</ul>\n`;
}
