import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { configReader } from "../../src/connect/config/read.ts";
import type { Host } from "../../src/model/inventory.ts";
import { Secret } from "../../src/model/secret.ts";
import { connected, faultOf, logsIn, LOGINS, plainSsh, script, told } from "../kit/connections.ts";
import { eventually } from "../kit/processes.ts";
import { type Sshd, startSshd } from "../kit/sshd.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const PASSWORD = "open sesame";
const dir = mkdtempSync(join(tmpdir(), "rb-auth-"));
const agentSocket = join(dir, "agent");
let agent: ChildProcess;
let sshd: Sshd;
/** Asks by PAM: first the password, then one thing more; and lets in only who knows both. */
let asking: Sshd;

beforeAll(async () => {
  keygen("ca");
  writeFileSync(join(dir, "check"), `#!/bin/sh\n[ "$(tr -d '\\0')" = "${PASSWORD}" ]\n`, { mode: 0o755 });
  const first = `auth required pam_exec.so quiet expose_authtok ${dir}/check`;
  const rest = "account required pam_permit.so\nsession required pam_permit.so";
  writeFileSync(join(dir, "pam"), `${first}\nauth required pam_stress.so\n${rest}\n`);
  const methods = "AuthenticationMethods keyboard-interactive publickey,keyboard-interactive";
  const config = ["UsePAM yes", "KbdInteractiveAuthentication yes", methods];
  agent = spawn("ssh-agent", ["-D", "-a", agentSocket], { stdio: "ignore" });
  [sshd, asking] = await Promise.all([
    startSshd({ config: [`TrustedUserCAKeys ${dir}/ca.pub`] }),
    startSshd({ config, before: `mount --bind ${dir}/pam /etc/pam.d/sshd` }),
  ]);
  await eventually(() => execFileSync("ls", [dir], { encoding: "utf8" }).includes("agent"));
});
afterAll(async () => {
  agent.kill("SIGKILL");
  await Promise.all([sshd, asking].map((each) => each[Symbol.asyncDispose]()));
  rmSync(dir, { recursive: true, force: true });
});

function keygen(name: string, ...more: readonly string[]): string {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(dir, name), ...more]);
  return join(dir, name);
}

function addToAgent(...files: readonly string[]): void {
  const env = { ...process.env, SSH_AUTH_SOCK: agentSocket };
  execFileSync("ssh-add", ["-q", "-D"], { env, stdio: "pipe" });
  execFileSync("ssh-add", ["-q", ...files], { env, stdio: "pipe" });
}

/** Answers by what is asked, and notes it. */
function person(answers: Readonly<Record<string, string>>): {
  readonly asked: string[];
  readonly ask: (question: string) => Promise<Secret | undefined>;
} {
  const asked: string[] = [];
  return {
    asked,
    ask: async (question) => {
      asked.push(question);
      const answer = Object.entries(answers).find(([part]) => question.includes(part))?.[1];
      return answer === undefined ? undefined : new Secret(answer);
    },
  };
}

describe("keys and the agent", () => {
  it("takes a named key from the agent, where it needs no passphrase, and also where only its public half is on disk", async () => {
    const locked = join(dir, "locked");
    execFileSync("cp", [join(sshd.dir, "key"), locked]);
    addToAgent(locked);
    execFileSync("ssh-keygen", ["-q", "-p", "-P", "", "-N", "secret", "-f", locked]);
    const { ask, asked } = person({});
    expect(await logsIn(plainSsh({ agentSocket, ask }), sshd.host({ keyFiles: [locked] }))).toBe(true);
    writeFileSync(join(dir, "half.pub"), readFileSync(join(sshd.dir, "key.pub")));
    expect(await logsIn(plainSsh({ agentSocket, ask }), sshd.host({ keyFiles: [join(dir, "half.pub")] }))).toBe(true);
    expect(asked).toEqual([]);
  });

  it("says which agent it asks: another one, or none", async () => {
    addToAgent(join(sshd.dir, "key"));
    const bare = { keyFiles: [], identitiesOnly: false };
    const named = sshd.host({ ...bare, ssh: { identityAgent: agentSocket } });
    expect(await logsIn(plainSsh(), named)).toBe(true);
    const none = await faultOf(plainSsh({ agentSocket }), sshd.host({ ...bare, ssh: { identityAgent: "none" } }));
    expect(none.message).toContain("nothing to log in with");
  });

  it("lends the agent to a host only where that is said, and does without where the host does not want it", async () => {
    addToAgent(join(sshd.dir, "key"));
    const list = script("ssh-add -l 2>/dev/null | wc -l");
    for (const forwardAgent of ["no", "yes", agentSocket]) {
      const keys = forwardAgent === "no" ? "0" : "1";
      await using host = await connected(plainSsh({ agentSocket }), sshd.host({ ssh: { forwardAgent } }));
      expect(told(await host.run(list)).stdout.trim()).toBe(keys);
      expect(told(await host.run(list)).stdout.trim()).toBe(keys);
    }
    await using strict = await startSshd({ config: ["AllowAgentForwarding no"] });
    await using host = await connected(plainSsh({ agentSocket }), strict.host({ ssh: { forwardAgent: "yes" } }));
    expect(told(await host.run(list)).stdout.trim()).toBe("0");
  });

  it("names what only OpenSSH could use, once nothing else has helped: certificates, FIDO keys, keys of the agent", async () => {
    const user = keygen("user");
    execFileSync("ssh-keygen", ["-q", "-s", join(dir, "ca"), "-I", "me", "-n", "root", `${user}.pub`]);
    const certified = await faultOf(plainSsh(), sshd.host({ keyFiles: [user] }));
    expect(certified.message).toContain("no key was accepted");
    expect(certified.hint).toContain(`the certificate ${user}-cert.pub; \`runbook_connection: openssh\``);
    const named = sshd.host({ keyFiles: [], ssh: { certificateFiles: ["/etc/me-cert.pub"] } });
    expect((await faultOf(plainSsh(), named)).hint).toContain("/etc/me-cert.pub");
    addToAgent(user);
    const inAgent = sshd.host({ keyFiles: [], identitiesOnly: false });
    const { message, hint } = await faultOf(plainSsh({ agentSocket }), inAgent);
    expect(message).toContain("agent: 1 key");
    expect(hint).toContain("the agent's key ssh-ed25519-cert-v01@openssh.com");
    // Without such a token no real one can be made: the frame of one, which says what it is.
    writeFileSync(join(dir, "fido"), fido());
    const token = await faultOf(plainSsh(), sshd.host({ keyFiles: [join(dir, "fido")] }));
    expect(token.message).toContain("fido is a FIDO key");
    expect(token.hint).toContain("openssh");
  });

  it("tries only the methods that are wanted", async () => {
    const off = await faultOf(plainSsh(), sshd.host({ ssh: { publicKeys: false } }));
    expect(off.message).toContain("nothing to log in with");
    const gss = await faultOf(plainSsh(), sshd.host({ ssh: { methods: ["gssapi-with-mic"] } }));
    expect(gss.message).toContain("gssapi-with-mic");
    expect(gss.hint).toContain("openssh");
    expect(await logsIn(plainSsh(), sshd.host({ ssh: { methods: ["password", "publickey"] } }))).toBe(true);
  });

  it("asks nobody for a passphrase in batch mode", async () => {
    const { ask, asked } = person({ Passphrase: "secret" });
    const batch = sshd.host({ keyFiles: [join(dir, "locked")], ssh: { batch: true } });
    expect((await faultOf(plainSsh({ ask }), batch)).message).toContain("no passphrase was given");
    expect(asked).toEqual([]);
    expect(await logsIn(plainSsh({ ask }), sshd.host({ keyFiles: [join(dir, "locked")] }))).toBe(true);
  });
});

function known(over: Partial<Host> = {}): Host {
  return asking.host({ keyFiles: [], ...over });
}

describe.each(LOGINS)("a server that asks: %s", (_, plain) => {
  it("is given the password once, and what else it asks is asked of a person", async () => {
    const { ask, asked } = person({ STRESS: "123456" });
    expect(await logsIn(plain({ ask }), known({ password: new Secret(PASSWORD) }))).toBe(true);
    expect(asked).toEqual(["root@web1: STRESS Password"]);
  });

  it("is told apart from one that refuses: what it asked, and that nobody answered", async () => {
    const fault = await faultOf(plain(), known({ password: new Secret(PASSWORD) }));
    expect(fault).toMatchObject({ kind: "auth" });
    expect(fault.message).toContain("it asks `STRESS Password:`, and nobody answered");
    const wrong = await faultOf(plain(), known({ password: new Secret("wrong") }));
    expect(wrong.kind).toBe("auth");
  });

  it("asks a person for what it wants besides a key that it has accepted", async () => {
    const { ask, asked } = person({ STRESS: "123456", Password: PASSWORD });
    const own = { keyFiles: [join(asking.dir, "key")] };
    expect(await logsIn(plainSsh({ ask }), known(own))).toBe(true);
    expect(asked).toEqual(["root@web1: Password", "root@web1: STRESS Password"]);
    const alone = await faultOf(plainSsh(), known(own));
    expect(alone.message).toContain("the host wants a second factor");
    await using both = await startSshd({
      config: ["PasswordAuthentication yes", "AuthenticationMethods publickey,password"],
    });
    const asks = person({ "Password of root@web1": "wrong" });
    expect((await faultOf(plainSsh(asks), both.host())).kind).toBe("auth");
    expect(asks.asked).toHaveLength(1);
  });

  it("asks no person for each host where no password is given", async () => {
    const { ask, asked } = person({});
    const fault = await faultOf(plain({ ask }), known());
    expect(fault.message).toContain("nothing to log in with");
    expect(asked).toEqual([]);
  });
});

/** `openssh-key-v1`: no cipher, one key of the kind `sk-ssh-ed25519@openssh.com`, and nothing of use in its private part. */
function fido(): string {
  const blob = Buffer.concat([field("sk-ssh-ed25519@openssh.com"), field(Buffer.alloc(32)), field("ssh:")]);
  const head = [Buffer.from("openssh-key-v1\0"), field("none"), field("none"), field(""), Buffer.from([0, 0, 0, 1])];
  const body = Buffer.concat([...head, field(blob), field(Buffer.alloc(64))]).toString("base64");
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${body}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

function field(bytes: Buffer | string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, Buffer.from(bytes)]);
}

/** Of these the system's ssh has its own answers. */
describe("our own ssh alone", () => {
  // The system's ssh has a login of its own for each jump.
  it("asks a person all it wants where it is the jump host of others", async () => {
    const file = join(dir, "config");
    const to = `HostName 127.0.0.1\n  Port ${asking.port}\n  User root\n  UserKnownHostsFile ${asking.dir}/known\n`;
    writeFileSync(file, `Host bastion\n  ${to}`);
    const { ask, asked } = person({ STRESS: "123456", Password: PASSWORD });
    const connector = plainSsh({ ask, config: configReader({ home: "/nonexistent", file }) });
    const behind = sshd.host({ ssh: { jumps: ["bastion"] } });
    expect(await Promise.all([1, 2, 3].map(() => logsIn(connector, behind)))).toEqual([true, true, true]);
    expect(asked).toEqual(["root@bastion: Password", "root@bastion: STRESS Password"]);
  });
});
