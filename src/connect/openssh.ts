import { type Fault, isFault } from "../model/fault.ts";
import type { Host } from "../model/inventory.ts";
import type { Connection, Connector } from "../run/ports.ts";
import { connectionOver } from "./connection.ts";
import { type Deadline, deadlineOf, interrupted } from "./login.ts";
import { answersFor } from "./openssh-answers.ts";
import { hostArguments, type Wishes } from "./openssh-arguments.ts";
import { sessionsOver } from "./openssh-channel.ts";
import { endingOf, loginFault } from "./openssh-fault.ts";
import { type Master, startMaster } from "./openssh-master.ts";
import { newPace, type Pace, placesOf } from "./pace.ts";
import { wireIn } from "./openssh-wire.ts";
import { resolveHost, type Resolved } from "./openssh-resolve.ts";
import type { SshOptions } from "./reach.ts";
import { logInAtLast, type NotIn } from "./tries.ts";
import { timedOut } from "./unreachable.ts";
import { windowsConnection } from "./windows.ts";

/** What all logins by the system's `ssh` share. */
export type OpensshOptions = Pick<SshOptions, "home" | "acceptNewHostKeys" | "connectTimeoutMs" | "ask" | "pace"> &
  Pick<Wishes, "file">;

/** Connects with the system's `ssh`, with one login a host: what that can do and is configured for counts. */
export function opensshConnector(options: OpensshOptions): Connector {
  const pace = options.pace ?? newPace();
  return { connect: (host, signal) => connect({ ...options, pace }, host, signal) };
}

async function connect(
  options: OpensshOptions & { readonly pace: Pace },
  host: Host,
  signal?: AbortSignal,
): Promise<Connection | Fault> {
  const patience = options.connectTimeoutMs ?? 10_000;
  const words = hostArguments(host, { ...options, connectTimeout: patience / 1000 });
  const resolved = await resolveHost(words);
  if ("problem" in resolved) return unfit(resolved.problem, host);
  // Who has set a longer time in ssh's configuration knows that it takes that long.
  const deadline = deadlineOf(Math.max(patience, resolved.connectTimeout * 1000));
  const there = { ...host, ...resolved };
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
  const abort = (): void => void master.end();
  signal?.addEventListener("abort", abort, { once: true });
  const made = { ...loginOver(master, host, resolved.user), wire: wireIn(await master.log()) };
  const connection = await (host.windows === undefined ? connectionOver(made) : windowsConnection(made, host.windows));
  signal?.removeEventListener("abort", abort);
  return isFault(connection) ? { where: host.name, ...connection } : connection;
}

async function logIn(
  words: readonly string[],
  host: Host & Resolved,
  { ask, home }: OpensshOptions,
  deadline: Deadline,
  signal: AbortSignal | undefined,
): Promise<Master | NotIn> {
  const answer = await startMaster(words, answersFor(host, ask, home, deadline), deadline, signal);
  if (isFault(answer)) return { fault: { where: host.name, ...answer }, again: false };
  if ("line" in answer) return answer;
  switch (answer.kind) {
    case "late":
      return { fault: timedOut(host, deadline.seconds), again: false };
    case "interrupted":
      return { fault: interrupted(host), again: false };
    case "failed":
    case "declined":
      return loginFault(answer, host);
  }
}

function loginOver(master: Master, host: Host, user: string): Parameters<typeof connectionOver>[0] {
  let alive = true;
  void master.line.closed.then(() => (alive = false));
  return {
    open: sessionsOver(master.line, async () => endingOf(await master.log())),
    user,
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
