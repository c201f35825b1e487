import { documentOf } from "./fold.ts";
import { FORMS } from "./forms.ts";
import { metricsOf } from "./metrics.ts";

/** What draws the files that a run may leave at its end. Most runs leave none: it is loaded, together, where one is wanted. */
export const drawing = { documentOf, FORMS, metricsOf };
