import { moment } from "../engine/words.ts";
import type { Outcome } from "../model/finding.ts";
import type { Output } from "../model/output.ts";
import { diffStyles } from "../view/diff.ts";
import { OUTCOME_LOOK } from "../view/words.ts";
import { excerptOf, LONGEST_LINE } from "./excerpt.ts";
import { lined, markup, type Content, type Markup } from "./markup.ts";

/** An outcome in sign, word and colour. */
export function badge(outcome: Outcome, more: Content = null): Markup {
  return markup`<span class="badge is-${outcome}">${mark(outcome)}${more}</span>`;
}

/** Sign and word alone. The sign says nothing more than the word does. */
export function mark(outcome: Outcome): Markup {
  const { sign, word } = OUTCOME_LOOK[outcome];
  return markup`<span class="sign" aria-hidden="true">${sign}</span> ${word}`;
}

/** A moment as a person reads it and as a program does. */
export function time(iso: string): Markup {
  return markup`<time datetime="${iso}">${moment(Date.parse(iso))}</time>`;
}

/** The time of a day, where the day is told elsewhere. */
export function clock(iso: string): Markup {
  return markup`<time datetime="${iso}">${iso.slice(11, 19)}</time>`;
}

/** Lines as they are. */
export function code(text: string): Markup {
  return markup`<pre>${lined(text.trimEnd(), LONGEST_LINE)}</pre>`;
}

/** What a script printed under a heading; nothing where it printed nothing. */
export function printed(label: string, output: Output): Markup | null {
  const text = excerptOf(output);
  return text === "" ? null : markup`<h5>${label}</h5>${code(text)}`;
}

const DIFF = { green: "add", red: "del", cyan: "hunk", bold: "strong" } as const;

/** What would change; a diff in its colours, beside its signs. */
export function diff(output: Output): Markup {
  const lines = excerptOf(output).split("\n");
  const styles = diffStyles(lines);
  const shown = lines.map((line, at) => {
    const style = styles[at] ?? null;
    const text = markup`${lined(line, LONGEST_LINE)}\n`;
    return style !== null && style in DIFF ? markup`<span class="${classOf(style)}">${text}</span>` : text;
  });
  return markup`<pre>${shown}</pre>`;
}

function classOf(style: string): string {
  return Object.entries(DIFF).find(([name]) => name === style)?.[1] ?? "";
}

/** Names and values, those without a value left out. */
export function facts(pairs: readonly (readonly [string, Content])[]): Markup {
  const told = pairs.filter(([, value]) => value !== null && value !== "");
  return markup`<dl class="facts">${told.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl>\n`;
}

/** A part of the page with its heading. */
export function section(id: string, title: string, body: Content): Markup {
  return markup`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>\n${body}</section>\n`;
}
