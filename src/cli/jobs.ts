import PQueue from "p-queue";
import { fold } from "../engine/evolve.ts";
import { SqliteRecord } from "../journal/sqlite.ts";
import { type Fault, isFault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import { outputText } from "../model/output.ts";
import { jsonText } from "../report/json.ts";
import type { Connection, Connector, Script } from "../run/ports.ts";
import { resumeRefusal } from "../run/resume.ts";
import { dropJobs, type Kept, keptJobs, LIST_JOBS } from "../script/job-list.ts";
import { clean } from "../view/clean.ts";
import { connectors } from "./connectors.ts";
import { withinDescriptors } from "./descriptors.ts";
import { EXIT } from "./exit.ts";
import { tell, type Io } from "./io.ts";
import { questions } from "./prompt.ts";
import { askPasswords } from "./secrets.ts";
import { stateDir } from "./state.ts";
import { selectTargets, withLogin, type TargetOptions } from "./targets.ts";

/** `runbook jobs`' options, as the command line gives them. */
export type JobsOptions = TargetOptions & {
  readonly parallel: number;
  readonly clean?: boolean | undefined;
  readonly become?: boolean | undefined;
  readonly askPass?: boolean | undefined;
  readonly askBecomePass?: boolean | undefined;
  readonly acceptNewHostKeys?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly state?: string | undefined;
};

/** One job on one host, and what became of its run: `open` may still ask for it; `elsewhere`: no run of this record. */
type Found = Kept & { readonly host: string; readonly of: "over" | "open" | "elsewhere"; readonly removed: boolean };

/** Seconds for one look at a host. */
const TIMEOUT = 30;

/** Lists what jobs have left on hosts, and removes what belongs to runs that are over. 0: nothing is left; 2: something; 4: a host did not answer. */
export async function jobs(options: JobsOptions, io: Io): Promise<number | readonly Fault[]> {
  const { env } = process;
  const targets = await selectTargets(options, "all", env, io);
  if (!("hosts" in targets)) return targets;
  const room = await withinDescriptors(targets.hosts, { parallel: options.parallel, keeps: false });
  if (isFault(room)) return [room];
  if (room.word !== undefined) tell([room.word], io, "warning");
  await using record = SqliteRecord.open(stateDir(options.state, env));
  const of = async (run: string): Promise<Found["of"]> => {
    const state = fold(await record.read(run));
    if (state === null) return "elsewhere";
    return resumeRefusal(state, Date.now()) === null ? "open" : "over";
  };
  const hosts = withLogin(targets.hosts, options, await askPasswords(options));
  const asking = questions();
  const acceptNewHostKeys = options.acceptNewHostKeys === true;
  const { all } = connectors(env, { acceptNewHostKeys, sshConfig: options.sshConfig, questions: asking });
  const queue = new PQueue({ concurrency: room.parallel });
  const answers = await Promise.all(hosts.map((host) => queue.add(() => jobsOf(host, all, of, options))));
  const found = answers.flatMap((answer) => (isFault(answer) ? [] : answer));
  for (const each of found) io.out(`${options.json === true ? jsonText(each) : line(each)}\n`);
  const faults = answers.filter(isFault);
  tell(faults, io);
  if (faults.length > 0) return EXIT.unknown;
  if (found.length === 0 && options.json !== true) io.out("no jobs are left on these hosts\n");
  return found.every((each) => each.removed) ? EXIT.ok : EXIT.found;
}

async function jobsOf(
  host: Host,
  connector: Connector,
  of: (run: string) => Promise<Found["of"]>,
  options: JobsOptions,
): Promise<readonly Found[] | Fault> {
  // On Windows there are none.
  if (host.windows !== undefined) return [];
  const answer = await connector.connect(host);
  if (isFault(answer)) return answer;
  await using connection = answer;
  const become = options.become === true || host.become === true ? (host.becomeUser ?? "root") : null;
  const list = (): Promise<string | Fault> =>
    look(connection, { text: LIST_JOBS, shell: "sh", become, timeout: TIMEOUT, late: "end" }, host);
  const printed = await list();
  if (typeof printed !== "string") return printed;
  const found: Found[] = [];
  for (const kept of keptJobs(printed))
    found.push({ ...kept, host: host.name, of: await of(kept.run), removed: false });
  if (options.clean !== true) return found;
  const over = found.filter(({ of: run, state }) => run === "over" && state !== "running" && state !== "starting");
  if (over.length === 0) return found;
  const text = over.map(({ name }) => dropJobs(name)).join("\n");
  const dropped = await look(connection, { text, shell: "sh", become, timeout: TIMEOUT, late: "leave" }, host);
  const after = typeof dropped === "string" ? await list() : dropped;
  if (typeof after !== "string") return after;
  const left = new Set(keptJobs(after).map(({ name }) => name));
  return found.map((each) => ({ ...each, removed: !left.has(each.name) }));
}

async function look(connection: Connection, script: Script, host: Host): Promise<string | Fault> {
  const ended = await connection.run(script);
  if (ended.kind === "refused") return { where: host.name, ...ended.fault };
  if (ended.kind === "exited" && ended.code === 0) return outputText(ended.stdout);
  return { kind: "session", where: host.name, message: "its jobs could not be listed or removed" };
}

function line({ host, name, state, code, of, removed }: Found): string {
  const how = state === "ended" ? `ended ${code ?? ""}` : state;
  const whose = { over: "its run is over", open: "its run may go on", elsewhere: "its run is not on record here" }[of];
  return clean(`${host}  ${name}  ${how.trim()}  ${removed ? "removed" : whose}`);
}
