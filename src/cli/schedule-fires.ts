import type { Schedule } from "../model/schedule.ts";
import type { Act } from "../schedule/decide.ts";
import type { Previewed } from "../schedule/preview.ts";
import { clean } from "../view/clean.ts";
import { paletteOf, type Palette } from "../view/colour.ts";
import { tableLines, type TableColumn } from "../view/table.ts";

/** A fire with the schedule it is of. */
export type NamedFire = { readonly schedule: Schedule; readonly fire: Previewed };

const DOES: Readonly<Record<Act, string>> = { run: "runs", detect: "only looks", skip: "skipped" };

/** Fires as a table: when by their own clocks, which schedule, what happens, and why. */
export function fireLines(fires: readonly NamedFire[]): string[] {
  const rows = fires.map(({ schedule, fire }) => [
    fire.local,
    clean(schedule.timezone),
    schedule.name,
    doesWords(schedule, fire.act),
    clean([...fire.why, ...fire.notes].join("; ")),
  ]);
  const columns = left("fires", "zone", "schedule", "does", "why");
  return tableLines({ columns, rows }, Number.POSITIVE_INFINITY, palette());
}

/** What happens at a fire. */
export function doesWords({ task }: Schedule, act: Act): string {
  return task.kind === "check" && act === "detect" ? "checks" : DOES[act];
}

/** Columns of texts. */
export function left(...names: readonly string[]): TableColumn[] {
  return names.map((name) => ({ name, side: "left" }));
}

/** The colours that standard output takes. */
export function palette(): Palette {
  return paletteOf(process.stdout.isTTY && process.stdout.hasColors());
}

/** A fire for programs. */
export function fireJson({ schedule, fire }: NamedFire): object {
  const { at, nominal, local, act, why, notes } = fire;
  return {
    schedule: schedule.name,
    at: new Date(at).toISOString(),
    nominal: new Date(nominal).toISOString(),
    local,
    timezone: schedule.timezone,
    act,
    why,
    notes,
  };
}
