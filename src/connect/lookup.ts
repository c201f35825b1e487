import { type LookupAddress, lookup } from "node:dns";
import { isIP } from "node:net";
import type { Fault } from "../model/fault.ts";
import { interrupted } from "./ssh/login.ts";
import type { Target } from "./ssh/target.ts";
import { unreachable } from "./ssh/unreachable.ts";
import { within } from "./within.ts";

const FAMILIES = { any: 0, inet: 4, inet6: 6 } as const;

/** Names that are asked for at once. Each takes a thread of Node's pool until its answer, and no more than half of them are for that. */
const AT_ONCE = Math.max(1, Math.floor((Number(process.env["UV_THREADPOOL_SIZE"] ?? 4) + 1) / 2));

let asked = 0;
const waiting = new Set<() => void>();

/**
 * The addresses of a host. Its `ms` begin when the name service is asked: others whose names nobody answers for must not use up its time.
 * Theirs is up long before their thread is free again.
 */
export async function addressesOf(
  host: Target,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<readonly LookupAddress[] | Fault> {
  const { address, ssh } = host;
  const leaving = (): boolean => signal?.aborted === true;
  const family = isIP(address);
  if (family !== 0) return [{ address, family }];
  if (leaving()) return interrupted(host);
  let turn: (() => void) | undefined;
  if (asked >= AT_ONCE) await until((resolve) => waiting.add((turn = resolve)), signal);
  if (leaving()) {
    // Whose turn it has become lets the next one have it.
    if (turn !== undefined && !waiting.delete(turn)) next();
    return interrupted(host);
  }
  const answering = within(ms, ask(address, FAMILIES[ssh.addressFamily ?? "any"]));
  const answer = await until<Answer>((resolve) => void answering.then(resolve), signal);
  if (leaving()) return interrupted(host);
  if (answer === undefined) return unreachable(Object.assign(new Error(), { code: "EAI_AGAIN" }), host);
  return answer instanceof Error ? unreachable(answer, host) : answer;
}

type Answer = readonly LookupAddress[] | Error;

/** What `begin` comes to, or undefined as soon as somebody does not want to wait any more. */
async function until<T>(
  begin: (resolve: (value?: T) => void) => void,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<T | undefined>();
  const giveUp = (): void => resolve(undefined);
  signal?.addEventListener("abort", giveUp, { once: true });
  begin(resolve);
  return promise.finally(() => signal?.removeEventListener("abort", giveUp));
}

/** Lets the name that has waited longest be asked for. */
function next(): void {
  const [first] = waiting;
  if (first === undefined) return;
  waiting.delete(first);
  first();
}

async function ask(name: string, family: 0 | 4 | 6): Promise<Answer> {
  asked += 1;
  const { promise, resolve } = Promise.withResolvers<Answer>();
  lookup(name, { all: true, family }, (error, addresses) => {
    asked -= 1;
    next();
    resolve(error ?? addresses);
  });
  return promise;
}
