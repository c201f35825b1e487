import type { RunDocument } from "./document.ts";
import { htmlOf } from "./html.ts";
import { jsonText } from "./json.ts";
import { junitOf } from "./junit.ts";

/** The forms of a report, by the endings of their files. */
export type Form = ".html" | ".xml" | ".json";

/** What draws each. */
export const FORMS: Readonly<Record<Form, (document: RunDocument) => string>> = {
  ".html": htmlOf,
  ".xml": junitOf,
  ".json": (document) => `${jsonText(document, "page")}\n`,
};
