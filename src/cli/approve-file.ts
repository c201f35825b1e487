import { isFault, type Fault } from "../model/fault.ts";
import { clean } from "../view/clean.ts";
import { counted } from "../view/words.ts";
import { choose } from "./approve-choose.ts";
import type { Choice } from "./approve-choice.ts";
import { decisionOf, signAll } from "./approve-sign.ts";
import type { DecideOptions } from "./approve.ts";
import { exchangeText, readRequests } from "./exchange.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";
import { writePrivate } from "./private-file.ts";

/** Decides on the requests in a file, and writes the signed decisions to another, for the place where the run is on record. */
export async function decideInFile(
  verdict: Choice["verdict"],
  file: string,
  { export: to = "", ...options }: DecideOptions,
  io: Io,
): Promise<number | readonly Fault[]> {
  const run = await readRequests(file);
  if (isFault(run)) return [run];
  if (run.loaded === null) {
    io.err("The runbook is not in the file, so its scripts cannot be shown here.\n");
  }
  const cards = run.questions.flatMap(({ members }) =>
    members.map(({ host, step, digest }) => ({ host: host.host, step: step.plan.id, digest })),
  );
  const key = options.sign ?? true;
  const choices = await choose(run, cards, verdict, { ...options, sign: key }, io);
  if (choices === null) return EXIT.interrupted;
  if (choices.length === 0) {
    io.err("Nothing was decided.\n");
    return EXIT.waiting;
  }
  const decisions = choices.map(decisionOf);
  const signatures = await signAll(run.state.run, decisions, key, io);
  const signed = decisions.map((decision, at) => ({ ...decision, signature: signatures[at] ?? "" }));
  const fault = await writePrivate(
    to,
    exchangeText({ format: "runbook-decisions/1", run: run.state.run, decisions: signed }),
  );
  if (fault !== null) return [fault];
  io.err(`${counted(signed.length, "decision")} written to ${clean(to)}. They count once they are on record:\n`);
  io.err(`  runbook approve ${clean(run.state.run)} --import FILE\n`);
  return EXIT.ok;
}
