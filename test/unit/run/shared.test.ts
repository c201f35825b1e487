import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import type { Fault } from "../../../src/model/fault.ts";
import type { Host } from "../../../src/model/inventory.ts";
import type { Connection } from "../../../src/run/ports.ts";
import { SharedLogins } from "../../../src/run/shared.ts";
import { hostAt } from "../../kit/sshd.ts";

const REFUSED: Fault = { kind: "unreachable", message: "refused" };

function nobody(): never {
  throw new Error("nothing is run here");
}

/** A stand-in for logins: what became of each, and how to cut one. */
function logins(answer: (nth: number) => Fault | null = () => null) {
  const made: { alive: boolean; closed: boolean }[] = [];
  const connect = async (_host: Host): Promise<Connection | Fault> => {
    const own = { alive: true, closed: false };
    const fault = answer(made.push(own));
    if (fault !== null) return fault;
    return {
      identity: { machineId: "m", bootId: "b" },
      get alive() {
        return own.alive;
      },
      run: nobody,
      beside: nobody,
      job: nobody,
      attach: nobody,
      [Symbol.asyncDispose]: async () => {
        own.alive = false;
        own.closed = true;
      },
    };
  };
  return { made, connector: { connect } };
}

async function connected(shared: SharedLogins, run: string, host: Host): Promise<Connection> {
  const answer = await shared.of(run).connect(host);
  if ("kind" in answer) throw new Error(answer.message);
  return answer;
}

const WEB = hostAt(22, "/none", { name: "web1" });
const CONCERNED = new Map([["web1", ["a", "b"]]]);

describe("logins that runs share", () => {
  it("are one a host, and end when the last run that it concerns has let go", async () => {
    const { made, connector } = logins();
    await using shared = new SharedLogins(connector, CONCERNED);
    const [a, b] = await Promise.all([connected(shared, "a", WEB), connected(shared, "b", WEB)]);
    await a[Symbol.asyncDispose]();
    expect([made.length, a.alive, b.alive]).toEqual([1, false, true]);
    await a[Symbol.asyncDispose]();
    expect(made[0]?.closed).toBe(false);
    await b[Symbol.asyncDispose]();
    expect(made[0]?.closed).toBe(true);
  });

  it("are there for a run that comes after another has let go", async () => {
    const { made, connector } = logins();
    await using shared = new SharedLogins(connector, CONCERNED);
    await (await connected(shared, "a", WEB))[Symbol.asyncDispose]();
    expect((await connected(shared, "b", WEB)).alive).toBe(true);
    expect(made).toHaveLength(1);
  });

  it("are not tried again where there is none", async () => {
    const { made, connector } = logins(() => REFUSED);
    await using shared = new SharedLogins(connector, CONCERNED);
    expect(await shared.of("a").connect(WEB)).toBe(REFUSED);
    expect(await shared.of("b").connect(WEB)).toBe(REFUSED);
    expect(made).toHaveLength(1);
  });

  it("are made once more where one was lost, and shared again", async () => {
    const { made, connector } = logins((nth) => (nth > 2 ? REFUSED : null));
    await using shared = new SharedLogins(connector, CONCERNED);
    const a = await connected(shared, "a", WEB);
    for (const own of made) own.alive = false;
    expect(a.alive).toBe(false);
    await a[Symbol.asyncDispose]();
    expect((await connected(shared, "b", WEB)).alive).toBe(true);
    expect((await connected(shared, "a", WEB)).alive).toBe(true);
    expect(made).toHaveLength(2);
  });

  it("are waited for until the signal comes, and listen to it no longer than that", async () => {
    const hung = Promise.withResolvers<Connection | Fault>();
    const { connector } = logins();
    const over = new AbortController();
    const slow = hostAt(22, "/none", { name: "slow" });
    const connect = (host: Host) => (host.name === "slow" ? hung.promise : connector.connect(host));
    await using shared = new SharedLogins({ connect }, new Map([...CONCERNED, ["slow", ["a"]]]));
    for (let nth = 0; nth < 3; nth += 1) await shared.of("a").connect(WEB, over.signal);
    expect(getEventListeners(over.signal, "abort")).toHaveLength(0);
    const waiting = shared.of("a").connect(slow, over.signal);
    expect(getEventListeners(over.signal, "abort")).toHaveLength(1);
    over.abort();
    expect(await waiting).toMatchObject({ message: "interrupted before it began" });
    expect(await shared.of("a").connect(slow, over.signal)).toMatchObject({ message: "interrupted before it began" });
    expect(getEventListeners(over.signal, "abort")).toHaveLength(0);
    hung.resolve(REFUSED);
  });

  it("end with all that is left of them", async () => {
    const { made, connector } = logins();
    const shared = new SharedLogins(connector, CONCERNED);
    await connected(shared, "a", WEB);
    await shared[Symbol.asyncDispose]();
    expect(made[0]?.closed).toBe(true);
  });
});
