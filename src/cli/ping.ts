import PQueue from "p-queue";
import { type Fault, isFault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import { jsonText } from "../report/json.ts";
import type { Connector } from "../run/ports.ts";
import { clean } from "../view/clean.ts";
import { pad, widthOf } from "../view/width.ts";
import { connectors } from "./connectors.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";
import { askSecret, questions } from "./prompt.ts";
import { selectTargets, withLogin, type TargetOptions } from "./targets.ts";

/** `runbook ping`'s options, as the command line gives them. `json`: one object a line. */
export type PingOptions = TargetOptions & {
  readonly parallel: number;
  readonly askPass?: boolean | undefined;
  readonly acceptNewHostKeys?: boolean | undefined;
  readonly json?: boolean | undefined;
};

/** What one host answered; `ms` is the whole login with its first shell. */
type Answer = {
  readonly host: string;
  readonly ms: number;
  readonly machineId: string | null;
  readonly bootId: string | null;
  readonly fault?: Fault;
};

/** Selects hosts as `run` does, and pings them. */
export async function ping(options: PingOptions, io: Io): Promise<number | readonly Fault[]> {
  const targets = await selectTargets(options, "all", process.env, io);
  if (!("hosts" in targets)) return targets;
  const login = options.askPass === true ? await askSecret("SSH password") : undefined;
  const hosts = withLogin(targets.hosts, options, { login, become: undefined });
  const { all } = connectors(process.env, {
    acceptNewHostKeys: options.acceptNewHostKeys === true,
    sshConfig: options.sshConfig,
    questions: questions(),
  });
  return pingHosts(hosts, all, options, io);
}

/** Logs in to every host and shows each as it answers. 0: all did; 4: one or more did not. */
export async function pingHosts(
  hosts: readonly Host[],
  connector: Connector,
  options: Pick<PingOptions, "parallel" | "json">,
  io: Io,
): Promise<number> {
  const queue = new PQueue({ concurrency: options.parallel });
  const widest = Math.max(...hosts.map((host) => widthOf(clean(host.name))));
  const show = (answer: Answer): void => io.out(`${options.json === true ? jsonText(answer) : line(answer, widest)}\n`);
  const pinged = async (host: Host): Promise<Answer> => {
    const answer = await pingOne(host, connector);
    show(answer);
    return answer;
  };
  const answers = await Promise.all(hosts.map((host) => queue.add(() => pinged(host))));
  if (options.json !== true) for (const each of closing(answers)) io.out(`${clean(each)}\n`);
  return answers.some((answer) => answer.fault !== undefined) ? EXIT.unknown : EXIT.ok;
}

async function pingOne(host: Host, connector: Connector): Promise<Answer> {
  const started = performance.now();
  const connection = await connector.connect(host);
  const answer = { host: host.name, ms: Math.round(performance.now() - started) };
  if (isFault(connection)) return { ...answer, machineId: null, bootId: null, fault: connection };
  const { identity } = connection;
  await connection[Symbol.asyncDispose]();
  return { ...answer, ...identity };
}

/** Columns of a time: most logins take less than 100 s. */
const TIME = 8;

function line({ host, ms, machineId, fault }: Answer, widest: number): string {
  const told = fault === undefined ? `ok  machine ${machineId ?? "unknown"}` : `${fault.kind}: ${fault.message}`;
  return `${pad(clean(host), widest)}  ${pad(`${ms} ms`, TIME, "left")}  ${clean(told)}`;
}

/** What only all answers together tell, in the inventory's order: names of one machine, advice with the hosts it is for, and the count. */
function closing(answers: readonly Answer[]): string[] {
  // One machine id and one boot id: one machine.
  const known = answers.filter((answer) => answer.machineId !== null && answer.bootId !== null);
  const machines = Map.groupBy(known, ({ machineId, bootId }) => `${machineId} ${bootId}`);
  const advised = Map.groupBy(answers, ({ fault }) => fault?.hint);
  const well = answers.filter((answer) => answer.fault === undefined);
  return [
    ...[...machines.values()].filter((names) => names.length > 1).map((names) => `${listed(names)} are one machine`),
    ...[...advised].flatMap(([hint, names]) => (hint === undefined ? [] : [`→ ${listed(names)}: ${hint}`])),
    `${well.length} of ${answers.length} answered`,
  ];
}

const MOST_NAMED = 10;

function listed(answers: readonly Answer[]): string {
  const more = answers.length - MOST_NAMED;
  const named = answers.slice(0, MOST_NAMED).map((answer) => answer.host);
  return `${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
