/** What draws the files that a run may leave at its end. Most runs leave none: it is loaded, together, where one is wanted. */
export { documentOf } from "./fold.ts";
export { FORMS } from "./forms.ts";
export { metricsOf } from "./metrics.ts";
