// The full proof: `node test/crash/all.ts --seed N --moments 200`, or one case again: `--case WORD`. Needs root, OpenSSH and a built command.
import { parseArgs } from "node:util";
import { blowOf, blowsOf, wordOf, type Blow } from "./proof/blow.ts";
import { prove, quietRun, type Result } from "./proof/prove.ts";
import { tallyLines, tallyOf } from "./proof/tally.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 1e6)) },
    moments: { type: "string", default: "200" },
    /** Only blows of these kinds, with commas. */
    kinds: { type: "string" },
    /** Sites that are used side by side. */
    sites: { type: "string", default: "3" },
    case: { type: "string", multiple: true },
    /** Every process of a case and the hosts' notes are printed. */
    verbose: { type: "boolean", default: false },
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function blows(): Promise<Blow[]> {
  if (values.case !== undefined) {
    return values.case.map((word) => {
      const blow = blowOf(word);
      if (blow === null) throw new Error(`\`${word}\` is no case`);
      return blow;
    });
  }
  const seed = Number(values.seed);
  const moments = Number(values.moments);
  const quiet = await quietRun(Number(values.sites));
  say(`seed ${seed}; undisturbed: ${quiet.entries} entries in ${Math.round(quiet.ms)} ms`);
  const sizes = { events: 1, moments, cuts: 80, hangups: 40, freezes: 30, reboots: 60 };
  const kinds = values.kinds?.split(",");
  return blowsOf(seed, quiet, sizes).filter(({ kind }) => kinds?.includes(kind) ?? true);
}

const all = await blows();
say(`${all.length} cases`);
const tell = ({ blow, wrong, story, notes }: Result, done: number): void => {
  if (wrong.length > 0 || values.verbose) {
    for (const { argv, exit, text } of story.told) say(`    $ runbook ${argv.join(" ")}\n${text}    exit ${exit}`);
    for (const [host, lines] of Object.entries(notes)) say(`    ${host}: ${lines.join(" | ")}`);
  }
  const word = wordOf(blow);
  for (const words of wrong) say(`  ✗ ${words}`);
  if (wrong.length > 0) say(`  ✗ ${word}; again: node test/crash/all.ts --verbose --case ${word}`);
  if (done % 25 === 0) say(`${done} of ${all.length}`);
};
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
const results = await prove(all, Number(values.sites), tell, stop.signal);
const tally = tallyOf(results);
for (const line of tallyLines(tally, values.case === undefined ? values.seed : null)) say(line);
process.exitCode = tally.violations > 0 ? 1 : stop.signal.aborted ? 130 : 0;
