import { describe, expect, test } from "vitest";
import { isFault } from "../../../src/model/fault.ts";
import { Fleet } from "../../../src/run/fleet.ts";
import type { Connection, Connector } from "../../../src/run/ports.ts";
import { hostNamed } from "../../kit/host.ts";

const HOST = hostNamed("web1");

/** Logins that come when the test says so, and what has become of them. */
function gates(machineId = "m") {
  const seen = { begun: 0, calledOff: 0, ended: 0 };
  const opened = Promise.withResolvers<void>();
  const connector: Connector = {
    connect: async (_host, signal) => {
      seen.begun += 1;
      signal?.addEventListener("abort", () => (seen.calledOff += 1));
      await opened.promise;
      return connection();
    },
  };
  const connection = (): Connection => {
    let alive = true;
    return {
      identity: { machineId, bootId: "b" },
      get alive() {
        return alive;
      },
      run: () => Promise.reject(new Error("nothing is run here")),
      job: () => Promise.reject(new Error("nothing is run here")),
      beside: () => Promise.reject(new Error("nothing is run here")),
      attach: () => Promise.reject(new Error("nothing is run here")),
      [Symbol.asyncDispose]: async () => {
        alive = false;
        seen.ended += 1;
      },
    };
  };
  return { seen, connector, open: opened.resolve };
}

describe("a fleet", () => {
  test("logs in once for two who ask at the same time, and again when that login is dead", async () => {
    const { seen, connector, open } = gates();
    await using fleet = new Fleet(connector);
    const both = Promise.all([fleet.connect(HOST, null), fleet.connect(HOST, "m")]);
    open();
    const [one, two] = await both;
    expect(one).toBe(two);
    expect(fleet.has("web1")).toBe(true);
    if (isFault(one)) throw new Error(one.message);
    await one[Symbol.asyncDispose]();
    expect(await fleet.connect(HOST, "m")).not.toBe(one);
    expect(seen).toEqual({ begun: 2, calledOff: 0, ended: 2 });
  });

  test.each(["leave", "dispose"] as const)("calls a login under way off (%s), and keeps nothing of it", async (how) => {
    const { seen, connector, open } = gates();
    const fleet = new Fleet(connector);
    const coming = fleet.connect(HOST, null);
    await new Promise(setImmediate);
    await (how === "leave" ? fleet.leave("web1") : fleet[Symbol.asyncDispose]());
    open();
    expect(await coming).toMatchObject({ kind: "session", message: "the run is over" });
    expect(fleet.has("web1")).toBe(false);
    expect(seen).toEqual({ begun: 1, calledOff: 1, ended: 1 });
    await fleet[Symbol.asyncDispose]();
  });

  test("lets go of another machine at the same address", async () => {
    const { seen, connector, open } = gates();
    open();
    await using fleet = new Fleet(connector);
    expect(await fleet.connect(HOST, "another")).toMatchObject({ kind: "host-key", where: "web1" });
    expect(seen).toEqual({ begun: 1, calledOff: 0, ended: 1 });
  });
});
