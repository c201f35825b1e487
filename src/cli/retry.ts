import { fold } from "../engine/evolve.ts";
import { runOutcome, stepVerdict } from "../engine/outcome.ts";
import type { HostState } from "../engine/state.ts";
import { SqliteRecord } from "../journal/sqlite.ts";
import { isFault, type Fault } from "../model/fault.ts";
import type { Outcome } from "../model/finding.ts";
import type { Runbook } from "../model/runbook.ts";
import { clean } from "../view/clean.ts";
import { foldHosts } from "../view/hosts.ts";
import { counted } from "../view/words.ts";
import { exitOf } from "./exit.ts";
import { findRun } from "./find-run.ts";
import { tell, type Io } from "./io.ts";
import { stateDir } from "./state.ts";
import { selectTargets, type TargetOptions, type Targets } from "./targets.ts";

/**
 * The hosts of a run, as the command line says; with `--retry` only those that the earlier run left to be tried again, whatever the
 * runbook's own pattern. Where it left none, it is told, and the exit code is what that run deserves.
 */
export async function targetsOf(
  options: TargetOptions & { readonly retry?: string | undefined; readonly state?: string | undefined },
  runbook: Runbook,
  io: Io,
): Promise<Targets | readonly Fault[] | { readonly exit: number }> {
  const { env } = process;
  if (options.retry === undefined) return selectTargets(options, runbook.hosts, env, io);
  const retry = await retryOf(options.retry, runbook.name, stateDir(options.state, env));
  if (isFault(retry)) return [retry];
  if (retry.hosts.size === 0) {
    tell([nothingToRetry(retry)], io, "warning");
    return { exit: retry.exit };
  }
  const selected = await selectTargets(options, "all", env, io);
  if (!("hosts" in selected)) return selected;
  tell(warnings(selected, retry), io, "warning");
  return onlyAgain(selected, retry);
}

/** What an earlier run has left to be tried again. */
type Retry = {
  readonly run: string;
  readonly hosts: ReadonlySet<string>;
  /** Those of them on which a fix is in doubt. */
  readonly doubtful: readonly string[];
  /** How the earlier run exits as far as is known of it. */
  readonly exit: number;
};

const AGAIN: ReadonlySet<Outcome> = new Set(["failed", "in-doubt", "rolled-back", "unknown"]);

/** Reads which hosts failed, are in doubt, were rolled back, or are unknown (not reached, not looked at) in a run of the same runbook. */
async function retryOf(wanted: string, runbook: string, state: string): Promise<Retry | Fault> {
  await using record = SqliteRecord.open(state);
  const run = findRun(await record.runs(), wanted);
  if (typeof run !== "string") return run;
  const holder = await record.desk.holder(run);
  if (holder !== null) {
    const hint = `wait until it has ended, or stop it: \`runbook stop ${run}\``;
    return { kind: "usage", where: "--retry", message: `run ${run} is still at work (${clean(holder.by)})`, hint };
  }
  const left = fold(await record.read(run));
  if (left === null) return { kind: "usage", where: "--retry", message: `no run ${run} is on record` };
  const { name } = left.plan.runbook;
  if (name !== runbook) {
    const message = `run ${run} was one of ${clean(name)}, not of ${runbook}`;
    return { kind: "usage", where: "--retry", message, hint: "`runbook history` lists the runs of each" };
  }
  const hosts = [...left.hosts.values()];
  return {
    run,
    hosts: new Set(hosts.filter((host) => ended(host, AGAIN)).map(({ host }) => host)),
    doubtful: hosts.filter((host) => ended(host, IN_DOUBT)).map(({ host }) => host),
    exit: exitOf(runOutcome(left)),
  };
}

const IN_DOUBT: ReadonlySet<Outcome> = new Set(["in-doubt"]);

function ended(host: HostState, how: ReadonlySet<Outcome>): boolean {
  return host.steps.some((step) => how.has(stepVerdict(host, step).outcome));
}

/** Of the targets only what is to be tried again. Nothing of it is a fault. */
function onlyAgain(targets: Targets, { run, hosts }: Retry): Targets | readonly Fault[] {
  const left = targets.hosts.filter(({ name }) => hosts.has(name));
  if (left.length > 0) return { ...targets, hosts: left };
  const message = `none of the hosts that run ${run} left to be tried again is selected: ${listed([...hosts])}`;
  return [{ kind: "nothing-selected", message, hint: "look at -i, --limit and --hosts" }];
}

/** What is to be said before: hosts that the inventory does not have any more, and fixes that may still be at work. */
function warnings({ inventory }: Targets, { run, hosts, doubtful }: Retry): Fault[] {
  const gone = [...hosts].filter((name) => !inventory.hosts.has(name));
  const told: Fault[] = [];
  if (gone.length > 0) {
    const message = `${counted(gone.length, "host")} of run ${run} ${gone.length === 1 ? "is" : "are"} not in the inventory: ${listed(gone)}`;
    told.push({ kind: "usage", where: "--retry", message });
  }
  if (doubtful.length > 0) {
    const message = `what became of a fix in run ${run} is not known on ${listed(doubtful)}`;
    const hint = `\`runbook resume ${run}\` asks the hosts, and begins no fix again`;
    told.push({ kind: "usage", where: "--retry", message, hint });
  }
  return told;
}

/** That nothing is left. */
function nothingToRetry({ run }: Retry): Fault {
  const message = `nothing is left to be tried again: in run ${run} no host failed, was rolled back, is in doubt or unknown`;
  return {
    kind: "nothing-selected",
    where: "--retry",
    message,
    hint: `\`runbook history show ${run}\` tells how it ended`,
  };
}

function listed(names: readonly string[]): string {
  return clean(foldHosts(names));
}
