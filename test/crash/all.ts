// The full proof: `node test/crash/all.ts --seed N --moments 200`, or one case again: `--case WORD`. Needs root, OpenSSH and a built command.
import { parseArgs } from "node:util";
import { caseOf, casesOf, SCENES, shuffled, wordOf, type Case, type Sizes } from "./proof/blow.ts";
import { prove, quietRun, type Result } from "./proof/prove.ts";
import { tallyLines, tallyOf } from "./proof/tally.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 1e6)) },
    /** Of the scene of files; that of boots has a fifth of them. */
    moments: { type: "string", default: "200" },
    /** Only blows of these kinds, and only these scenes, with commas. */
    kinds: { type: "string" },
    scenes: { type: "string" },
    /** Leaves out so many, to go on with a proof that was broken off. */
    from: { type: "string", default: "0" },
    /** Sites that are used side by side. */
    sites: { type: "string", default: "3" },
    case: { type: "string", multiple: true },
    /** Every process of a case and the hosts' notes are printed. */
    verbose: { type: "boolean", default: false },
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** How many of each kind a scene gets; every entry of its run is one. */
function sizesOf(scene: string): Sizes {
  const moments = Number(values.moments);
  return scene === "files"
    ? { events: 1, moments, cuts: 80, hangups: 40, freezes: 30, reboots: 60 }
    : { events: 1, moments: Math.ceil(moments / 5), cuts: 30, hangups: 20, freezes: 15, reboots: 50 };
}

async function cases(): Promise<Case[]> {
  if (values.case !== undefined) {
    return values.case.map((word) => {
      const one = caseOf(word);
      if (one === null) throw new Error(`\`${word}\` is no case`);
      return one;
    });
  }
  const seed = Number(values.seed);
  const scenes = SCENES.filter(({ name }) => values.scenes?.split(",").includes(name) ?? true);
  const all: Case[] = [];
  for (const scene of scenes) {
    const quiet = await quietRun(scene, Number(values.sites));
    say(`seed ${seed}; ${scene.name} undisturbed: ${quiet.entries} entries in ${Math.round(quiet.ms)} ms`);
    all.push(...casesOf(scene, seed, quiet, sizesOf(scene.name)));
  }
  const kinds = values.kinds?.split(",");
  const wanted = shuffled(all, seed).filter(({ blow }) => kinds?.includes(blow.kind) ?? true);
  return wanted.slice(Number(values.from));
}

const all = await cases();
say(`${all.length} cases`);
const tell = (result: Result, done: number): void => {
  const { wrong, story, notes } = result;
  if (wrong.length > 0 || values.verbose) {
    for (const { argv, exit, text } of story.told) say(`    $ runbook ${argv.join(" ")}\n${text}    exit ${exit}`);
    for (const [host, lines] of Object.entries(notes)) say(`    ${host}: ${lines.join(" | ")}`);
  }
  const word = wordOf(result);
  for (const words of wrong) say(`  ✗ ${words}`);
  if (wrong.length > 0) say(`  ✗ ${word}; again: node test/crash/all.ts --verbose --case ${word}`);
  if (done % 25 === 0) say(`${done} of ${all.length}`);
  // Whatever ends this takes the tally of the last few with it at most.
  sofar.push(result);
  if (done % 50 === 0) for (const line of tallyLines(tallyOf(sofar), values.seed)) say(line);
};
const sofar: Result[] = [];
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
const results = await prove(all, Number(values.sites), tell, stop.signal);
const tally = tallyOf(results);
for (const line of tallyLines(tally, values.case === undefined ? values.seed : null)) say(line);
process.exitCode = tally.violations > 0 ? 1 : stop.signal.aborted ? 130 : 0;
