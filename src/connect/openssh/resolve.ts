import { execFile } from "node:child_process";
import PQueue from "p-queue";
import type { Host } from "../../model/inventory.ts";
import type { Target } from "../ssh/target.ts";

/** Where ssh would go, with its user's configuration read: `ssh -G` tells without a connection. */
export type Resolved = {
  readonly user: string;
  readonly address: string;
  readonly port: number;
  /** Seconds, as is the silence after which the host is lost. */
  readonly connectTimeout: number;
  readonly silence: number;
  /** The host may use the agent. */
  readonly agent: boolean;
};

/** ms for `ssh -G`: it may run what `Match exec` says. */
const PATIENCE = 10_000;

/** A host as ssh takes it. */
export type There = Host & Resolved & Pick<Target, "ssh">;

/** Asks ssh what it makes of its arguments; its complaint where they are none. */
export type Resolve = (host: readonly string[]) => Promise<Resolved | { readonly problem: string }>;

/** ssh processes at once; each takes a few ms. */
const AT_ONCE = 4;

/** Asks for few hosts at once. */
export function resolver(): Resolve {
  const queue = new PQueue({ concurrency: AT_ONCE });
  return (host) => queue.add(() => resolveHost(host));
}

async function resolveHost(host: readonly string[]): Promise<Resolved | { readonly problem: string }> {
  const { promise, resolve } = Promise.withResolvers<{ readonly out: string; readonly problem?: string }>();
  execFile("ssh", ["-G", ...host], { timeout: PATIENCE, killSignal: "SIGKILL" }, (error, out, err) => {
    if (error === null) resolve({ out });
    else resolve({ out, problem: err.trim().split("\n").at(-1)?.trim() || error.message });
  });
  const { out, problem } = await promise;
  if (problem !== undefined) return { problem };
  const said = new Map(
    out.split("\n").map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]),
  );
  const user = said.get("user");
  const address = said.get("hostname");
  if (user === undefined || address === undefined) return { problem: "`ssh -G` tells no user and no host name" };
  const numberOf = (name: string): number => Number(said.get(name) ?? 0) || 0;
  return {
    user,
    address,
    port: numberOf("port"),
    connectTimeout: numberOf("connecttimeout"),
    agent: (said.get("forwardagent") ?? "no") !== "no",
    silence: numberOf("serveraliveinterval") * (numberOf("serveralivecountmax") + 1),
  };
}
