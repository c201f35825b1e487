import { clean } from "../view/clean.ts";

const MARKUP = Symbol("markup");

/** The longest text that is told whole; the JSON report has all of it. */
const LONGEST = 4000;

/** Text that is markup already, of HTML or XML: only the template below makes it. */
export type Markup = { readonly [MARKUP]: string };

/** What may stand in a template. Strings are texts, never markup: they are cleaned, cut where they are endless, and escaped. */
export type Content = Markup | string | number | null | readonly Content[];

/**
 * HTML or XML from a template: what is written in it is markup, and what is put into it is text, unless it was made here too. So nothing
 * that a host printed can become markup. Values of attributes must stand in double quotes.
 */
export function markup(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  let text = "";
  for (const [at, part] of parts.entries()) text += part + rendered(values[at] ?? null);
  return { [MARKUP]: text };
}

/** Text whose lines are kept, each at most `max` columns wide. */
export function lined(text: string, max?: number): Markup {
  return { [MARKUP]: escaped(clean(text, { lines: true, ...(max === undefined ? {} : { max }) })) };
}

/** Text on one line, at most `max` columns wide. */
export function cut(text: string, max: number): Markup {
  return { [MARKUP]: escaped(clean(shortened(text), { max })) };
}

/** What comes after is not even looked at: some texts are a megabyte. */
function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** The finished page. */
export function textOf(page: Markup): string {
  return page[MARKUP];
}

function rendered(value: Content): string {
  if (value === null) return "";
  if (typeof value === "string") return escaped(clean(shortened(value)));
  if (typeof value === "number") return String(value);
  return MARKUP in value ? value[MARKUP] : value.map(rendered).join("");
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** The same in HTML and XML, in text and in a quoted attribute; without `>` there is no `]]>` either. */
function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}
