import { Client } from "ssh2";
import { expect, test } from "vitest";
import { jumpPool, type JumpLogin, type Jumps, type Route } from "../../../src/connect/ssh/jump.ts";
import { targetOf, type Target } from "../../../src/connect/ssh/target.ts";
import { type Fault, isFault } from "../../../src/model/fault.ts";
import { hostAt } from "../../kit/sshd.ts";

const ROUTE: Route = { hops: ["bastion"], settings: {}, trail: [] };

function target(): Target {
  const made = targetOf(hostAt(22, "/"), new Map(), { home: "/", user: "root" });
  if (isFault(made)) throw new Error(made.message);
  return made;
}

/** A pool whose logins are stand-ins: a client that is connected to nobody, or a fault. */
function pool(answer: () => Promise<JumpLogin | Fault>): { readonly jumps: Jumps; readonly tries: () => number } {
  let tries = 0;
  const jumps = jumpPool(() => {
    tries += 1;
    return answer();
  });
  return { jumps, tries: () => tries };
}

const way = { dial: async () => undefined, lost: () => undefined, release: () => undefined };

test("a hundred hosts share a login, and the next one gets another", async () => {
  const { jumps, tries } = pool(async () => ({ client: new Client(), way }));
  const ways = await Promise.all(Array.from({ length: 101 }, () => jumps.through(ROUTE, target(), undefined)));
  expect(tries()).toBe(2);
  for (const one of ways) if (!isFault(one)) one.release();
  await jumps.through({ ...ROUTE, hops: ["another"] }, target(), undefined);
  await jumps.through({ ...ROUTE, settings: { user: "ops" } }, target(), undefined);
  expect(tries()).toBe(4);
});

test.each(["auth", "host-key", "unreachable"] as const)(
  "who fails with %s is not tried again for each host",
  async (kind) => {
    const { jumps, tries } = pool(async () => ({ kind, message: "no" }));
    for (let host = 0; host < 3; host += 1) {
      expect(await jumps.through(ROUTE, target(), undefined)).toEqual({ kind, message: "no", where: "web1" });
    }
    expect(tries()).toBe(1);
  },
);

test("a login that nobody waits for any more is given up, and made anew for who comes then", async () => {
  const given: AbortSignal[] = [];
  const jumps = jumpPool((_route, signal) => {
    given.push(signal);
    return new Promise(() => undefined);
  });
  const [first, second] = [new AbortController(), new AbortController()];
  const both = [first, second].map(({ signal }) => jumps.through(ROUTE, target(), signal));
  first.abort();
  expect(await both[0]).toMatchObject({ message: "interrupted" });
  expect(given.map((signal) => signal.aborted)).toEqual([false]);
  second.abort();
  expect(await both[1]).toMatchObject({ message: "interrupted" });
  void jumps.through(ROUTE, target(), undefined);
  expect(given.map((signal) => signal.aborted)).toEqual([true, false]);
});

test("a way that needs itself is refused", async () => {
  const route: Route = { ...ROUTE, trail: [JSON.stringify([["bastion"], {}])] };
  const { jumps, tries } = pool(async () => ({ client: new Client(), way }));
  expect(await jumps.through(route, target(), undefined)).toMatchObject({
    message: expect.stringContaining("circles"),
  });
  expect(tries()).toBe(0);
});
