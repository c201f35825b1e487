import type { Fault } from "../model/fault.ts";
import { connectors } from "./connectors.ts";
import type { Io } from "./io.ts";
import { ping } from "./ping.ts";
import { askSecret, questions } from "./prompt.ts";
import { selectTargets, withLogin, type TargetOptions } from "./targets.ts";

/** `runbook ping`'s options, as the command line gives them. */
export type PingCommandOptions = TargetOptions & {
  readonly parallel: number;
  readonly askPass?: boolean | undefined;
  readonly acceptNewHostKeys?: boolean | undefined;
  readonly json?: boolean | undefined;
};

/** Selects hosts as `run` does, and pings them. */
export async function pingTargets(options: PingCommandOptions, io: Io): Promise<number | readonly Fault[]> {
  const targets = await selectTargets(options, "all", process.env, io);
  if (!("hosts" in targets)) return targets;
  const login = options.askPass === true ? await askSecret("SSH password") : undefined;
  const hosts = withLogin(targets.hosts, options, { login, become: undefined });
  const { all } = connectors(process.env, {
    acceptNewHostKeys: options.acceptNewHostKeys === true,
    questions: questions(),
  });
  return ping(hosts, all, { parallel: options.parallel, io, json: options.json === true });
}
