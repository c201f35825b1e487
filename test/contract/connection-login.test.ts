import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { sshConnector } from "../../src/connect/ssh/connector.ts";
import { Secret } from "../../src/model/secret.ts";
import { faultOf, logsIn, LOGINS, plainSsh } from "../kit/connections.ts";
import { eventually } from "../kit/processes.ts";
import { loginsOf, type Sshd, startSshd } from "../kit/sshd.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

let sshd: Sshd;

/** A server for the tests of one `describe`, since they leave files beside it. */
function withSshd(): void {
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd[Symbol.asyncDispose]());
}

function keygen(file: string, ...more: readonly string[]): string {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file, ...more]);
  return file;
}

describe.each(LOGINS)("host keys: %s", (_, plain) => {
  withSshd();

  it("refuses a host whose key is not known, with its fingerprint and the cure", async () => {
    const fault = await faultOf(plain(), sshd.host({ userKnownHosts: ["/nonexistent/known"] }));
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
    const fault = await faultOf(plain({ acceptNewHostKeys: true }), sshd.host({ userKnownHosts: [known] }));
    expect(fault.kind).toBe("host-key");
    expect(fault.message).toContain(`${known}:2`);
    expect(fault.message.match(/SHA256:/g)).toHaveLength(2);
    expect(fault.hint).toContain(`ssh-keygen -f ${known} -R '[127.0.0.1]:${sshd.port}'`);
  });

  it("its cure for a changed key is one", async () => {
    const known = join(sshd.dir, "changed");
    const { hint = "" } = await faultOf(plain(), sshd.host({ userKnownHosts: [known] }));
    execFileSync("sh", ["-c", hint.slice(hint.indexOf("ssh-keygen"))], { stdio: "ignore" });
    expect(await logsIn(plain(), sshd.host({ userKnownHosts: [known] }))).toBe(true);
  });

  it("refuses a revoked key", async () => {
    const key = readFileSync(join(sshd.dir, "host.pub"), "utf8");
    const known = join(sshd.dir, "marked");
    writeFileSync(known, `@revoked * ${key}[127.0.0.1]:${sshd.port} ${key}`);
    expect((await faultOf(plain(), sshd.host({ userKnownHosts: [known] }))).message).toContain("revoked");
  });

  it("will not log in where it cannot write down what it learnt", async () => {
    const known = "/proc/known_hosts";
    const fault = await faultOf(plain({ acceptNewHostKeys: true }), sshd.host({ userKnownHosts: [known] }));
    expect(fault.message).toContain("could not be written down");
  });

  it("asks for the key it knows, where the host has several", async () => {
    await using two = await startSshd({ config: [`HostKey ${keygen(join(sshd.dir, "ec"), "-t", "ecdsa")}`] });
    const known = join(two.dir, "ecdsa-only");
    writeFileSync(known, `[127.0.0.1]:${two.port} ${readFileSync(join(sshd.dir, "ec.pub"), "utf8")}`);
    expect(await logsIn(plain(), two.host({ userKnownHosts: [known] }))).toBe(true);
  });
});

describe.each(LOGINS)("keys and passphrases: %s", (_, plain) => {
  withSshd();

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
    const connector = plain({ ask });
    const host = sshd.host({ keyFiles: [key] });
    expect(await Promise.all([logsIn(connector, host), logsIn(connector, host), logsIn(connector, host)])).toEqual([
      true,
      true,
      true,
    ]);
    expect(asked).toHaveLength(2);
    expect(asked[0]).toContain(key);
  });

  it("does not hide a bug on the way behind a login that never comes", async () => {
    class Broken extends Secret {
      override reveal(): string {
        throw new Error("a bug");
      }
    }
    await using asking = await startSshd({ config: ["PasswordAuthentication yes"] });
    const host = asking.host({ keyFiles: [], password: new Broken("") });
    await expect(plain().connect(host)).rejects.toThrow("a bug");
    expect(await eventually(() => loginsOf(asking.pid).length === 0)).toBe(true);
  });

  it("says when there is nothing to log in with", async () => {
    const fault = await faultOf(plain(), sshd.host({ keyFiles: [], identitiesOnly: false }));
    expect(fault.message).toContain("nothing to log in with");
  });
});

/** Of these the system's ssh has its own answers. */
describe("our own ssh alone", () => {
  const plain = plainSsh;
  withSshd();

  // The system's ssh may write a line twice, and makes no directory but its own.
  it("learns a new key when told to, once, for many hosts at the same time, in a file that only its owner reads", async () => {
    const known = join(sshd.dir, "fresh/known_hosts");
    const connector = plain({ acceptNewHostKeys: true });
    const host = sshd.host({ userKnownHosts: [known] });
    await Promise.all([1, 2, 3].map(() => logsIn(connector, host)));
    expect(statSync(known).mode & 0o777).toBe(0o600);
    expect(statSync(join(sshd.dir, "fresh")).mode & 0o777).toBe(0o700);
    expect(execFileSync("ssh-keygen", ["-F", `[127.0.0.1]:${sshd.port}`, "-f", known], { encoding: "utf8" })).toContain(
      "ssh-ed25519",
    );
    expect(await logsIn(plain(), sshd.host({ userKnownHosts: [known] }))).toBe(true);
    expect(readFileSync(known, "utf8").trim().split("\n")).toHaveLength(1);
  });

  // The system's ssh knows certificates: to it the key is merely one that is not known.
  it("refuses a key that only an authority vouches for", async () => {
    const known = join(sshd.dir, "vouched");
    writeFileSync(known, `@cert-authority * ${readFileSync(join(sshd.dir, "host.pub"), "utf8")}`);
    expect((await faultOf(plain(), sshd.host({ userKnownHosts: [known] }))).message).toContain("certificate authority");
  });

  // The system's ssh offers a key before it opens it.
  it("says which keys were tried and why others were not", async () => {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "open sesame", "-f", join(sshd.dir, "locked")]);
    const stranger = keygen(join(sshd.dir, "stranger"));
    writeFileSync(join(sshd.dir, "garbage"), "no key at all\n");
    const others = ["locked", "key.pub", "garbage"].map((name) => join(sshd.dir, name));
    const keyFiles = [stranger, "/nonexistent/key", ...others];
    const fault = await faultOf(plain(), sshd.host({ keyFiles }));
    expect(fault.kind).toBe("auth");
    expect(fault.message).toContain(`root@web1: no key was accepted (${stranger}`);
    expect(fault.message).toContain("locked is encrypted, and no passphrase was given");
    expect(fault.message).toContain("/nonexistent/key is not there");
    expect(fault.message).toContain("key.pub is not a private key");
    expect(fault.message).toContain("garbage holds no private key");
    expect(fault.hint).toContain("The host takes: publickey");
  });

  // The system's ssh takes the home from the system.
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
