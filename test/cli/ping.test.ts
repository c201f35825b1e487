import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { pingHosts } from "../../src/cli/ping.ts";
import type { Connector } from "../../src/run/ports.ts";
import { plainSsh } from "../kit/connections.ts";
import { freePort, type Sshd, startSshd } from "../kit/sshd.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd[Symbol.asyncDispose]());

/** What ping prints, with times made equal, and its exit code. */
async function pinged(hosts: Parameters<typeof pingHosts>[0], json = false): Promise<{ out: string; exit: number }> {
  let out = "";
  const io = { out: (text: string) => void (out += text), err: () => undefined };
  const exit = await pingHosts(hosts, plainSsh(), { parallel: 1, json }, io);
  return { out: out.replaceAll(/ *\d+ ms/g, " T ms").replaceAll(/\b[\da-f]{32}\b/g, "ID"), exit };
}

describe("runbook ping", () => {
  it("says who answers, and that two names are one host", async () => {
    const { out, exit } = await pinged([sshd.host(), sshd.host({ name: "db1" })]);
    expect(out).toBe(
      "web1 T ms  ok  machine ID\ndb1 T ms  ok  machine ID\nweb1, db1 are one machine\n2 of 2 answered\n",
    );
    expect(exit).toBe(0);
  });

  it("says who does not and why, tells whom an advice is for, and exits with 4", async () => {
    const port = await freePort();
    const { out, exit } = await pinged([sshd.host(), sshd.host({ name: "a", port }), sshd.host({ name: "b", port })]);
    const refused = `unreachable: refused: nothing listens at 127.0.0.1 port ${port}`;
    expect(out.split("\n")).toEqual([
      "web1 T ms  ok  machine ID",
      `a T ms  ${refused}`,
      `b T ms  ${refused}`,
      "→ a, b: Is sshd running there, and is the port right?",
      "1 of 3 answered",
      "",
    ]);
    expect(exit).toBe(4);
  });

  it("makes what a host says safe to show, as lines and as JSON", async () => {
    const evil = sshd.host({ name: "evil\u001B[31m\u009B31m\u202E", port: await freePort() });
    for (const json of [false, true]) expect((await pinged([evil], json)).out).not.toMatch(/[\u001B\u009B\u202E]/);
  });

  it("names ten of the many that an advice is for", async () => {
    const port = await freePort();
    const { out } = await pinged(Array.from({ length: 12 }, (_, at) => sshd.host({ name: `h${at}`, port })));
    expect(out).toContain("→ h0, h1, h2, h3, h4, h5, h6, h7, h8, h9 and 2 more: Is sshd running there");
  });

  it("shows a host as it answers, before the others have", async () => {
    const connection = plainSsh();
    const first = Promise.withResolvers<void>();
    const connector: Connector = {
      connect: async (host) => {
        if (host.name === "late") await first.promise;
        return connection.connect(host);
      },
    };
    const said: string[] = [];
    const out = (text: string): void => {
      said.push(text.split(" ")[0] ?? "");
      first.resolve();
    };
    const hosts = [sshd.host({ name: "late" }), sshd.host()];
    await pingHosts(hosts, connector, { parallel: 2 }, { out, err: () => undefined });
    expect(said.slice(0, 2)).toEqual(["web1", "late"]);
  });

  it("prints one JSON object a line", async () => {
    const { out, exit } = await pinged([sshd.host(), sshd.host({ name: "b", port: await freePort() })], true);
    const answers = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { host: string; bootId: string | null; fault?: { kind: string } });
    const byName = new Map(answers.map((answer) => [answer.host, answer]));
    expect(byName.get("web1")?.bootId).toMatch(/^[\da-f-]{36}$/);
    expect(byName.get("b")?.fault?.kind).toBe("unreachable");
    expect(exit).toBe(4);
  });
});
