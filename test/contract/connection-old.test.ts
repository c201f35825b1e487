import { execFileSync } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Compat } from "../../src/model/compat.ts";
import { oldIn } from "../../src/model/wire.ts";
import { connected, faultOf, logsIn, plainOpenssh, plainSsh } from "../kit/connections.ts";
import { type Sshd, startSshd } from "../kit/sshd.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** A real sshd of today that takes only what servers of then knew, but for signatures of users: a stand-in for OpenSSH 5.3 and 4.3. */
async function oldServer(kex: string, cipher: string): Promise<Sshd> {
  const sshd = await startSshd({
    config: [
      `HostKey ${rsaKey}`,
      "HostKeyAlgorithms ssh-rsa",
      "PubkeyAcceptedAlgorithms rsa-sha2-256,rsa-sha2-512",
      `KexAlgorithms ${kex}`,
      `Ciphers ${cipher}`,
      "MACs hmac-sha1",
    ],
  });
  appendFileSync(join(sshd.dir, "known"), `[127.0.0.1]:${sshd.port} ${readFileSync(`${rsaKey}.pub`, "utf8")}`);
  appendFileSync(join(sshd.dir, "authorized"), readFileSync(`${rsaKey}.pub`));
  return sshd;
}

let dir: Sshd;
let rsaKey = "";
beforeAll(async () => {
  dir = await startSshd();
  rsaKey = join(dir.dir, "rsa");
  execFileSync("ssh-keygen", ["-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", rsaKey]);
});
afterAll(() => dir[Symbol.asyncDispose]());

describe("servers that are too old for today's algorithms", () => {
  it("are logged in to where the inventory says what they are, and else the hint names it", async () => {
    await using old = await oldServer("diffie-hellman-group14-sha1", "aes128-cbc");
    const host = old.host({ keyFiles: [rsaKey] });
    const fault = await faultOf(plainSsh(), host);
    expect(fault.kind).toBe("unreachable");
    expect(fault.message).toMatch(/^no common key exchange algorithm with 127\.0\.0\.1 port \d+ \(OpenSSH_/);
    expect(fault.hint).toContain("`runbook_compat: el6`");
    for (const compat of Compat.options) {
      await using connection = await connected(plainSsh(), { ...host, compat });
      expect(oldIn(connection.wire)).toEqual(["diffie-hellman-group14-sha1", "ssh-rsa", "aes128-cbc"]);
    }
  });

  it("are logged in to by the system's ssh in the same way", async () => {
    await using old = await oldServer("diffie-hellman-group14-sha1", "aes128-cbc");
    const host = old.host({ keyFiles: [rsaKey], connection: "openssh" });
    expect((await faultOf(plainOpenssh(), host)).hint).toContain("runbook_compat");
    await using connection = await connected(plainOpenssh(), { ...host, compat: "el6" });
    expect(connection.wire).toMatchObject({
      server: expect.stringContaining("OpenSSH"),
      kex: "diffie-hellman-group14-sha1",
      hostKey: "ssh-rsa",
      cipher: "aes128-cbc",
      mac: "hmac-sha1",
    });
  });

  it("get group 1 and 3DES only as el5", async () => {
    await using older = await oldServer("diffie-hellman-group1-sha1", "3des-cbc");
    const host = older.host({ keyFiles: [rsaKey] });
    expect((await faultOf(plainSsh(), { ...host, compat: "el6" })).hint).toContain("`runbook_compat: el5`");
    expect(await logsIn(plainSsh(), { ...host, compat: "el5" })).toBe(true);
  });

  it("are refused where only group exchange would do, whatever the inventory says", async () => {
    await using strict = await oldServer("diffie-hellman-group-exchange-sha1", "aes128-ctr");
    const host = strict.host({ keyFiles: [rsaKey] });
    for (const compat of [undefined, ...Compat.options]) {
      const { hint } = await faultOf(plainSsh(), compat === undefined ? host : { ...host, compat });
      expect(hint).toContain("takes only diffie-hellman-group-exchange-sha1");
    }
  });

  it("changes nothing for a server of today", async () => {
    for (const compat of Compat.options) {
      await using connection = await connected(plainSsh(), dir.host({ compat }));
      expect(oldIn(connection.wire)).toEqual([]);
    }
  });
});
