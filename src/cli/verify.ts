import { prove, type Proof, type Row } from "../journal/chain.ts";
import type { Ledger } from "../journal/ledger.ts";
import { SqliteRecord } from "../journal/sqlite.ts";
import { moment } from "../engine/words.ts";
import { FaultError, isFault, type Fault } from "../model/fault.ts";
import { jsonText } from "../report/json.ts";
import { clean } from "../view/clean.ts";
import { counted } from "../view/words.ts";
import { EXIT } from "./exit.ts";
import { readExport } from "./export.ts";
import { findRun } from "./find-run.ts";
import type { Io } from "./io.ts";
import { stateDir } from "./state.ts";

/** `runbook history verify`'s options. */
export type VerifyOptions = {
  readonly head?: string | undefined;
  readonly file?: string | undefined;
  readonly json?: boolean | undefined;
  readonly state?: string | undefined;
};

/** What was found of one run: the proof of its rows, what stands against it, and what else is to be known. */
type Verified = Proof & {
  readonly run: string;
  /** Null: nothing. Seq null: it is not about one place. */
  readonly trouble: { readonly seq: number | null; readonly what: string; readonly words: string } | null;
  readonly notes: readonly string[];
};

type Sealed = Awaited<ReturnType<Ledger["sealed"]>>;

/** Follows the hashes of all runs, of one, or of an exported file; answers with 0, with 2 where something is not as it was written, with 4 where nothing can be proved. */
export async function historyVerify(
  wanted: string | undefined,
  options: VerifyOptions,
  io: Io,
): Promise<number | readonly Fault[]> {
  const { head, file } = options;
  if (head !== undefined && !/^[0-9a-f]{64}$/.test(head)) return [noHead(head)];
  if (file !== undefined && wanted !== undefined) {
    return [{ kind: "usage", where: "--file", message: "either a run or a file is verified", hint: "leave out one" }];
  }
  const all = file === undefined ? await inRecord(wanted, options) : await inFile(file, head);
  if ("faults" in all) return all.faults;
  for (const one of all.verified) {
    if (options.json === true) io.out(`${jsonText(dataOf(one))}\n`);
    else for (const line of linesOf(one)) io.out(`${clean(line)}\n`);
  }
  if (all.lost !== null) io.err(`${all.lost}\n`);
  if (options.json !== true && head === undefined) {
    io.err("Whether the end of a run was cut off shows only against the head that it ended with: --head HASH\n");
  }
  if (all.lost !== null || all.verified.some(({ trouble }) => trouble !== null)) return EXIT.found;
  return all.verified.some(({ unproved }) => unproved > 0) ? EXIT.unknown : EXIT.ok;
}

function noHead(head: string): Fault {
  const hint = "a run prints it as it ends; `runbook history show RUN` shows what it is now";
  return { kind: "usage", where: "--head", message: `\`${head}\` is not a head: it has 64 digits, 0-9 and a-f`, hint };
}

/** `lost`: why no run can be the one of the head that was given. */
type Found = { readonly verified: readonly Verified[]; readonly lost: string | null };

async function inRecord(
  wanted: string | undefined,
  { head, state }: VerifyOptions,
): Promise<Found | { readonly faults: readonly Fault[] }> {
  await using record = SqliteRecord.open(stateDir(state, process.env));
  const { ledger } = record;
  const names = await ledger.runs();
  const known = names.toReversed().map((run) => ({ run }));
  const found = findRun(known, wanted ?? "last");
  if (typeof found !== "string") return { faults: [found] };
  const verified: Verified[] = [];
  let holds = false;
  for (const run of wanted === undefined ? names : [found]) {
    const read = await rowsOf(ledger, run);
    if (isFault(read)) {
      verified.push(unreadable(run, read));
      continue;
    }
    holds ||= read.rows.some(({ hash }) => hash === head);
    verified.push(verifiedOf(run, read.rows, wanted === undefined ? undefined : head, read.sealed));
  }
  const lost = head !== undefined && wanted === undefined && !holds;
  return { verified, lost: lost ? `No run on record has this head: ${HEADLESS}.` : null };
}

async function inFile(file: string, head: string | undefined): Promise<Found | { readonly faults: readonly Fault[] }> {
  const rows = await readExport(file);
  if (isFault(rows)) return { faults: [rows] };
  const run = rows[0]?.run ?? "";
  return { verified: [verifiedOf(run, rows, head, null)], lost: null };
}

/** A page of the file that is damaged concerns the runs in it, and no others. */
async function rowsOf(
  ledger: Ledger,
  run: string,
): Promise<{ readonly rows: readonly Row[]; readonly sealed: Sealed } | Fault> {
  try {
    return { rows: await ledger.rows(run), sealed: await ledger.sealed(run) };
  } catch (error) {
    const fault = error instanceof FaultError ? error.faults[0] : undefined;
    if (fault === undefined) throw error;
    return fault;
  }
}

function unreadable(run: string, { message }: Fault): Verified {
  const trouble = { seq: null, what: "unreadable", words: message };
  return { run, entries: 0, head: null, broken: null, unproved: 0, trouble, notes: [] };
}

const HEADLESS = "its end was cut off, or all of it was written anew, or it was removed";

function verifiedOf(run: string, rows: readonly Row[], wanted: string | undefined, sealed: Sealed): Verified {
  const proof = prove(rows);
  const at = wanted === undefined ? undefined : rows.find(({ hash }) => hash === wanted)?.seq;
  const lost = wanted !== undefined && at === undefined;
  const headless = { seq: null, what: "head", words: `no entry has this head: ${HEADLESS}` };
  const later = at === undefined ? 0 : proof.entries - at;
  const notes = [
    ...(later === 0 ? [] : [`the head is that of entry ${at}; ${counted(later, "entry", "entries")} came after it`]),
    ...(sealed === null
      ? []
      : [
          `its first ${counted(sealed.seq, "entry", "entries")} got their hashes only on ${moment(sealed.at)}: what became of them before cannot be proved`,
        ]),
    ...(proof.unproved === 0
      ? []
      : [
          `${counted(proof.unproved, "entry has", "entries have")} no hash, since an older runbook wrote them, or it was taken away: nothing can be proved of them`,
        ]),
  ];
  return { run, ...proof, trouble: proof.broken ?? (lost ? headless : null), notes };
}

function linesOf({ run, entries, head, trouble, unproved, notes }: Verified): string[] {
  const sign = trouble !== null ? "✗" : unproved > 0 ? "?" : "✓";
  const words = trouble?.words ?? `${counted(entries, "entry", "entries")} as written, head ${head ?? "unknown"}`;
  return [`${sign} run ${run}: ${words}`, ...notes.map((note) => `    ${note}`)];
}

function dataOf({ run, entries, head, trouble, unproved, notes }: Verified): object {
  return { run, ok: trouble === null && unproved === 0, entries, head, trouble, unproved, notes };
}
