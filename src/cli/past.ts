/** Earlier fixes are shown on cards for this long, in ms: 90 days. */
export const PAST = 90 * 24 * 3600 * 1000;
