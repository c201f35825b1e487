import { join } from "node:path";
import { fold } from "../../../src/engine/evolve.ts";
import { stepVerdict } from "../../../src/engine/outcome.ts";
import type { HostState, RunState, StepState } from "../../../src/engine/state.ts";
import { SqliteRecord } from "../../../src/journal/sqlite.ts";
import type { Entry } from "../../../src/model/event.ts";
import { eventually } from "../../kit/processes.ts";
import type { Blow } from "./blow.ts";
import { command, type Story } from "./deal.ts";
import { BOOT_RULES } from "./rules-boots.ts";
import { RULES, type Matter } from "./rules.ts";
import type { Site } from "./site.ts";

/** Holds what the record says against what the hosts noted: every contradiction, in words. None is how it must be. */
export async function judge(site: Site, blow: Blow | null, story: Story): Promise<string[]> {
  const { entries, told, rested, hit } = story;
  const state = fold(entries);
  if (state === null) return ["nothing is on record"];
  const wrong = rested ? [] : ["the run did not come to rest"];
  if (blow?.kind === "event" && !hit && entries.length >= blow.seq)
    wrong.push("the command was not killed: it proves nothing");
  for (const { argv, exit, text } of told) {
    if (exit === 70 || /\bat \S+ \(.*:\d+:\d+\)/.test(text)) wrong.push(`\`${argv.join(" ")}\` met a bug: ${text}`);
  }
  for (const host of state.hosts.values()) {
    for (const step of host.steps) {
      const matter = matterOf(site, blow, entries, host, step);
      const place = `${host.host} ${step.plan.id} (${matter.outcome}: ${matter.reason})`;
      wrong.push(...[...RULES, ...BOOT_RULES].flatMap((rule) => rule(matter).map((words) => `${place}: ${words}`)));
    }
  }
  wrong.push(...(await recordFaults(site, story)), ...(await remains(site, blow, state)));
  return wrong;
}

function matterOf(site: Site, blow: Blow | null, entries: readonly Entry[], host: HostState, step: StepState): Matter {
  const id = step.plan.id;
  const events = entries
    .map(({ event }) => event)
    .filter((event) => "host" in event && event.host === host.host && "step" in event && event.step === id);
  const notes = site.notes(host.host).flatMap((line, at) => {
    const [what = "", of, key = "", exit = "-", up] = line.split(" ");
    return of === id ? [{ at, what, key, exit, up: Number(up) }] : [];
  });
  const found = events.flatMap((event) => (event.type === "detected" ? event.findings : []));
  const files = [...new Set(found.map(({ values }) => String(values["file"])))];
  return {
    host,
    step,
    ...stepVerdict(host, step),
    end: site.scene.ends[`${host.host} ${id}`] ?? "clear",
    events,
    notes,
    left: files.filter((file) => site.has(host.host, file)),
    blow,
    boots: site.notes(host.host).filter((line) => line.startsWith("up ")).length - 1,
    booted: site.scene.crashes.includes(`${host.host} ${id}`) || blow?.kind === "reboot",
  };
}

/** The record as \`history verify\` sees it against the last head that was printed; every earlier one must be in its chain, too. */
async function recordFaults(site: Site, { told, entries }: Story): Promise<string[]> {
  const run = entries[0]?.run ?? "";
  const heads = told.flatMap(({ text }) => /^ {2}head ([0-9a-f]{64})$/m.exec(text)?.[1] ?? []);
  const last = heads.at(-1);
  const head = last === undefined ? [] : ["--head", last];
  const { exit, text } = await command(site.directory, "history", "verify", run, ...head);
  await using record = SqliteRecord.open(join(site.directory, "state"));
  const hashes = new Set((await record.ledger.rows(run)).map(({ hash }) => hash));
  const ended = entries.some(({ event }) => event.type === "run-ended");
  return [
    ...(exit === 0 ? [] : [`the record does not verify: ${text}`]),
    ...heads.filter((each) => !hashes.has(each)).map((each) => `the head ${each} was printed and is not on record`),
    ...(ended && heads.length === 0 && told.every(({ exit }) => exit !== null) ? ["no head was printed"] : []),
  ];
}

/** What the run leaves behind: no process, and no directory on a host that knows how everything ended. */
async function remains(site: Site, blow: Blow | null, { run, hosts: all }: RunState): Promise<string[]> {
  const hosts = [...all.values()];
  const wrong: string[] = [];
  for (const host of hosts) {
    const machine = site.machines.get(host.host);
    if (machine === undefined) continue;
    if (!(await eventually(() => machine.processes().length === 0, 10))) {
      wrong.push(
        `${host.host} has processes left: ${machine
          .processes()
          .map(({ args }) => args)
          .join("; ")}`,
      );
    }
    const cut = blow !== null && blow.kind !== "event" && blow.kind !== "moment";
    const doubtful = host.steps.some((step) => stepVerdict(host, step).outcome === "in-doubt");
    const jobs = machine.inMemory().filter((name) => name.startsWith("runbook-job-"));
    if (jobs.length > 0 && !doubtful && !cut) wrong.push(`${host.host} has jobs left: ${jobs.join(", ")}`);
    const locks = machine.inMemory().filter((name) => name.startsWith(`runbook-lock,${run},`));
    if (locks.length > 0 && !doubtful && !cut) wrong.push(`${host.host} is locked still: ${locks.join(", ")}`);
  }
  return wrong;
}
