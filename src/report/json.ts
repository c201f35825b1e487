import type { Entry } from "../model/event.ts";
import type { Watcher } from "../run/ports.ts";

/** Where the lines of a report go; called once a line, without its newline. */
export type Lines = { readonly out: (line: string) => void };

/** One entry as one line of JSON: `run`, `seq`, `at` (ISO 8601, UTC), then the event's own members. */
export function jsonLine(entry: Entry): string {
  const { run, seq, at, event } = entry;
  return jsonText({ run, seq, at: new Date(at).toISOString(), ...event });
}

/** Reports a run as JSON lines, one an entry, as they become durable. */
export function jsonReport({ out }: Lines): Watcher {
  return { entry: (entry) => out(jsonLine(entry)) };
}

/**
 * A value as JSON, in one line, or indented to be read. JSON escapes only what is below U+0020. The rest of what a terminal obeys
 * (DEL, C1, bidi and invisible controls) is escaped too: the values stay the same, and nothing that a host printed or a file holds
 * can act on whoever reads it on a terminal.
 */
export function jsonText(value: object, shape: "line" | "page" = "line"): string {
  return JSON.stringify(value, null, shape === "page" ? 2 : 0).replaceAll(
    /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => character.split("").map(unitEscape).join(""),
  );
}

function unitEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
