import { type Fault, isFault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import type { Pinged } from "../model/probe.ts";
import { jsonText } from "../report/json.ts";
import { systemClock } from "../run/clock.ts";
import type { Connector } from "../run/ports.ts";
import { ownTurns } from "../run/turns.ts";
import { clean } from "../view/clean.ts";
import { foldHosts, nameless } from "../view/hosts.ts";
import { PAGE, type PingTable, pingDetails, pingTable, underHost } from "../view/ping.ts";
import { wrapWords } from "../view/width.ts";
import { counted } from "../view/words.ts";
import { connectors } from "./connectors.ts";
import { withinDescriptors } from "./descriptors.ts";
import { EXIT } from "./exit.ts";
import { tell, type Io } from "./io.ts";
import { pingHost } from "./ping-host.ts";
import { questions } from "./prompt.ts";
import { askPasswords } from "./secrets.ts";
import { selectTargets, withLogin, type TargetOptions } from "./targets.ts";
import { windowsSelftest } from "./windows-selftest.ts";

/** `runbook ping`'s options, as the command line gives them. `json`: one object a line. */
export type PingOptions = TargetOptions & {
  readonly parallel: number;
  readonly askPass?: boolean | undefined;
  readonly askBecomePass?: boolean | undefined;
  readonly acceptNewHostKeys?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly verbose?: boolean | undefined;
  readonly windowsSelftest?: boolean | undefined;
};

/** Selects hosts as `run` does, and pings them. */
export async function ping(options: PingOptions, io: Io): Promise<number | readonly Fault[]> {
  const targets = await selectTargets(options, "all", process.env, io);
  if (!("hosts" in targets)) return targets;
  const room = await withinDescriptors(targets.hosts, { parallel: options.parallel, keeps: false });
  if (isFault(room)) return [room];
  if (room.word !== undefined) tell([room.word], io, "warning");
  const hosts = withLogin(targets.hosts, options, await askPasswords(options));
  const { all } = connectors(process.env, {
    acceptNewHostKeys: options.acceptNewHostKeys === true,
    sshConfig: options.sshConfig,
    questions: questions(),
  });
  if (options.windowsSelftest === true) return windowsSelftest(hosts, all, io);
  return pingHosts(hosts, all, { ...options, parallel: room.parallel }, io);
}

/** Logs in to every host and shows each as it answers. 0: all did; 4: one or more did not, or not fully. */
export async function pingHosts(
  hosts: readonly Host[],
  connector: Connector,
  options: Pick<PingOptions, "parallel" | "json" | "verbose">,
  io: Io,
): Promise<number> {
  const turns = ownTurns(options.parallel, systemClock);
  const table = pingTable(hosts.map((host) => host.name));
  const causes = causeTeller(table);
  const print = (lines: readonly string[]): void => io.out(lines.map((line) => `${line}\n`).join(""));
  const show = (pinged: Pinged): void => {
    if (options.json === true) return print([jsonText(pinged)]);
    const row = pinged.reached ? table.row(pinged) : [];
    const details = pinged.reached && options.verbose === true ? pingDetails(pinged) : [];
    print([
      ...row,
      ...details.flatMap((line) => underHost(" ", line)),
      ...pinged.odd.flatMap((odd) => underHost("!", odd)),
      ...causes.tell(pinged),
    ]);
  };
  if (options.json !== true) print([table.head]);
  const answers = await Promise.all(
    hosts.map((host) =>
      turns.add(host.name, async (place) => {
        const pinged = await place.waitFor(pingHost(host, connector));
        show(pinged);
        return pinged;
      }),
    ),
  );
  if (options.json !== true) print([...causes.rest(), ...closing(answers)].map((line) => clean(line)));
  return answers.some((answer) => answer.fault !== undefined) ? EXIT.unknown : EXIT.ok;
}

/** Tells what is in the way once for each cause: at the first host at once, and at the end of how many others it holds. */
function causeTeller({ label }: PingTable): { tell(pinged: Pinged): string[]; rest(): string[] } {
  const told = new Map<string, { readonly first: string; readonly others: string[] }>();
  return {
    tell({ host, reached, fault }) {
      if (fault === undefined) return [];
      const cause = `${reached} ${fault.kind}: ${nameless(fault.message, host)}`;
      const before = told.get(cause);
      if (before !== undefined) {
        before.others.push(host);
        // Of a host that has its row something must stand there.
        return reached ? underHost("!", `the same as on ${before.first}`) : [];
      }
      told.set(cause, { first: host, others: [] });
      const head = reached ? underHost("!", fault.message) : wrapped(label(host), `${fault.kind}: ${fault.message}`);
      return [...head, ...(fault.hint === undefined ? [] : underHost("→", fault.hint))];
    },
    rest: () =>
      [...told.values()].flatMap(({ first, others }) =>
        others.length === 0
          ? []
          : [
              `${counted(others.length, "more host")} for the same reason as ${first}: ${foldHosts(others, MOST_NAMED)}`,
            ],
      ),
  };
}

function wrapped(host: string, text: string): string[] {
  const [first = "", ...more] = wrapWords(`${host}  ${clean(text)}`, PAGE);
  return [first, ...wrapWords(more.join(" "), PAGE - 4).flatMap((line) => (line === "" ? [] : [`    ${line}`]))];
}

const MOST_NAMED = 10;

/** What only all answers together tell, in the inventory's order: names of one machine, and the count. */
function closing(answers: readonly Pinged[]): string[] {
  // One machine id and one boot id: one machine.
  const known = answers.filter((answer) => answer.machineId !== null && answer.bootId !== null);
  const machines = Map.groupBy(known, ({ machineId, bootId }) => `${machineId} ${bootId}`);
  const several = [...machines.values()].filter((names) => names.length > 1);
  const answered = answers.filter((answer) => answer.reached).length;
  const odd = answers.filter((answer) => answer.odd.length > 0).length;
  return [
    ...several.map(
      (names) =>
        `${foldHosts(
          names.map(({ host }) => host),
          MOST_NAMED,
        )} are one machine`,
    ),
    `${answered} of ${answers.length} answered${odd === 0 ? "" : `; something is odd on ${odd}`}`,
  ];
}
