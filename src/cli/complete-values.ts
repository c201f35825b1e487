import { findRunbook, shelvedRunbooks, type Lookup } from "../load/library.ts";
import { openRunbook } from "../load/runbook.ts";
import { openSchedules } from "../load/schedules.ts";
import { recentRuns } from "../journal/recent.ts";
import { moment } from "../engine/words.ts";
import { ApproveLevel } from "../model/approval.ts";
import { Outcome } from "../model/finding.ts";
import { Severity, type Input, type LoadedRunbook } from "../model/runbook.ts";
import { isFault } from "../model/fault.ts";
import { clean } from "../view/clean.ts";
import { readLine, wantedOn, type Line, type Word } from "./complete.ts";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import type { Io } from "./io.ts";
import { SCHEMAS } from "./schema.ts";
import { stateDir } from "./state.ts";

/** What shells are told first: whether the words that follow are all there is, or files or directories may stand there. */
type Offer = { readonly kind: "words" | "parts" | "files" | "directories"; readonly words: readonly Word[] };

/**
 * Tells a shell what may stand in the place of the last word: the kind of it, then a word a line, with a TAB before what it is. Tells
 * nothing where something is wrong: nobody reads faults while they write.
 */
export async function complete(
  program: CommandUnknownOpts,
  words: readonly string[],
  lookup: Lookup,
  io: Io,
): Promise<number> {
  const word = words.at(-1) ?? "";
  const offer = await offerOn(readLine(program, words.slice(0, -1)), word, lookup).catch(() => NOTHING);
  const lines = offer.words.map(({ word: one, about }) => `${one}\t${clean(about)}`);
  io.out(`${[offer.kind, ...lines].join("\n")}\n`);
  return 0;
}

const NOTHING: Offer = { kind: "words", words: [] };
const FILES: Offer = { kind: "files", words: [] };

async function offerOn(line: Line, word: string, lookup: Lookup): Promise<Offer> {
  const wanted = wantedOn(line, word);
  if (wanted.kind === "words") return beginning(word, wanted);
  const { what, choices, before } = wanted;
  const rest = word.slice(before.length);
  const offer = choices.length > 0 ? plain(choices) : ((await VALUES[what]?.(line, rest, lookup)) ?? NOTHING);
  const words = offer.words.map((one) => ({ ...one, word: before + one.word }));
  return beginning(word, { ...offer, words });
}

function beginning(word: string, offer: { readonly kind: Offer["kind"]; readonly words: readonly Word[] }): Offer {
  return { ...offer, words: offer.words.filter((one) => one.word.startsWith(word)) };
}

function plain(words: readonly string[]): Offer {
  return { kind: "words", words: words.map((word) => ({ word, about: "" })) };
}

type Values = (line: Line, word: string, lookup: Lookup) => Offer | Promise<Offer>;

const nothing: Values = () => NOTHING;
const files: Values = () => FILES;

/** What each value is that help names; what nobody can know of is nothing. */
export const VALUES: Readonly<Record<string, Values>> = {
  file: files,
  source: files,
  key: files,
  dir: () => ({ kind: "directories", words: [] }),
  run: runs,
  "name-or-file": runbooks,
  id: steps,
  "name=value": inputs,
  risk: () => plain(ApproveLevel.options),
  severity: () => plain(Severity.options),
  kind: () => plain(SCHEMAS),
  address: nothing,
  digest: nothing,
  duration: nothing,
  hash: nothing,
  host: nothing,
  message: nothing,
  n: nothing,
  name: named,
  outcomes: (_, word) => plain(Outcome.options.map((one) => word.slice(0, word.lastIndexOf(",") + 1) + one)),
  pattern: nothing,
  percent: nothing,
  text: nothing,
  time: nothing,
};

/** A path is a path; else the names of the library, or what lies here where none of them fits. */
async function runbooks(_: Line, word: string, lookup: Lookup): Promise<Offer> {
  if (word.includes("/")) return FILES;
  const names = [...new Set((await shelvedRunbooks(lookup)).map(({ name }) => name))];
  return names.some((name) => name.startsWith(word)) ? plain(names) : FILES;
}

/** The newest first. */
function runs({ options }: Line, word: string): Offer {
  if (word.includes("/") || word.includes(".")) return FILES;
  const known = recentRuns(stateDir(options.get("--state"), process.env));
  if (known.length === 0) return NOTHING;
  const told = known.map(({ run, runbook, at }) => ({ word: run, about: `${runbook}, ${moment(at)}` }));
  return { kind: "words", words: [{ word: "last", about: "the newest" }, ...told] };
}

/** A name is one of the file of schedules where the command is about those; else it is a new one. */
async function named({ command, options, pending }: Line): Promise<Offer> {
  const about = pending?.long === "--schedule" ? "schedule" : command.parent?.name();
  if (about !== "schedule" && about !== "notify") return NOTHING;
  const places = { option: options.get("--schedules"), env: process.env, cwd: process.cwd() };
  const { schedules = [], notifications = [] } = await openSchedules(places, { now: Date.now() });
  if (about === "notify") return plain(notifications.map(({ name }) => name));
  const words = schedules.map(({ name, about: what, task }) => {
    const does = task.kind === "run" ? task.runbook : `check ${task.runbooks.join(", ")}`;
    return { word: name, about: what ?? does };
  });
  return { kind: "words", words };
}

async function runbookOn({ args: [name] }: Line, lookup: Lookup): Promise<LoadedRunbook | null> {
  if (name === undefined) return null;
  const found = await findRunbook(name, lookup);
  if (isFault(found)) return null;
  return (await openRunbook(found.path, lookup.cwd)).loaded ?? null;
}

async function steps(line: Line, _: string, lookup: Lookup): Promise<Offer> {
  const loaded = await runbookOn(line, lookup);
  const words = (loaded?.runbook.steps ?? []).map(({ id, title }) => ({ word: id, about: title ?? "" }));
  return { kind: "words", words };
}

/** The name of an input; what it is to be follows right after it, and `@` is a file. */
async function inputs(line: Line, word: string, lookup: Lookup): Promise<Offer> {
  const loaded = await runbookOn(line, lookup);
  const all = Object.entries(loaded?.runbook.inputs ?? {});
  const [name, value] = word.split("=", 2);
  const chosen = all.find(([own]) => own === name)?.[1];
  if (value !== undefined) return plain(valuesOf(chosen).map((one) => `${name}=${one}`));
  return { kind: "parts", words: all.map(([own, { about }]) => ({ word: `${own}=`, about: about ?? "" })) };
}

function valuesOf(input: Input | undefined): readonly string[] {
  if (input?.type === "boolean") return ["true", "false"];
  return input?.type === "choice" ? input.choices : [];
}
