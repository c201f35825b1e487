import type { Fault } from "../model/fault.ts";

const MOMENT = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?))?\s*(Z|[+-]\d{2}:\d{2})?$/;

/** A point in time in ms since the epoch; without a zone by the clock of this machine. */
export function momentOf(text: string, where: string): number | Fault {
  const [, year, month, day, time = "00:00", zone = ""] = MOMENT.exec(text.trim()) ?? [];
  const at = Date.parse(`${year}-${month}-${day}T${time}${zone}`);
  // JavaScript takes the 31st of any month.
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (!Number.isNaN(at) && Number(day) <= days)
    return Number(year) < 1970 || Number(year) > 2999 ? beyond(text, where) : at;
  const hint = "for instance 2026-11-03T22:00, or with a zone 2026-11-03T22:00+01:00";
  return { kind: "usage", where, message: `\`${text}\` is no point in time`, hint };
}

/** Clocks of zones are not known so far away, nor do expressions name anything there: it is a slip of the pen. */
function beyond(text: string, where: string): Fault {
  const message = `\`${text}\` lies outside of the years 1970 to 2999`;
  return { kind: "usage", where, message, hint: "look at the year" };
}
