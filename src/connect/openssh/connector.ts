import { type Fault, isFault } from "../../model/fault.ts";
import type { Host } from "../../model/inventory.ts";
import type { Connection, Connector } from "../../run/ports.ts";
import { type Deadline, deadlineOf, interrupted } from "../ssh/login.ts";
import { answersFor, askingOnce } from "./answers.ts";
import { hostArguments, type Wishes } from "./arguments.ts";
import { sessionsOver } from "./channel.ts";
import { unwritten } from "../hostkeys/hostkey.ts";
import { endingOf, forgotten, loginFault, stageIn } from "./fault.ts";
import { type Master, startMaster } from "./master.ts";
import { newPace, type Pace, placesOf } from "../ssh/pace.ts";
import { wireIn } from "./wire.ts";
import { type Resolve, type Resolved, resolver, type There } from "./resolve.ts";
import type { SshOptions } from "../ssh/reach.ts";
import { logInAtLast, type NotIn } from "../ssh/tries.ts";
import { timedOut } from "../ssh/unreachable.ts";
import type { Login } from "../pool.ts";
import { sessionsOn } from "../sessions.ts";

/** What all logins by the system's `ssh` share. */
export type OpensshOptions = Pick<
  SshOptions,
  "home" | "agentSocket" | "acceptNewHostKeys" | "connectTimeoutMs" | "ask" | "pace" | "shellPatience"
> &
  Pick<Wishes, "file">;

/** Connects with the system's `ssh`, with one login a host: what that can do and is configured for counts. */
export function opensshConnector(options: OpensshOptions): Connector {
  const asking = options.ask === undefined ? {} : { ask: askingOnce(options.ask) };
  const shared = { ...options, ...asking, pace: options.pace ?? newPace(), resolve: resolver() };
  return { connect: (host, signal) => connect(shared, host, signal) };
}

/** Seconds: more is too long a time for ssh. */
const LONGEST = 1e6;

async function connect(
  options: OpensshOptions & { readonly pace: Pace; readonly resolve: Resolve },
  host: Host,
  signal?: AbortSignal,
): Promise<Connection | Fault> {
  const leaving = (): boolean => signal?.aborted === true;
  const patience = options.connectTimeoutMs ?? 10_000;
  const usual = Math.ceil(Math.min(patience / 1000, LONGEST));
  const words = hostArguments(host, { ...options, connectTimeout: usual });
  const resolved = await options.resolve(words);
  if (leaving()) return interrupted(host);
  if ("problem" in resolved) return unfit(resolved.problem, host);
  const { connectTimeout } = resolved;
  const deadline = deadlineOf(connectTimeout === usual ? patience : connectTimeout * 1000);
  // What the inventory says beside that is for ssh to read.
  const there: There = { ...host, ...resolved, ssh: {} };
  const places = placesOf(there);
  const attempt = async (): Promise<Master | NotIn> => {
    // To wait for others is no fault of this host.
    const turn = await deadline.pause(options.pace.turn(places, signal));
    if (turn === undefined) return { fault: interrupted(host), again: false };
    try {
      return await logIn(words, there, options, deadline, signal);
    } finally {
      turn.end();
    }
  };
  const answer = await logInAtLast(attempt, deadline, signal);
  if ("fault" in answer) return answer.fault;
  const master = answer;
  const log = await master.log();
  if (forgotten(log)) {
    await master.end();
    return unwritten(`${host.userKnownHosts?.[0] ?? "~/.ssh/known_hosts"} cannot be written`, host.name);
  }
  const abort = (): void => void master.end();
  signal?.addEventListener("abort", abort, { once: true });
  if (leaving()) abort();
  const made = { ...loginOver(master, there, resolved), wire: wireIn(log), patience: options.shellPatience };
  const connection = await sessionsOn(made, host);
  signal?.removeEventListener("abort", abort);
  return isFault(connection) ? { where: host.name, ...connection } : connection;
}

async function logIn(
  words: readonly string[],
  host: There,
  options: OpensshOptions,
  deadline: Deadline,
  signal: AbortSignal | undefined,
): Promise<Master | NotIn> {
  const answers = answersFor(host, options, deadline);
  const answer = await startMaster(words, { answers, agentSocket: options.agentSocket, deadline, signal });
  if (isFault(answer)) return { fault: { where: host.name, ...answer }, again: false };
  if ("line" in answer) return answer;
  switch (answer.kind) {
    case "late":
      return { fault: timedOut(host, deadline.seconds, stageIn(answer.log)), again: false };
    case "interrupted":
      return { fault: interrupted(host), again: false };
    case "failed":
    case "declined":
      return loginFault(answer, host, answers?.asked());
  }
}

function loginOver(master: Master, host: There, { silence, agent }: Resolved): Login {
  let alive = true;
  void master.line.closed.then(() => (alive = false));
  return {
    open: sessionsOver(master.line, agent, async () => endingOf(await master.log(), silence)),
    user: host.user,
    becomePassword: host.becomePassword,
    becomeMeans: host.becomeMeans,
    alive: () => alive,
    close: () => master.end(),
  };
}

function unfit(problem: string, host: Host): Fault {
  return {
    kind: "unreachable",
    message: `ssh does not take what it is told of this host: ${problem}`,
    where: host.name,
    hint: "Look at its ssh arguments in the inventory and at ~/.ssh/config.",
  };
}
