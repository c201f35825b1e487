import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Host } from "../../src/model/inventory.ts";
import { Secret } from "../../src/model/secret.ts";
import { connected, faultOf, logsIn, plainOpenssh, script, told } from "../kit/connections.ts";
import { eventually, killIfThere, processesWith, type Seen, uniqueSleep } from "../kit/processes.ts";
import { addUser, PASSWORD } from "../kit/user.ts";
import { loginsOf, type Sshd, startSshd } from "../kit/sshd.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

/** Where the system's ssh has its control sockets, for the tests of this file alone. */
const scratch = mkdtempSync(join(tmpdir(), "rb-control-"));
const abandoned = mkdtempSync(join(tmpdir(), "rb-abandoned-"));
let sshd: Sshd;
/** A second server: what lies between us and the first. */
let bastion: Sshd;
beforeAll(async () => {
  [sshd, bastion] = await Promise.all([
    startSshd({ config: ["ClientAliveInterval 1", "ClientAliveCountMax 1"] }),
    startSshd(),
  ]);
  vi.stubEnv("XDG_RUNTIME_DIR", scratch);
  await abandon();
});
afterAll(async () => {
  await sshd[Symbol.asyncDispose]();
  await bastion[Symbol.asyncDispose]();
  for (const each of [scratch, abandoned]) rmSync(each, { recursive: true });
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
    expect(fault.hint).toContain("ProxyCommand");
  });

  it("does what the user's own configuration says of the host, and takes nothing of it that is for terminals", async () => {
    const config = join(sshd.dir, "config");
    writeFileSync(
      config,
      `Host db\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  User root\n  IdentityFile ${sshd.dir}/key\n  UserKnownHostsFile ${sshd.dir}/known\nHost *\n  LogLevel QUIET\n  RequestTTY force\n  RemoteCommand top\n  ControlMaster auto\n  ControlPath ${sshd.dir}/mine\n  ControlPersist 60\n  LocalForward ${sshd.port} localhost:1\n  ExitOnForwardFailure yes\n  VisualHostKey yes\n  ForwardX11 yes\n`,
    );
    const silent = { address: "db", port: 22, user: undefined, keyFiles: [], identitiesOnly: false };
    const known = { userKnownHosts: undefined, globalKnownHosts: undefined };
    await using connection = await connected(
      plainOpenssh(),
      host({ ...silent, ...known, ...asArguments("-F", config) }),
    );
    // To become whom ssh logged in as takes no sudo.
    expect(told(await connection.run(script("id -un", { become: "root" }))).stdout).toBe("root\n");
    expect(existsSync(join(sshd.dir, "mine"))).toBe(false);
    const quiet = await faultOf(plainOpenssh(), host({ keyFiles: [], ...asArguments("-q", "-q", "-vv") }));
    expect(quiet.kind).toBe("auth");
  });

  it("answers a host that looks whether we are alive", async () => {
    await using connection = await connected(plainOpenssh(), host());
    expect(told(await connection.run(script("sleep 4; echo still"))).stdout).toBe("still\n");
  });
});

/** The processes by which this file's logins are kept; ssh names its control socket, which is in our own directory for such. */
function masters(): readonly Seen[] {
  return processesWith(scratch);
}

describe("what a login by the system's ssh leaves on this machine", () => {
  it("is one process while it lasts, and nothing after its end, however that comes", async () => {
    const connection = await connected(plainOpenssh(), host());
    expect(masters()).toHaveLength(1);
    expect(readdirSync(scratch)).toEqual([]);
    await connection[Symbol.asyncDispose]();
    expect(await eventually(() => masters().length === 0)).toBe(true);
    expect((await faultOf(plainOpenssh(), host({ keyFiles: [] }))).kind).toBe("auth");
    const sleep = uniqueSleep();
    const stop = new AbortController();
    const given = plainOpenssh().connect(host(asArguments("-o", `ProxyCommand=${sleep}`)), stop.signal);
    expect(await eventually(() => processesWith(sleep).some((seen) => seen.args === sleep))).toBe(true);
    stop.abort();
    expect(await given).toMatchObject({ kind: "unreachable", message: "interrupted" });
    expect(await eventually(() => masters().length + processesWith(sleep).length === 0)).toBe(true);
    expect(readdirSync(scratch)).toEqual([]);
  });

  it("is lost when somebody kills the ssh that keeps it, and the host ends what only looked", async () => {
    await using connection = await connected(plainOpenssh(), host());
    const sleep = uniqueSleep();
    const run = connection.run(script(sleep));
    expect(await eventually(() => processesWith(sleep).length > 0)).toBe(true);
    for (const { pid } of masters()) killIfThere(pid);
    expect(told(await run).end).toBe("lost: the ssh that held the connection has ended");
    expect(connection.alive).toBe(false);
    expect(await eventually(() => processesWith(sleep).length === 0)).toBe(true);
  });
});

describe("what the system's ssh has to log in with", () => {
  it("answers with the host's password, and repeats none that was wrong", async () => {
    await using user = await addUser(null);
    await using asking = await startSshd({
      config: ["PasswordAuthentication yes", "KbdInteractiveAuthentication yes", "UsePAM yes"],
    });
    const there = asking.host({ user: user.name, keyFiles: [] });
    expect(await logsIn(plainOpenssh(), { ...there, password: new Secret(PASSWORD) })).toBe(true);
    const wrong = await faultOf(plainOpenssh(), { ...there, password: new Secret("wrong") });
    expect(wrong).toMatchObject({ kind: "auth", where: "web1" });
    expect(wrong.message).toBe(`${user.name}@web1: the password was not accepted (password)`);
    expect(
      readFileSync(join(asking.dir, "log"), "utf8").match(/Failed password|authentication failure/gi) ?? [],
    ).toHaveLength(1);
  });

  it("asks nobody for a passphrase in batch mode", async () => {
    const key = join(sshd.dir, "locked");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "open sesame", "-f", key]);
    writeFileSync(join(sshd.dir, "authorized"), readFileSync(`${key}.pub`), { flag: "a" });
    let asked = 0;
    const ask = async (): Promise<Secret> => {
      asked += 1;
      return new Secret("open sesame");
    };
    expect(await logsIn(plainOpenssh({ ask }), host({ keyFiles: [key] }))).toBe(true);
    const batch = host({ keyFiles: [key], ...asArguments("-o", "BatchMode=yes") });
    expect((await faultOf(plainOpenssh({ ask }), batch)).kind).toBe("auth");
    expect(asked).toBe(1);
  });

  it("says which keys were tried and why others were not, and uses the agent it is given", async () => {
    const stranger = keygen(join(sshd.dir, "stranger"));
    const keyFiles = [stranger, "/nonexistent/key"];
    const fault = await faultOf(plainOpenssh(), host({ keyFiles }));
    expect(fault.message).toBe(`root@web1: no key was accepted (${stranger}, /nonexistent/key is not there)`);
    expect(fault.hint).toContain("The host takes: publickey.");
    const open = join(sshd.dir, "open");
    copyFileSync(join(sshd.dir, "key"), open);
    chmodSync(open, 0o644);
    expect((await faultOf(plainOpenssh(), host({ keyFiles: [open] }))).message).toContain("open may be read by others");
    const agentSocket = join(sshd.dir, "agent");
    const agent = spawn("ssh-agent", ["-D", "-a", agentSocket], { stdio: "ignore" });
    try {
      expect(await eventually(() => existsSync(agentSocket))).toBe(true);
      chmodSync(join(sshd.dir, "key"), 0o600);
      execFileSync("ssh-add", ["-q", join(sshd.dir, "key")], { env: { ...process.env, SSH_AUTH_SOCK: agentSocket } });
      const agentOnly = host({ keyFiles: [], identitiesOnly: false });
      expect(await logsIn(plainOpenssh({ agentSocket }), agentOnly)).toBe(true);
      expect((await faultOf(plainOpenssh(), agentOnly)).kind).toBe("auth");
      for (const [flag, keys] of [
        ["-a", ""],
        ["-A", "ED25519"],
      ] as const) {
        await using lent = await connected(plainOpenssh({ agentSocket }), { ...agentOnly, ...asArguments(flag) });
        expect(told(await lent.run(script("ssh-add -l 2>/dev/null || :"))).stdout).toContain(keys);
        expect(told(await lent.run(script('echo "${SSH_AUTH_SOCK:+lent}"'))).stdout).toBe(
          keys === "" ? "\n" : "lent\n",
        );
      }
    } finally {
      agent.kill("SIGKILL");
    }
  });
});

// There is no such key here: it is proved that ssh is let to use one, and not that a touch of it lets in.
it("has the system's ssh sign with a FIDO key, and says that it is not plugged in", async () => {
  const blob = [field("sk-ssh-ed25519@openssh.com"), field(Buffer.alloc(32, 9)), field("ssh:")];
  const secret = [Buffer.from([0, 0, 0, 1, 0, 0, 0, 1]), ...blob, Buffer.of(1), field("handle"), field(""), field("")];
  const unpadded = Buffer.concat(secret);
  const padding = Buffer.from(Array.from({ length: (8 - (unpadded.length % 8)) % 8 }, (_, index) => index + 1));
  const head = [Buffer.from("openssh-key-v1\0"), field("none"), field("none"), field(""), Buffer.from([0, 0, 0, 1])];
  const all = Buffer.concat([...head, field(Buffer.concat(blob)), field(Buffer.concat([unpadded, padding]))]);
  const key = join(sshd.dir, "fido");
  const [first, last] = ["BEGIN", "END"].map((word) => `-----${word} OPENSSH PRIVATE KEY-----\n`);
  writeFileSync(key, `${first}${all.toString("base64")}\n${last}`, { mode: 0o600 });
  const line = `sk-ssh-ed25519@openssh.com ${Buffer.concat(blob).toString("base64")}\n`;
  writeFileSync(join(sshd.dir, "authorized"), line, { flag: "a" });
  const fault = await faultOf(plainOpenssh(), host({ keyFiles: [key] }));
  expect(fault.message).toBe(`root@web1: no key was accepted (${key}, ${key} could not sign: device not found)`);
});

function field(bytes: Buffer | string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, Buffer.from(bytes)]);
}

// The last one: it takes as long as a master waits for the one that it serves.
it("ends soon after us when we are killed", async () => {
  expect(await eventually(() => processesWith(abandoned).length === 0, 60)).toBe(true);
});

/** Somebody who logs in and is killed. Nothing of what they did there goes on, and nothing of theirs is on this machine's disk. */
async function abandon(): Promise<void> {
  const sleep = uniqueSleep();
  const code = `
    import { connected, plainOpenssh, script } from "${resolve("test/kit/connections.ts")}";
    const connection = await connected(plainOpenssh(), ${JSON.stringify(bastion.host())});
    await connection.run(script("${sleep}"));`;
  const env = { ...process.env, XDG_RUNTIME_DIR: abandoned };
  const killed = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: "inherit", env });
  const keepers = (): number => processesWith(abandoned).length;
  const works = (): boolean => processesWith(sleep).some(({ args }) => args === sleep);
  expect(await eventually(() => works() && keepers() > 0 && readdirSync(abandoned).length === 0)).toBe(true);
  killed.kill("SIGKILL");
  expect(await eventually(() => loginsOf(bastion.pid).length === 0 || keepers() === 1)).toBe(true);
}
