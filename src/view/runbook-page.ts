import type { Input, LoadedRunbook, Runbook, Step } from "../model/runbook.ts";
import { REBOOT_COMMANDS } from "../model/reboot.ts";
import { clean } from "./clean.ts";
import { paletteOf } from "./colour.ts";
import { barred, LABEL, labelled, type Prose } from "./margin.ts";
import { becomeWords, proofWords, rebootWords, rollbackWords, rolloutWords, timeoutWords } from "./step-words.ts";
import { wrapWords } from "./width.ts";
import { counted, duration, RISK_STYLE } from "./words.ts";

/** How a page is drawn: its width for prose, and where scripts are broken (at most the terminal's columns; nowhere in a file). */
export type PageDrawing = { readonly width: number; readonly scriptWidth: number; readonly colour: boolean };

type Draw = Prose & { readonly scriptWidth: number };

/** A runbook as a page to read: what it is about, what it takes, and what each step looks for and does. Scripts are never shortened. */
export function runbookPage(loaded: LoadedRunbook, drawing: PageDrawing): string[] {
  const { runbook } = loaded;
  const draw = { ...drawing, palette: paletteOf(drawing.colour), width: Math.max(40, drawing.width) };
  return [
    ...wrapWords(clean(runbook.title), draw.width).map((line) => draw.palette("bold", line)),
    "",
    ...head(loaded, draw),
    ...about(runbook, draw),
    ...inputs(runbook, draw),
    ...preparations(loaded, draw),
    ...runbook.steps.flatMap((step, index) => ["", ...stepLines(step, index, draw)]),
  ];
}

function head({ runbook, path, digest }: LoadedRunbook, draw: Draw): string[] {
  const { batches, max_failures: maxFailures, max_unknown: unknown, max_affected, soak, groups } = runbook.rollout;
  const rollout = `${rolloutWords({ batches, maxFailures, maxAffected: max_affected ?? null, soak: soak ?? 0, groups: groups ?? {} })}, nor while more than ${unknown} are unknown`;
  return [
    ...labelled("name", runbook.name, draw),
    ...labelled("file", path, draw),
    ...labelled("tags", runbook.tags.join(", "), draw),
    ...labelled("hosts", runbook.hosts, draw),
    ...labelled(
      "runs in",
      [runbook.shell ?? "sh", becomeWords(runbook.become)].filter((word) => word !== "").join(", "),
      draw,
    ),
    ...labelled("rollout", rollout, draw),
    ...labelled(
      "files",
      [...(runbook.functions === undefined ? [] : [runbook.functions]), ...runbook.files].join(", "),
      draw,
    ),
    ...labelled("digest", digest.slice(0, 16), draw),
  ];
}

function about({ about: text = "", references }: Runbook, draw: Draw): string[] {
  // Lines are broken where the page ends, not where the file's did; what is indented is left alone.
  const paragraphs = text.trimEnd().split(/\n\s*\n/);
  const prose = paragraphs.flatMap((paragraph) => {
    const lines = /^[ \t]/m.test(paragraph) ? paragraph.split("\n") : [paragraph.replaceAll("\n", " ")];
    return ["", ...lines.flatMap((line) => wrapWords(clean(line), draw.width))];
  });
  const links = references.map((reference) => clean(reference));
  return [...(text === "" ? [] : prose), ...(links.length === 0 ? [] : ["", ...links])];
}

function inputs(runbook: Runbook, draw: Draw): string[] {
  const entries = Object.entries(runbook.inputs);
  const indent = Math.max(LABEL, ...entries.map(([name]) => name.length + 3));
  const lines = entries.flatMap(([name, input]) => [
    ...labelled(`$${name}`, facts(input), draw, { indent }),
    ...labelled("", input.about ?? "", draw, { indent }),
  ]);
  return lines.length === 0 ? [] : ["", ...lines];
}

function facts(input: Input): string {
  const given = input.default === undefined ? "must be given" : `default ${input.default}`;
  return [input.type, given, limits(input), input.secret ? "secret" : ""].filter((word) => word !== "").join(", ");
}

function limits(input: Input): string {
  if (input.type === "choice") return `one of ${input.choices.join(", ")}`;
  if (input.type === "string") return input.pattern === undefined ? "" : `matches ${input.pattern}`;
  if (input.type === "boolean") return "";
  const { min, max } = input;
  if (min !== undefined && max !== undefined) return `${min} to ${max}`;
  return min !== undefined ? `at least ${min}` : max !== undefined ? `at most ${max}` : "";
}

function preparations({ runbook, functions }: LoadedRunbook, draw: Draw): string[] {
  const lines = [
    ...script(
      "applies",
      "exit 0: the host is concerned; exit 1: it is not, and stdout says why",
      runbook.applies,
      draw,
    ),
    ...Object.entries(runbook.facts).flatMap(([name, text]) => script("fact", `$${name}`, text, draw)),
    ...script("functions", "put before every script", functions === "" ? undefined : functions, draw),
  ];
  return lines.length === 0 ? [] : ["", ...lines];
}

function stepLines(step: Step, index: number, draw: Draw): string[] {
  const title = `${index + 1}. ${step.id}: ${step.title ?? step.id}`;
  return [
    ...wrapWords(clean(title), draw.width).map((line) => draw.palette("bold", line)),
    ...labelled("severity", [step.severity, ...traits(step)].join(", "), draw),
    ...script("applies", "to which hosts this step applies", step.applies, draw),
    ...labelled("finds", finds(step), draw),
    ...script("detect", `read-only, at most ${duration(step.detect.timeout)}`, step.detect.run, draw),
    ...fixLines(step, draw),
  ];
}

function traits(step: Step): string[] {
  return [
    step.on === "controller" ? "runs on this machine, not on the host" : "",
    step.independent ? "independent of the steps before it" : "",
    step.shell ?? "",
    becomeWords(step.become),
  ].filter((word) => word !== "");
}

function finds({ detect }: Step): string {
  const columns = Object.entries(detect.findings ?? {}).map(([name, { type }]) => `${name} (${type})`);
  const what = columns.length === 0 ? "one message a line" : columns.join(", ");
  const key = detect.key === undefined ? "" : `; ${detect.key.join(" and ")} tell one from another`;
  const { times, runs, apart } = detect.confirm ?? {};
  const often = times === undefined ? "" : `; seen ${times} times in a row`;
  const near = apart === undefined ? "" : `, ${duration(apart)} apart or more`;
  return `${what}${key}${often}${runs === undefined ? "" : `; seen in ${counted(runs, "run")} in a row${near}`}`;
}

function fixLines(step: Step, draw: Draw): string[] {
  const { fix, rollback, verify } = step;
  if (fix === undefined) return labelled("fix", "none: this step only reports", draw);
  const each = fix.per === "host" ? "once for the host" : "once for each finding";
  return [
    ...labelled("fix", fix.summary ?? "", draw),
    ...labelled("risk", fix.risk === "high" ? "HIGH" : fix.risk, draw, {
      style: (text) => draw.palette(RISK_STYLE[fix.risk], text),
    }),
    ...script("preview", "read-only: what would change", fix.preview, draw),
    ...script("guard", "read-only, right before each fix: it may defer it", fix.guard, draw),
    ...script("run", `${each}, ${timeoutWords(fix, rollback)}`, fix.run, draw),
    ...(fix.reboot === undefined ? [] : script("reboot", rebootWords(fix), REBOOT_COMMANDS.join(" || "), draw)),
    ...script("to do", "by a person", fix.manual, draw),
    ...labelled("verify", proofWords(verify) ?? "none", draw),
    ...script("", "and this must exit 0", verify === false ? undefined : verify?.run, draw),
    ...script("rollback", rollback === undefined ? "" : rollbackWords(rollback), rollback?.run, draw),
  ];
}

function script(label: string, words: string, text: string | undefined, draw: Draw): string[] {
  if (text === undefined) return [];
  const lines = clean(text.trimEnd(), { lines: true }).split("\n");
  return [...labelled(label, words, draw), ...barred(lines, { ...draw, width: draw.scriptWidth })];
}
