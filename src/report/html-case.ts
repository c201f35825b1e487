import type { Outcome } from "../model/finding.ts";
import type { ColumnType } from "../model/runbook.ts";
import { cellWords, counted, duration, shortDigest } from "../view/words.ts";
import type { DocumentAct, DocumentCell, DocumentHost, DocumentStep, RunDocument } from "./document.ts";
import { decisionLine, permissionWords } from "./html-decision.ts";
import { caseId, isTold, ranked } from "./html-map.ts";
import { badge, clock, code, diff, facts, printed, section, time } from "./html-parts.ts";
import { markup, type Content, type Markup } from "./markup.ts";

/** What is settled and well stays closed until somebody asks. */
const CLOSED: ReadonlySet<Outcome> = new Set(["fixed", "clear", "skipped"]);

/** So many stories are open at first. */
const OPEN_CASES = 20;

/** Step by step: what it is about, its scripts, and the story of every host that has one. */
export function findings(document: RunDocument): Markup {
  let open = 0;
  const hosts = ranked(document);
  const steps = document.steps.map((step, place) => {
    const told = hosts.flatMap(({ host, at }) => {
      const cell = host.steps[place];
      if (cell === undefined || !isTold(cell)) return [];
      open += CLOSED.has(cell.outcome) ? 0 : 1;
      return [caseOf(host, cell, step, { id: caseId(at, place), open: open <= OPEN_CASES })];
    });
    const clear = hosts.every(({ host }) => host.steps[place]?.outcome === "clear");
    const words = clear ? "Nothing was found on any host." : "There is no more to say than the table above does.";
    const nothing = told.length === 0 ? markup`<p class="soft">${words}</p>\n` : null;
    return markup`<h3>${step.title}</h3>
<p class="soft">${aboutStep(step)}</p>
${scriptsOf(step, document.runbook)}${told}${nothing}`;
  });
  const { functions, files } = document;
  const shared =
    functions === ""
      ? null
      : markup`<details><summary><h3>Functions, put before every script of this runbook</h3></summary><div class="body">${code(functions)}</div></details>\n`;
  const sent = files.length === 0 ? null : markup`<p class="soft">Files sent along: ${files.join(", ")}</p>\n`;
  return section("findings", "Findings", [steps, shared, sent]);
}

function aboutStep({ step, severity, on, fix }: DocumentStep): string {
  const place = on === "controller" ? ", run on the machine that ran this" : "";
  const remedy =
    fix === null ? "no fix: it only reports" : `fix of ${fix.risk} risk, once per ${fix.per}: ${fix.summary}`;
  return `${step}, ${severity}${place}; ${remedy}${fix?.selected === false ? " (not chosen in this run)" : ""}`;
}

/** The story of one step on one host: evidence, preview, values, decisions, what was done and what came of it. */
function caseOf(
  host: DocumentHost,
  cell: DocumentCell,
  step: DocumentStep,
  page: { id: string; open: boolean },
): Markup {
  const open = page.open && !CLOSED.has(cell.outcome) ? markup` open` : null;
  const found =
    cell.findings.length === 0 ? null : markup` <span class="soft">${counted(cell.findings.length, "finding")}</span>`;
  const reason = cell.reason === "" ? null : markup` ${cell.reason}`;
  return markup`<details id="${page.id}" data-row="case" data-outcome="${host.outcome}"${open}>
<summary>${badge(cell.outcome)}<h4>${host.host}</h4>${reason}${found}</summary>
<div class="body">
${storyOf(host, cell, step)}</div></details>\n`;
}

function storyOf(host: DocumentHost, cell: DocumentCell, step: DocumentStep): Content {
  const unclear = cell.unclear ?? host.unclear;
  const { hint } = cell;
  return [
    hint === null ? null : markup`<p>${hint}</p>\n`,
    unclear === null ? null : printed("What was printed", unclear),
    evidence(cell, step),
    cell.preview === null ? null : previewOf(cell.preview),
    cell.values.length === 0 ? null : valuesOf(cell.values),
    cell.decisions.length === 0
      ? null
      : markup`<h5>Decisions</h5><ol class="plain">${cell.decisions.map((one) => decisionLine(one, cell))}</ol>\n`,
    cell.permission === null ? null : markup`<h5>What held</h5><p>${permissionWords(cell.permission)}</p>\n`,
    cell.deferred === null ? null : markup`<h5>Guard</h5><p>Put off: ${cell.deferred}</p>\n`,
    ...cell.fixes.map((fix) => actOf("Fix", fix)),
    ...cell.verifications.map(verificationOf),
    cell.rollback === null ? null : actOf("Rollback", cell.rollback),
  ];
}

const STATES = { there: "still there", gone: "gone by itself", fixed: "fixed", waived: "waived" } as const;

/** Numbers stand at the right. */
function side(type: ColumnType): Markup | null {
  return type === "string" || type === "boolean" ? null : markup` class="number"`;
}

function evidence({ findings, looks }: DocumentCell, { columns }: DocumentStep): Markup | null {
  if (findings.length === 0) return null;
  const heads = columns.map(({ name, type }) => markup`<th scope="col"${side(type)}>${name}</th>`);
  const rows = findings.map(
    ({ finding, values, state, lastAt }) =>
      markup`<tr><th scope="row">${finding}</th>${columns.map(
        ({ name, type }) => markup`<td${side(type)}>${cellWords(values[name] ?? null, type)}</td>`,
      )}<td>${STATES[state]}</td><td class="time">${clock(lastAt)}</td></tr>\n`,
  );
  return markup`<h5>Evidence, from ${counted(looks, "look")}</h5>
<div class="scroll" role="region" aria-label="Evidence" tabindex="0"><table class="evidence"><thead><tr><th scope="col">no.</th>${heads}<th scope="col">now</th><th scope="col">last seen (UTC)</th></tr></thead>
<tbody>${rows}</tbody></table></div>\n`;
}

function previewOf({ output, failed }: NonNullable<DocumentCell["preview"]>): Markup {
  const said = failed === null ? null : markup`<p>It failed: ${failed}</p>`;
  return markup`<h5>Preview</h5>${said}${diff(output)}\n`;
}

function valuesOf(values: DocumentCell["values"]): Markup {
  const pairs = values.map(({ name, from, text }): [string, Content] => [
    `$${name}`,
    markup`<code>${text}</code>${from === "fact" ? " (fact)" : ""}`,
  ]);
  return markup`<h5>Values</h5>${facts(pairs)}`;
}

function actOf(what: "Fix" | "Rollback", act: DocumentAct): Markup {
  const whom = act.finding === null ? "" : ` of finding ${act.finding}`;
  return markup`<h5>${what}${whom}</h5><p>Began ${time(act.startedAt)}; ${endOf(act)}</p>
${printed("Printed on stdout", act.stdout)}${printed("Printed on stderr", act.stderr)}\n`;
}

function endOf({ end, exit, ms, reason }: DocumentAct): string {
  switch (end) {
    case "exited":
      return `exited ${exit} after ${duration(ms / 1000)}.`;
    case "timed-out":
      return `was ended after its time, ${duration(ms / 1000)}.`;
    case "running":
      return "its end is not on record.";
    case "lost":
      return `how it ended is not known: ${reason}`;
    case "refused":
      return `nothing was begun: ${reason}`;
    case "rebooted":
      return `the host was back after ${duration(ms / 1000)}: ${reason}.`;
    case "failed":
      return `failed after ${duration(ms / 1000)}: ${reason}`;
  }
}

function verificationOf({ at, ok, reason, looks, ms }: DocumentCell["verifications"][number]): Markup {
  const words = `after ${counted(looks, "look")} (${duration(ms / 1000)})`;
  const how = ok ? `Verified ${words}: it is gone.` : `Not verified ${words}: ${reason}`;
  return markup`<h5>Verification</h5><p>${time(at)}: ${how}</p>\n`;
}

const ROLES = {
  applies: "Applies",
  detect: "Detect",
  preview: "Preview",
  guard: "Guard",
  fix: "Fix",
  reboot: "Reboot",
  manual: "To be done by a person",
  verify: "Verify",
  rollback: "Rollback",
} as const;

/** The exact scripts of a step, as they were when the run was made. */
function scriptsOf({ scripts }: DocumentStep, runbook: { readonly path: string; readonly digest: string }): Markup {
  if (scripts === null)
    return markup`<p class="soft">The record of this run does not have the text of its scripts.</p>\n`;
  const texts = scripts.map(({ role, text }) => markup`<h5>${ROLES[role]}</h5>${code(text)}`);
  return markup`<details><summary><h4>Scripts, exactly as they ran</h4> <span class="soft">(${runbook.path}, ${shortDigest(runbook.digest)})</span></summary>
<div class="body">${texts}</div></details>\n`;
}
