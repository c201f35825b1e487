import type { Input, LoadedRunbook, Runbook, Step } from "../model/runbook.ts";
import { clean } from "./clean.ts";
import { paletteOf, type Palette, type Style } from "./colour.ts";
import { wrap, wrapWords } from "./width.ts";
import { counted, duration, RISK_STYLE } from "./words.ts";

/** How a page is drawn: its width for prose, and where scripts are broken (at most the terminal's columns; nowhere in a file). */
export type PageDrawing = { readonly width: number; readonly scriptWidth: number; readonly colour: boolean };

type Draw = { readonly palette: Palette; readonly width: number; readonly scriptWidth: number };

const LABEL = 10;
const BAR = "  │ ";
/** Marks what did not fit on the line above it. */
const BAR_ON = "  ┆ ";

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
  const { batches, max_failures: failures, max_unknown: unknown } = runbook.rollout;
  const rollout = `batches of ${batches.join(", ")} of the hosts that need a fix; no new fix after ${counted(failures, "failed host")}, nor while more than ${unknown} are unknown`;
  return [
    ...labelled("name", runbook.name, draw),
    ...labelled("file", path, draw),
    ...labelled("tags", runbook.tags.join(", "), draw),
    ...labelled("hosts", runbook.hosts, draw),
    ...labelled(
      "runs in",
      [runbook.shell ?? "sh", becoming(runbook.become)].filter((word) => word !== "").join(", "),
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

function becoming(become: boolean | string | undefined): string {
  if (become === undefined) return "";
  if (become === true) return "as root";
  return become === false ? "as the login user" : `as ${become}`;
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
    ...labelled(`$${name}`, facts(input), draw, indent),
    ...labelled("", input.about ?? "", draw, indent),
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
    becoming(step.become),
  ].filter((word) => word !== "");
}

function finds({ detect }: Step): string {
  const columns = Object.entries(detect.findings ?? {}).map(([name, { type }]) => `${name} (${type})`);
  const what = columns.length === 0 ? "one message a line" : columns.join(", ");
  const key = detect.key === undefined ? "" : `; ${detect.key.join(" and ")} tell one from another`;
  const times = detect.confirm?.times;
  return `${what}${key}${times === undefined ? "" : `; seen ${times} times in a row`}`;
}

function fixLines(step: Step, draw: Draw): string[] {
  const { fix, rollback, verify } = step;
  if (fix === undefined) return labelled("fix", "none: this step only reports", draw);
  const each = fix.per === "host" ? "once for the host" : "once for each finding";
  const late = fix.on_timeout === "kill" ? "then it is ended" : "then it is left running and the step is in doubt";
  const proof = `what was fixed must be gone within ${duration(verify === false ? 0 : (verify?.within ?? 60))}`;
  const how = `${each}, at most ${duration(fix.timeout)}, ${late}`;
  return [
    ...labelled("fix", fix.summary ?? "", draw),
    ...labelled("risk", fix.risk === "high" ? "HIGH" : fix.risk, draw, LABEL, RISK_STYLE[fix.risk]),
    ...script("preview", "read-only: what would change", fix.preview, draw),
    ...script("guard", "read-only, right before each fix: it may put the fix off", fix.guard, draw),
    ...script("run", how, fix.run, draw),
    ...script("to do", "by a person", fix.manual, draw),
    ...(verify === false ? labelled("verify", "none", draw) : labelled("verify", proof, draw)),
    ...script("", "and this must exit 0", verify === false ? undefined : verify?.run, draw),
    ...script("rollback", "when the fix or its verification has failed", rollback?.run, draw),
  ];
}

function labelled(label: string, text: string, draw: Draw, indent = LABEL, style?: Style): string[] {
  if (text === "") return [];
  return wrapWords(clean(text), draw.width - indent).map((line, index) => {
    const lead = draw.palette("dim", (index === 0 ? label : "").padEnd(indent));
    return lead + (style === undefined ? line : draw.palette(style, line));
  });
}

function script(label: string, words: string, text: string | undefined, draw: Draw): string[] {
  if (text === undefined) return [];
  const lines = clean(text.trimEnd(), { lines: true }).split("\n");
  const barred = lines.flatMap((line) =>
    wrap(line, draw.scriptWidth - BAR.length).map(
      (part, index) => draw.palette("dim", index === 0 ? BAR : BAR_ON) + part,
    ),
  );
  return [...labelled(label, words, draw), ...barred];
}
