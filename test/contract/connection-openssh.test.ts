import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Host } from "../../src/model/inventory.ts";
import { Secret } from "../../src/model/secret.ts";
import { connected, faultOf, logsIn, plainOpenssh, script, told } from "../kit/connections.ts";
import { type Sshd, startSshd } from "../kit/sshd.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

let sshd: Sshd;
/** A second server: what lies between us and the first. */
let bastion: Sshd;
beforeAll(async () => {
  [sshd, bastion] = await Promise.all([
    startSshd({ config: ["ClientAliveInterval 1", "ClientAliveCountMax 1"] }),
    startSshd(),
  ]);
});
afterAll(async () => {
  await sshd[Symbol.asyncDispose]();
  await bastion[Symbol.asyncDispose]();
});

function host(over: Partial<Host> = {}): Host {
  return sshd.host({ connection: "openssh", ...over });
}

/** What the inventory gives ssh word by word. */
function asArguments(...after: readonly string[]): Pick<Host, "sshArguments"> {
  return { sshArguments: { before: [], after } };
}

function keygen(file: string, ...more: readonly string[]): string {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file, ...more]);
  return file;
}

describe("what only the system's ssh can do", () => {
  it("takes a host by a certificate that a known authority gave it, and no other host", async () => {
    const authority = keygen(join(bastion.dir, "authority"));
    const certified = keygen(join(bastion.dir, "certified"));
    execFileSync("ssh-keygen", ["-q", "-s", authority, "-h", "-I", "web", "-n", "127.0.0.1", `${certified}.pub`]);
    await using server = await startSshd({
      config: [`HostKey ${certified}`, `HostCertificate ${certified}-cert.pub`],
    });
    const known = join(server.dir, "authorities");
    writeFileSync(known, `@cert-authority 127.0.0.1 ${readFileSync(`${authority}.pub`, "utf8")}`);
    const there = server.host({ connection: "openssh", userKnownHosts: [known] });
    expect(await logsIn(plainOpenssh(), there)).toBe(true);
    const fault = await faultOf(plainOpenssh(), { ...there, address: "localhost" });
    expect(fault).toMatchObject({ kind: "host-key", where: "web1" });
  });

  it("logs in with a user's certificate", async () => {
    const authority = keygen(join(sshd.dir, "users"));
    const key = keygen(join(sshd.dir, "certified"));
    execFileSync("ssh-keygen", ["-q", "-s", authority, "-I", "me", "-n", "root", `${key}.pub`]);
    writeFileSync(join(sshd.dir, "authorized"), `cert-authority ${readFileSync(`${authority}.pub`, "utf8")}`, {
      flag: "a",
    });
    expect(await logsIn(plainOpenssh(), host({ keyFiles: [key] }))).toBe(true);
    expect((await faultOf(plainOpenssh(), host({ keyFiles: [authority] }))).message).toContain("no key was accepted");
  });

  it("goes through a ProxyCommand, and through a jump host", async () => {
    const way = `-i ${bastion.dir}/key -o UserKnownHostsFile=${bastion.dir}/known -p ${bastion.port} root@127.0.0.1`;
    expect(await logsIn(plainOpenssh(), host(asArguments("-o", `ProxyCommand=ssh -W %h:%p ${way}`)))).toBe(true);
    const config = join(bastion.dir, "config");
    writeFileSync(
      config,
      `Host jump\n  HostName 127.0.0.1\n  Port ${bastion.port}\n  User root\n  IdentityFile ${bastion.dir}/key\n  UserKnownHostsFile ${bastion.dir}/known\n`,
    );
    const before = readFileSync(join(bastion.dir, "log"), "utf8").split("Accepted publickey").length;
    expect(await logsIn(plainOpenssh(), host(asArguments("-F", config, "-J", "jump")))).toBe(true);
    expect(readFileSync(join(bastion.dir, "log"), "utf8").split("Accepted publickey")).toHaveLength(before + 1);
    const fault = await faultOf(
      plainOpenssh(),
      host(asArguments("-o", "ProxyCommand=sh -c 'echo the bridge is up >&2; exit 1'")),
    );
    expect(fault).toMatchObject({ kind: "unreachable" });
    expect(fault.message).toBe("closed by the host before the login; the way there says: the bridge is up");
  });

  it("does what the user's own configuration says of the host", async () => {
    const config = join(sshd.dir, "config");
    writeFileSync(
      config,
      `Host db\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  User root\n  IdentityFile ${sshd.dir}/key\n  UserKnownHostsFile ${sshd.dir}/known\n`,
    );
    const silent = { address: "db", port: 22, user: undefined, keyFiles: [], identitiesOnly: false };
    const known = { userKnownHosts: undefined, globalKnownHosts: undefined };
    await using connection = await connected(
      plainOpenssh(),
      host({ ...silent, ...known, ...asArguments("-F", config) }),
    );
    // To become whom ssh logged in as takes no sudo.
    expect(told(await connection.run(script("id -un", { become: "root" }))).stdout).toBe("root\n");
  });

  it("answers a host that looks whether we are alive", async () => {
    await using connection = await connected(plainOpenssh(), host());
    expect(told(await connection.run(script("sleep 4; echo still"))).stdout).toBe("still\n");
  });
});

describe("questions of the system's ssh", () => {
  it("asks a person for a passphrase, once for all hosts, and again when it was wrong", async () => {
    const key = join(sshd.dir, "locked");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "open sesame", "-f", key]);
    writeFileSync(join(sshd.dir, "authorized"), readFileSync(`${key}.pub`), { flag: "a" });
    const asked: string[] = [];
    const ask = async (prompt: string): Promise<Secret> => {
      asked.push(prompt);
      return new Secret(prompt.startsWith("Wrong") ? "open sesame" : "wrong");
    };
    const there = host({ keyFiles: [key] });
    const connector = plainOpenssh({ ask });
    expect(await Promise.all([logsIn(connector, there), logsIn(connector, there)])).toEqual([true, true]);
    expect(new Set(asked)).toEqual(new Set([`Passphrase of ${key}`, `Wrong (1 of 3). Passphrase of ${key}`]));
    const fault = await faultOf(plainOpenssh(), there);
    expect(fault.kind).toBe("auth");
  });
});
