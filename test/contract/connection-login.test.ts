import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { sshConnector } from "../../src/connect/ssh.ts";
import { type Fault, isFault } from "../../src/model/fault.ts";
import type { Host } from "../../src/model/inventory.ts";
import { Secret } from "../../src/model/secret.ts";
import type { Connector } from "../../src/run/ports.ts";
import { connected, plainSsh, script, told } from "../kit/connections.ts";
import { eventually, processesWith, uniqueSleep } from "../kit/processes.ts";
import { freePort, loginsOf, type Sshd, startSshd } from "../kit/sshd.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd[Symbol.asyncDispose]());

async function faultOf(connector: Connector, host: Host): Promise<Fault> {
  const answer = await connector.connect(host);
  if (isFault(answer)) return answer;
  await answer[Symbol.asyncDispose]();
  throw new Error("it logged in");
}

async function logsIn(connector: Connector, host: Host): Promise<boolean> {
  await using connection = await connected(connector, host);
  return told(await connection.run(script("echo in"))).stdout === "in\n";
}

function keygen(file: string, ...more: readonly string[]): string {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file, ...more]);
  return file;
}

describe("host keys", () => {
  it("refuses a host whose key is not known, with its fingerprint and the cure", async () => {
    const fault = await faultOf(plainSsh(), sshd.host({ userKnownHosts: ["/nonexistent/known"] }));
    const [, fingerprint = "?"] = execFileSync("ssh-keygen", ["-lf", join(sshd.dir, "host.pub")], {
      encoding: "utf8",
    }).split(" ");
    expect(fault).toMatchObject({ kind: "host-key", where: "web1" });
    expect(fault.message).toContain(fingerprint);
    expect(fault.hint).toContain(`ssh-keyscan -p ${sshd.port} 127.0.0.1 >> /nonexistent/known`);
  });

  it("refuses a host whose key has changed, naming the line and both fingerprints, even when new keys are taken", async () => {
    const other = keygen(join(sshd.dir, "other"));
    const known = join(sshd.dir, "changed");
    writeFileSync(known, `# old\n[127.0.0.1]:${sshd.port} ${readFileSync(`${other}.pub`, "utf8")}`);
    const fault = await faultOf(plainSsh({ acceptNewHostKeys: true }), sshd.host({ userKnownHosts: [known] }));
    expect(fault.kind).toBe("host-key");
    expect(fault.message).toContain(`${known}:2`);
    expect(fault.message.match(/SHA256:/g)).toHaveLength(2);
    expect(fault.hint).toContain(`ssh-keygen -f ${known} -R '[127.0.0.1]:${sshd.port}'`);
  });

  it("its cure for a changed key is one", async () => {
    const known = join(sshd.dir, "changed");
    const { hint = "" } = await faultOf(plainSsh(), sshd.host({ userKnownHosts: [known] }));
    execFileSync("sh", ["-c", hint.slice(hint.indexOf("ssh-keygen"))], { stdio: "ignore" });
    expect(await logsIn(plainSsh(), sshd.host({ userKnownHosts: [known] }))).toBe(true);
  });

  it("learns a new key when told to, once, for many hosts at the same time, in a file that only its owner reads", async () => {
    const known = join(sshd.dir, "fresh/known_hosts");
    const connector = plainSsh({ acceptNewHostKeys: true });
    const host = sshd.host({ userKnownHosts: [known] });
    await Promise.all([1, 2, 3].map(() => logsIn(connector, host)));
    expect(statSync(known).mode & 0o777).toBe(0o600);
    expect(statSync(join(sshd.dir, "fresh")).mode & 0o777).toBe(0o700);
    expect(execFileSync("ssh-keygen", ["-F", `[127.0.0.1]:${sshd.port}`, "-f", known], { encoding: "utf8" })).toContain(
      "ssh-ed25519",
    );
    expect(await logsIn(plainSsh(), sshd.host({ userKnownHosts: [known] }))).toBe(true);
    expect(readFileSync(known, "utf8").trim().split("\n")).toHaveLength(1);
  });

  it("refuses a revoked key and one that only an authority vouches for", async () => {
    const key = readFileSync(join(sshd.dir, "host.pub"), "utf8");
    const known = join(sshd.dir, "marked");
    writeFileSync(known, `@revoked * ${key}[127.0.0.1]:${sshd.port} ${key}`);
    expect((await faultOf(plainSsh(), sshd.host({ userKnownHosts: [known] }))).message).toContain("revoked");
    writeFileSync(known, `@cert-authority * ${key}`);
    expect((await faultOf(plainSsh(), sshd.host({ userKnownHosts: [known] }))).message).toContain(
      "certificate authority",
    );
  });

  it("will not log in where it cannot write down what it learnt", async () => {
    const known = "/proc/known_hosts";
    const fault = await faultOf(plainSsh({ acceptNewHostKeys: true }), sshd.host({ userKnownHosts: [known] }));
    expect(fault.message).toContain("could not be written down");
  });

  it("asks for the key it knows, where the host has several", async () => {
    await using two = await startSshd({ config: [`HostKey ${keygen(join(sshd.dir, "ec"), "-t", "ecdsa")}`] });
    const known = join(two.dir, "ecdsa-only");
    writeFileSync(known, `[127.0.0.1]:${two.port} ${readFileSync(join(sshd.dir, "ec.pub"), "utf8")}`);
    expect(await logsIn(plainSsh(), two.host({ userKnownHosts: [known] }))).toBe(true);
  });
});

describe("keys and passphrases", () => {
  it("asks for a passphrase once for all hosts, and again when it was wrong", async () => {
    const key = join(sshd.dir, "locked");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "open sesame", "-f", key]);
    writeFileSync(join(sshd.dir, "authorized"), readFileSync(`${key}.pub`), { flag: "a" });
    const answers = ["wrong", "open sesame"];
    const asked: string[] = [];
    const ask = async (prompt: string): Promise<Secret> => {
      asked.push(prompt);
      return new Secret(answers.shift() ?? "");
    };
    const connector = plainSsh({ ask });
    const host = sshd.host({ keyFiles: [key] });
    expect(await Promise.all([logsIn(connector, host), logsIn(connector, host), logsIn(connector, host)])).toEqual([
      true,
      true,
      true,
    ]);
    expect(asked).toHaveLength(2);
    expect(asked[0]).toContain(key);
  });

  it("says which keys were tried and why others were not", async () => {
    const stranger = keygen(join(sshd.dir, "stranger"));
    const keyFiles = [stranger, join(sshd.dir, "locked"), "/nonexistent/key", join(sshd.dir, "key.pub")];
    const fault = await faultOf(plainSsh(), sshd.host({ keyFiles }));
    expect(fault.kind).toBe("auth");
    expect(fault.message).toContain(`root@web1: no key was accepted (${stranger}`);
    expect(fault.message).toContain("locked is encrypted, and no passphrase was given");
    expect(fault.message).toContain("/nonexistent/key is not there");
    expect(fault.message).toContain("key.pub is not a private key");
    expect(fault.hint).toContain("The host takes: publickey");
  });

  it("says when there is nothing to log in with", async () => {
    const fault = await faultOf(plainSsh(), sshd.host({ keyFiles: [], identitiesOnly: false }));
    expect(fault.message).toContain("nothing to log in with");
  });

  it("finds the usual keys in the home directory", async () => {
    const home = join(sshd.dir, "home");
    mkdirSync(join(home, ".ssh"), { recursive: true });
    writeFileSync(join(home, ".ssh/id_ed25519"), readFileSync(join(sshd.dir, "key")), { mode: 0o600 });
    writeFileSync(join(home, ".ssh/known_hosts"), readFileSync(join(sshd.dir, "known")));
    const usual = { keyFiles: [], identitiesOnly: false, userKnownHosts: undefined, globalKnownHosts: undefined };
    expect(
      await logsIn(
        sshConnector({ home, user: "root", acceptNewHostKeys: false }),
        sshd.host({ ...usual, user: undefined }),
      ),
    ).toBe(true);
  });

  it("uses the agent, unless the inventory wants its own keys only", async () => {
    const agentSocket = join(sshd.dir, "agent");
    const env = { ...process.env, SSH_AUTH_SOCK: agentSocket };
    const add = (what: string): Buffer => execFileSync("ssh-add", ["-q", what], { env, stdio: "pipe" });
    const agent = spawn("ssh-agent", ["-D", "-a", agentSocket], { stdio: "ignore" });
    try {
      await eventually(() => statSync(agentSocket, { throwIfNoEntry: false }) !== undefined);
      chmodSync(join(sshd.dir, "key"), 0o600);
      add(join(sshd.dir, "key"));
      const agentOnly = sshd.host({ keyFiles: [], identitiesOnly: false });
      expect(await logsIn(plainSsh({ agentSocket }), agentOnly)).toBe(true);
      const own = await faultOf(plainSsh({ agentSocket }), sshd.host({ keyFiles: [join(sshd.dir, "stranger")] }));
      expect(own.message).not.toContain("agent");
      add("-D");
      add(join(sshd.dir, "stranger"));
      const wrong = await faultOf(plainSsh({ agentSocket }), agentOnly);
      expect(wrong.message).toContain("agent: 1 key");
    } finally {
      agent.kill("SIGKILL");
    }
    const silent = await faultOf(plainSsh({ agentSocket }), sshd.host({ keyFiles: [], identitiesOnly: false }));
    expect(silent.message).toContain("the agent does not answer");
  });
});

describe("hosts that cannot be reached", () => {
  it.each([
    ["refused", async () => sshd.host({ port: await freePort() })],
    ["no such host", async () => sshd.host({ address: "no-such-host.invalid" })],
  ])("says %s", async (words, host) => {
    const fault = await faultOf(plainSsh(), await host());
    expect(fault).toMatchObject({ kind: "unreachable", where: "web1" });
    expect(fault.message.startsWith(words)).toBe(true);
  });

  it.each([
    ["timed out", ""],
    ["closed by the host", "hang up"],
    ["closed by the host", "HTTP/1.1 400 Bad Request\r\n\r\n"],
  ])("says %s of a server that says %j", async (words, greeting) => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      if (greeting === "hang up") socket.destroy();
      else if (greeting !== "") socket.end(greeting);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const fault = await faultOf(plainSsh({ connectTimeoutMs: 1500 }), sshd.host({ port }));
    server.close();
    expect(fault.message.startsWith(words)).toBe(true);
  });

  it("lets go of a server that talks without end and never speaks SSH", async () => {
    let open = 0;
    const server = createServer((socket) => {
      open += 1;
      const talk = (): void => void socket.write("x".repeat(65_536), (error) => error ?? setImmediate(talk));
      socket.on("error", () => undefined);
      socket.on("close", () => (open -= 1));
      talk();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const fault = await faultOf(plainSsh(), sshd.host({ port }));
    expect(fault.message.startsWith("no SSH")).toBe(true);
    expect(await eventually(() => open === 0)).toBe(true);
    server.close();
  });

  it("tries again where the host drops logins that come too thick", async () => {
    await using busy = await startSshd({ config: ["MaxStartups 1:100:1", "LoginGraceTime 30"] });
    const all = await Promise.all(
      Array.from({ length: 4 }, () => logsIn(plainSsh({ connectTimeoutMs: 30_000 }), busy.host())),
    );
    expect(all).toEqual([true, true, true, true]);
  });
});

describe("connections that are lost", () => {
  it("does not know how a script ended, and the host ends what only looked", async () => {
    await using host = await connected(plainSsh(), sshd.host());
    const before = loginsOf(sshd.pid);
    const sleep = uniqueSleep();
    const run = host.run(script(`echo begun; ${sleep}`));
    await eventually(() => processesWith(sleep).length > 0);
    for (const login of before) process.kill(login, "SIGKILL");
    expect(told(await run)).toMatchObject({ end: expect.stringMatching(/^lost: /), stdout: "begun\n" });
    expect(host.alive).toBe(false);
    expect(told(await host.run(script("echo next"))).end).toBe("refused: the connection has ended");
    expect(await eventually(() => processesWith(sleep).length === 0)).toBe(true);
  });

  it("lets a fix go on to its end, though it prints to nobody", async () => {
    await using host = await connected(plainSsh(), sshd.host());
    const file = join(sshd.dir, "fixed");
    const text = `echo begun; sleep 1; i=0; while [ $i -lt 20000 ]; do echo $i; echo $i >&2; i=$((i + 1)); done; echo done >${file}`;
    const run = host.run(script(text, { late: "leave", timeout: 30 }), {
      listen: () => {
        for (const login of loginsOf(sshd.pid)) process.kill(login, "SIGKILL");
      },
    });
    expect(told(await run).end).toMatch(/^lost: /);
    expect(await eventually(() => statSync(file, { throwIfNoEntry: false })?.size === 5)).toBe(true);
  });
});
