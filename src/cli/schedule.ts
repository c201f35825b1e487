import { openSchedules } from "../load/schedules.ts";
import { didYouMean } from "../language/suggest.ts";
import { isFault, type Fault } from "../model/fault.ts";
import type { Schedule } from "../model/schedule.ts";
import { jsonText } from "../report/json.ts";
import type { preview, Previewed } from "../schedule/preview.ts";
import { counted } from "../view/words.ts";
import { firesUnder, heldUpOf, type HeldUp } from "./schedule-book.ts";
import { fireLines, fireJson, type NamedFire } from "./schedule-fires.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";
import { lookup } from "./library.ts";
import { tellLinted, type LintOptions } from "./lint.ts";
import { momentOf } from "./moment.ts";
import { stateDir } from "./state.ts";

/** What every command about schedules takes. */
export type ScheduleOptions = { readonly schedules?: string | undefined; readonly json?: boolean | undefined };

/** Who has paused what is on record. */
type Stated = { readonly state?: string | undefined };

/** Checks a file of schedules and tells everything that is wrong with it. Warnings do not fail. */
export async function scheduleLint(
  file: string | undefined,
  options: LintOptions,
  io: Io,
): Promise<number | readonly Fault[]> {
  const { env } = process;
  const opened = await openSchedules(
    { option: file, env, cwd: process.cwd() },
    { now: Date.now(), searches: (directory) => lookup(env, directory).searchPath },
  );
  if (opened.faults.some((fault) => fault.kind === "usage")) return opened.faults;
  return tellLinted([opened], options, io);
}

/** The next fires, of all schedules or of one. */
export async function scheduleNext(
  name: string | undefined,
  options: ScheduleOptions & Stated & { readonly count: number },
  io: Io,
): Promise<number | readonly Fault[]> {
  const opened = await scheduled(name, options);
  if (!("schedules" in opened)) return opened;
  const now = Date.now();
  // One that is not enabled has no next fire.
  const enabled = opened.schedules.filter((schedule) => schedule.enabled);
  if (enabled.length === 0 && options.json !== true) {
    io.err(name === undefined ? "No schedule is enabled.\n" : `Schedule ${name} is not enabled: it never fires.\n`);
    return EXIT.ok;
  }
  const held = await heldUpOf(stateDir(options.state, process.env));
  const { fires } = firesOf(enabled, held, { from: now, to: Number.POSITIVE_INFINITY, most: options.count });
  tellFires(fires, options, io);
  return EXIT.ok;
}

/** Fires that are told at most. */
const MOST_FIRES = 1000;

/** Every fire between two moments, with what happens at it and why. */
export async function schedulePreview(
  name: string | undefined,
  options: ScheduleOptions & Stated & { readonly from?: string | undefined; readonly to?: string | undefined },
  io: Io,
): Promise<number | readonly Fault[]> {
  const from = options.from === undefined ? Date.now() : momentOf(options.from, "--from");
  if (isFault(from)) return [from];
  const to = options.to === undefined ? from + 7 * 86_400_000 : momentOf(options.to, "--to");
  if (isFault(to)) return [to];
  if (to <= from)
    return [{ kind: "usage", where: "--to", message: "this is not after --from", hint: "give a later time" }];
  const opened = await scheduled(name, options);
  if (!("schedules" in opened)) return opened;
  const held = await heldUpOf(stateDir(options.state, process.env));
  // A day begins with what fires at midnight, and ends before it.
  const { fires, more } = firesOf(opened.schedules, held, { from: from - 1, to: to - 1, most: MOST_FIRES });
  tellFires(fires, options, io);
  if (more)
    io.err(`There are more fires than ${counted(MOST_FIRES, "line")}: shorten the time, or name one schedule.\n`);
  return EXIT.ok;
}

type Span = Parameters<typeof preview>[1];

/** Fires of several schedules in the order of their time. */
function firesOf(
  schedules: readonly Schedule[],
  held: HeldUp,
  span: Span,
): { readonly fires: readonly NamedFire[]; readonly more: boolean } {
  const most = span.most + 1;
  let { to } = span;
  let first: readonly NamedFire[] = [];
  for (const schedule of schedules) {
    const { fires } = firesUnder(held, schedule, { from: span.from, to, most });
    const all = [...first, ...fires.map((fire: Previewed) => ({ schedule, fire }))];
    first = all.toSorted((a, b) => a.fire.at - b.fire.at).slice(0, most);
    // Of a thousand schedules few fires are among the first: what comes after those is not asked for.
    if (first.length === most) to = first.at(-1)?.fire.at ?? to;
  }
  return { fires: first.slice(0, span.most), more: first.length === most };
}

function tellFires(fires: readonly NamedFire[], { json }: ScheduleOptions, io: Io): void {
  if (json === true) io.out(`${jsonText(fires.map(fireJson), "page")}\n`);
  else if (fires.length === 0) io.err("Nothing fires in this time.\n");
  else for (const line of fireLines(fires)) io.out(`${line}\n`);
}

/** The schedules that count, or the one of a name; or why they cannot be read. What is only worth a word is for `lint` to say. */
export async function scheduled(
  name: string | undefined,
  { schedules: option }: ScheduleOptions,
): Promise<{ readonly schedules: readonly Schedule[]; readonly path: string } | readonly Fault[]> {
  const opened = await openSchedules({ option, env: process.env, cwd: process.cwd() }, { now: Date.now() });
  if (opened.schedules === undefined) return opened.faults;
  const chosen = chosenOf(opened.schedules, name, opened.path);
  return "schedules" in chosen ? { ...chosen, path: opened.path } : [chosen];
}

/** All of the schedules of a file, or the one of a name. */
export function chosenOf(
  schedules: readonly Schedule[],
  name: string | undefined,
  path: string,
): { readonly schedules: readonly Schedule[] } | Fault {
  const chosen = schedules.filter((schedule) => name === undefined || schedule.name === name);
  if (chosen.length > 0) return { schedules: chosen };
  const names = schedules.map((schedule) => schedule.name);
  const hint = didYouMean(name ?? "", names) ?? `there are ${names.join(", ")}`;
  return { kind: "usage", where: path, message: `there is no schedule \`${name}\``, hint };
}
