import PQueue from "p-queue";
import { type Fault, isFault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import type { Connector } from "../run/ports.ts";
import { clean } from "../view/clean.ts";
import { pad, widthOf } from "../view/width.ts";
import { EXIT } from "./exit.ts";
import type { Io } from "./io.ts";

/** How to ping. `json`: one object a line, as the answers come. */
export type PingOptions = { readonly parallel: number; readonly io: Io; readonly json: boolean };

/** What one host answered; `ms` is the whole login with its first shell. */
type Answer = {
  readonly host: string;
  readonly ms: number;
  readonly machineId: string | null;
  readonly bootId: string | null;
  readonly fault?: Fault;
};

/** Logs in to every host and shows who answered. 0: all did; 4: one or more did not. */
export async function ping(hosts: readonly Host[], connector: Connector, options: PingOptions): Promise<number> {
  const queue = new PQueue({ concurrency: options.parallel });
  const answers = await Promise.all(
    hosts.map((host) =>
      queue.add(async () => {
        const answer = await pingOne(host, connector);
        if (options.json) options.io.out(`${JSON.stringify(answer)}\n`);
        return answer;
      }),
    ),
  );
  if (!options.json) show(answers, options.io);
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

function show(answers: readonly Answer[], io: Io): void {
  const names = namesByIdentity(answers);
  const rows = answers.map((answer) => [clean(answer.host), `${answer.ms} ms`, told(answer, names)] as const);
  const widths = [0, 1].map((column) => Math.max(...rows.map((cells) => widthOf(cells[column] ?? ""))));
  for (const [host, ms, text] of rows) {
    io.out(`${pad(host, widths[0] ?? 0)}  ${pad(ms, widths[1] ?? 0, "left")}  ${text}\n`);
  }
  const hints = new Set(answers.map((answer) => answer.fault?.hint).filter((hint) => hint !== undefined));
  for (const hint of hints) io.out(`→ ${clean(hint)}\n`);
  const well = answers.filter((answer) => answer.fault === undefined).length;
  io.out(`${well} of ${answers.length} answered\n`);
}

function told(answer: Answer, names: ReadonlyMap<string, readonly string[]>): string {
  if (answer.fault !== undefined) return clean(`${answer.fault.kind}: ${answer.fault.message}`);
  const others = (names.get(identityOf(answer)) ?? []).filter((name) => name !== answer.host);
  const same = others.length === 0 ? "" : `  the same host as ${others.join(", ")}`;
  return clean(`ok  machine ${answer.machineId ?? "unknown"}${same}`);
}

/** Two names with one machine id and one boot id are one host. */
function namesByIdentity(answers: readonly Answer[]): ReadonlyMap<string, readonly string[]> {
  const known = answers.filter((answer) => answer.machineId !== null && answer.bootId !== null);
  const groups = Map.groupBy(known, identityOf);
  return new Map(Array.from(groups, ([identity, members]) => [identity, members.map((member) => member.host)]));
}

function identityOf(answer: Answer): string {
  return `${answer.machineId} ${answer.bootId}`;
}
