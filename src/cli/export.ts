import * as z from "zod";
import { prove, type Row } from "../journal/chain.ts";
import { SqliteRecord } from "../journal/sqlite.ts";
import { readText, unreadable } from "../load/text.ts";
import { isFault, type Fault } from "../model/fault.ts";
import { jsonText } from "../report/json.ts";
import { clean } from "../view/clean.ts";
import { counted } from "../view/words.ts";
import { EXIT } from "./exit.ts";
import { findRun } from "./find-run.ts";
import type { Io } from "./io.ts";
import { writePrivate } from "./private-file.ts";
import { stateDir } from "./state.ts";

/** `runbook history export`'s options. */
export type ExportOptions = { readonly output?: string | undefined; readonly state?: string | undefined };

/** One entry of an exported run, with its hash. */
const Line = z.object({
  run: z.string(),
  seq: z.int(),
  at: z.number(),
  type: z.string(),
  hash: z.string().nullable(),
  /** As it is: what a schema makes of it might have another hash. */
  event: z.unknown(),
});

/** Bytes that an exported run may have. */
const MOST = 1_000_000_000;

/** Writes a run as JSON lines, an entry each with its hash. What is not as it was written is exported all the same, and told. */
export async function historyExport(
  wanted: string,
  { output, state }: ExportOptions,
  io: Io,
): Promise<number | readonly Fault[]> {
  await using record = SqliteRecord.open(stateDir(state, process.env));
  const found = findRun(await record.runs(), wanted);
  if (typeof found !== "string") return [found];
  const rows = await record.ledger.rows(found);
  const text = textOf(rows);
  if (isFault(text)) return [text];
  if (output === undefined) io.out(text);
  else {
    const fault = await writePrivate(output, text);
    if (fault !== null) return [fault];
    io.err(`${counted(rows.length, "entry", "entries")} of run ${clean(found)} written to ${clean(output)}\n`);
  }
  const { broken } = prove(rows);
  if (broken === null) return EXIT.ok;
  io.err(`Run ${clean(found)} is not as it was written: ${broken.words}\n`);
  return EXIT.found;
}

function textOf(rows: readonly Row[]): string | Fault {
  const lines: string[] = [];
  for (const { run, seq, at, type, event, hash } of rows) {
    try {
      lines.push(`${jsonText({ run, seq, at, type, hash, event: JSON.parse(event) })}\n`);
    } catch {
      const message = `the record is damaged: run ${run}, entry ${seq}`;
      return { kind: "journal", message, hint: "take the file from a backup; other runs can still be exported" };
    }
  }
  return lines.join("");
}

/** The rows in a file that `history export` wrote. */
export async function readExport(file: string): Promise<readonly Row[] | Fault> {
  const read = await readText(file, MOST);
  if ("problem" in read) return unreadable(read, file);
  const rows: Row[] = [];
  for (const [at, text] of read.text.split("\n").entries()) {
    if (text === "") continue;
    const row = rowOf(text);
    if (row === null) return notALine(`${file}:${at + 1}`, "it is not an entry of an exported run");
    if (row.run !== (rows[0]?.run ?? row.run))
      return notALine(`${file}:${at + 1}`, "it is of another run than those before");
    rows.push(row);
  }
  return rows.length === 0 ? notALine(file, "there is no entry in it") : rows;
}

function rowOf(text: string): Row | null {
  try {
    const { event, ...row } = Line.parse(JSON.parse(text));
    return { ...row, event: JSON.stringify(event ?? null) };
  } catch {
    return null;
  }
}

function notALine(where: string, message: string): Fault {
  return {
    kind: "invalid-file",
    where,
    message,
    hint: "`runbook history export RUN --output FILE` writes such a file",
  };
}
