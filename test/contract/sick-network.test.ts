import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { isFault } from "../../src/model/fault.ts";
import type { Host } from "../../src/model/inventory.ts";
import { connected, faultOf, plainSsh, script, told } from "../kit/connections.ts";
import { type Network, network } from "../kit/network.ts";
import { eventually, processesWith, uniqueSleep } from "../kit/processes.ts";
import { type Sshd, startSshd } from "../kit/sshd.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

let net: Network;
let sshd: Sshd;
beforeAll(async () => {
  net = network();
  sshd = await startSshd({ network: net });
});
afterAll(async () => {
  await sshd[Symbol.asyncDispose]();
  net[Symbol.dispose]();
});

/** A host that is lost after two seconds of silence. */
function impatient(): Host {
  return sshd.host({ ssh: { aliveInterval: 1, aliveCount: 2 } });
}

describe("a host behind a cable that somebody pulls", () => {
  it("is lost under a look, says that nothing answers, and is looked at again once the cable is back", async () => {
    await using host = await connected(plainSsh(), impatient());
    const sleep = uniqueSleep();
    const run = host.run(script(sleep));
    expect(await eventually(() => processesWith(sleep).length > 0)).toBe(true);
    net.ip("link", "set", net.device, "down");
    expect(told(await run).end).toBe("lost: no answer from the host for 2 s");
    expect(host.alive).toBe(false);
    const fault = await faultOf(plainSsh({ connectTimeoutMs: 700 }), sshd.host());
    expect(fault).toMatchObject({
      kind: "unreachable",
      message: expect.stringMatching(/^timed out: nothing answers at 10\./),
    });
    net.ip("link", "set", net.device, "up");
    // Who asks at once is told for a moment that there is no route.
    expect(await again()).toBe(true);
  });
});

/** Tries to log in until that works. */
async function again(): Promise<boolean> {
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await plainSsh().connect(sshd.host());
    if (!isFault(answer)) {
      await using host = answer;
      return told(await host.run(script("echo back"))).stdout === "back\n";
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  return false;
}
