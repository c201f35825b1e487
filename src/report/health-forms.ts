import type { Form } from "./forms.ts";
import { healthHtml } from "./health-html.ts";
import { healthJunit } from "./health-junit.ts";
import type { Health } from "./health.ts";
import { jsonText } from "./json.ts";

/** What draws each form of a check's report. */
export const HEALTH_FORMS: Readonly<Record<Form, (health: Health) => string>> = {
  ".html": healthHtml,
  ".xml": healthJunit,
  ".json": (health) => `${jsonText(health, "page")}\n`,
};
