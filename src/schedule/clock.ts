/** What the clocks of a zone show at a moment. */
export type LocalTime = {
  /** `2026-03-29`. */
  readonly date: string;
  /** `02:30:00`. */
  readonly time: string;
  /** Minutes by which they are ahead of UTC. */
  readonly offset: number;
};

/** What the clocks of a zone show at a moment, given in ms since the epoch. */
export function localTime(at: number, zone: string): LocalTime {
  const parts = new Map(
    clockOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = PARTS.map((part) => parts.get(part));
  const shown = Date.UTC(year, month - 1, day, hour, minute, second);
  const [date = "", time = ""] = new Date(shown).toISOString().slice(0, 19).split("T");
  return { date, time, offset: Math.round((shown - at) / 60_000) };
}

/** `UTC`, `UTC+2`, `UTC+10:30`. */
export function offsetWords(offset: number): string {
  if (offset === 0) return "UTC";
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `UTC${offset < 0 ? "-" : "+"}${hours}${minutes === 0 ? "" : `:${String(minutes).padStart(2, "0")}`}`;
}

const PARTS = ["year", "month", "day", "hour", "minute", "second"] as const;

/** Making one costs a hundred times what using it costs. */
const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "gregory",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
    hourCycle: "h23",
  });
  clocks.set(timeZone, made);
  return made;
}
