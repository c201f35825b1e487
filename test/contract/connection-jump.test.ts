import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { configReader } from "../../src/connect/config/read.ts";
import type { Host } from "../../src/model/inventory.ts";
import type { Connector } from "../../src/run/ports.ts";
import { connected, faultOf, logsIn, plainSsh, script, told } from "../kit/connections.ts";
import { eventually, killIfThere } from "../kit/processes.ts";
import { freePort, loginsOf, type Sshd, startSshd } from "../kit/sshd.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

let bastion: Sshd;
let inner: Sshd;
let strict: Sshd;
beforeAll(async () => {
  [bastion, inner, strict] = await Promise.all([
    startSshd(),
    startSshd(),
    startSshd({ config: ["AllowTcpForwarding no"] }),
  ]);
});
afterAll(async () => {
  await Promise.all([bastion, inner, strict].map((each) => each[Symbol.asyncDispose]()));
});

function block(name: string, sshd: Sshd, more = ""): string {
  return `Host ${name}
  HostName 127.0.0.1
  Port ${sshd.port}
  User root
  IdentityFile ${sshd.dir}/key
  UserKnownHostsFile ${sshd.dir}/known
${more}`;
}

/** A connector whose configuration knows the jump hosts `bastion`, `second` (behind it) and `strict`, which lets nobody through. */
function jumping(more = ""): Connector {
  const file = join(bastion.dir, "config");
  const known = [block("bastion", bastion), block("second", bastion, "  ProxyJump bastion\n"), block("strict", strict)];
  writeFileSync(file, [...known, more].join("\n"));
  return plainSsh({ config: configReader({ home: "/nonexistent", file }) });
}

function behind(...jumps: readonly string[]): Host {
  return inner.host({ ssh: { jumps } });
}

const endLogins = (sshd: Sshd) => () => loginsOf(sshd.pid).forEach((pid) => killIfThere(pid));

function sockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
}

const noLogins = (sshd: Sshd) => () => loginsOf(sshd.pid).length === 0;

describe("a host behind a jump host", () => {
  it("is reached through one login to it that all share, and that goes when nobody needs it", async () => {
    const connector = jumping();
    const hosts = await Promise.all([1, 2, 3].map(() => connected(connector, behind("bastion"))));
    const answers = await Promise.all(hosts.map((host) => host.run(script("echo in"))));
    expect(answers.map((answer) => told(answer).stdout)).toEqual(["in\n", "in\n", "in\n"]);
    expect(loginsOf(bastion.pid)).toHaveLength(1);
    expect(loginsOf(inner.pid)).toHaveLength(3);
    await Promise.all(hosts.map((host) => host[Symbol.asyncDispose]()));
    expect(await eventually(noLogins(bastion))).toBe(true);
    expect(await logsIn(connector, behind("bastion"))).toBe(true);
  });

  it("is reached through several, and through the jump host of a jump host", async () => {
    const connector = jumping(block("web1", inner, "  ProxyJump second\n"));
    expect(await logsIn(connector, behind("bastion", "root@second"))).toBe(true);
    expect(await logsIn(connector, inner.host({ address: "web1", port: 22 }))).toBe(true);
    expect(await logsIn(connector, behind(`root@bastion:${bastion.port}`))).toBe(true);
  });

  it("is reached through a jump host that a ProxyCommand of ssh itself names", async () => {
    const { dir, port } = bastion;
    const command = `ssh -p ${port} -i ${dir}/key -o UserKnownHostsFile=${dir}/known -W %h:%p root@127.0.0.1`;
    const connector = jumping(block("web1", inner, `  ProxyCommand ${command}\n`));
    expect(await logsIn(connector, inner.host({ address: "web1", port: 22 }))).toBe(true);
    const stranger = jumping(block("web2", inner, `  ProxyCommand ${command.replace(dir, inner.dir)}\n`));
    const fault = await faultOf(stranger, inner.host({ address: "web2", port: 22 }));
    expect(fault.message).toMatch(/^jump host 127\.0\.0\.1: root@127\.0\.0\.1: no key was accepted/);
  });

  it("is reached straight where the inventory says so", async () => {
    const connector = jumping("Host 127.*\n  ProxyJump strict\n");
    expect((await faultOf(connector, inner.host())).message).toContain("strict");
    expect(await logsIn(connector, inner.host({ ssh: { jumps: [] } }))).toBe(true);
  });

  it("moves much data both ways", async () => {
    await using host = await connected(jumping(), behind("bastion"));
    const much = "x".repeat(3_000_000);
    const counted = await host.run(script(`wc -c <<'END'\n${much}\nEND`));
    expect(told(counted).stdout.trim()).toBe("3000001");
    const flood = await host.run(script("yes | head -c 9000000"));
    expect(told(flood).end).toBe("exited 0");
  });

  it("is known to be lost as soon as it hangs up itself", async () => {
    await using host = await connected(jumping(), behind("bastion"));
    const listen = endLogins(inner);
    expect(told(await host.run(script("echo begun; sleep 20"), { listen })).end).toBe("lost: closed by the host");
    expect(host.alive).toBe(false);
  });

  it("holds nobody up at the end, though the jump host hangs", async () => {
    expect(await eventually(noLogins(bastion))).toBe(true);
    const before = sockets();
    const host = await connected(jumping(), behind("bastion"));
    const frozen = loginsOf(bastion.pid);
    for (const pid of frozen) process.kill(pid, "SIGSTOP");
    await host[Symbol.asyncDispose]();
    const gone = await eventually(() => sockets() === before, 8);
    for (const pid of frozen) process.kill(pid, "SIGCONT");
    expect(gone).toBe(true);
  });

  it("is lost with it, is told why, and is reached again by another login", async () => {
    const connector = jumping();
    await using host = await connected(connector, behind("bastion"));
    const running = host.run(script("echo begun; sleep 20"), {
      listen: endLogins(bastion),
    });
    expect(told(await running).end).toContain("lost: jump host bastion is gone");
    expect(host.alive).toBe(false);
    expect(await logsIn(connector, behind("bastion"))).toBe(true);
  });
});

describe("a jump host that does not do", () => {
  it("is the cause that all hosts behind it are told, and is tried once", async () => {
    const closed = await freePort();
    const connector = jumping(`Host gone\n  HostName 127.0.0.1\n  Port ${closed}\n`);
    const hosts = ["web1", "web2"].map((name) => ({ ...behind("gone"), name }));
    const faults = await Promise.all(hosts.map((host) => faultOf(connector, host)));
    expect(faults.map(({ where }) => where)).toEqual(["web1", "web2"]);
    expect(new Set(faults.map(({ message }) => message))).toEqual(
      new Set([`jump host gone: refused: nothing listens at 127.0.0.1 port ${closed}`]),
    );
  });

  it("is told by its name: the key that is not accepted, the host key that is not known, the way in circles", async () => {
    const stranger = block("stranger", bastion).replace(`${bastion.dir}/key`, `${inner.dir}/key`);
    const unknown = block("unknown", bastion).replace(`${bastion.dir}/known`, "/nonexistent");
    const connector = jumping(
      `${stranger}\n${unknown}\nHost round\n  ProxyJump around\nHost around\n  ProxyJump round\n`,
    );
    const auth = await faultOf(connector, behind("stranger"));
    expect(auth).toMatchObject({ kind: "auth", where: "web1" });
    expect(auth.message).toMatch(/^jump host stranger: root@stranger: no key was accepted/);
    const hostKey = await faultOf(connector, behind("unknown"));
    expect(hostKey).toMatchObject({ kind: "host-key" });
    expect(hostKey.message).toContain(`jump host unknown: the key of [127.0.0.1]:${bastion.port} is not known`);
    expect((await faultOf(connector, behind("round"))).message).toContain("goes round in circles");
    expect((await faultOf(connector, behind("bastion", "stranger"))).message).toMatch(/^jump host stranger: /);
  });

  it("may forward nothing, or find nobody behind it", async () => {
    const connector = jumping();
    const forbidden = await faultOf(connector, behind("strict"));
    expect(forbidden.message).toContain(`the jump host strict may not connect to 127.0.0.1 port ${inner.port}`);
    expect(forbidden.hint).toContain("AllowTcpForwarding");
    const closed = await freePort();
    const nobody = await faultOf(connector, { ...behind("bastion"), port: closed });
    expect(nobody.message).toBe(`refused: nothing listens at 127.0.0.1 port ${closed} (through bastion)`);
    const unnamed = await faultOf(connector, { ...behind("bastion"), address: "no-such.invalid" });
    expect(unnamed.message).toContain("no such host");
  });

  it("asks the jump host for the key of a host behind it", async () => {
    const fault = await faultOf(jumping(), { ...behind("root@bastion:23"), userKnownHosts: ["/none"], address: "x" });
    expect(fault.message).toContain("jump host bastion");
    const known = { ...behind("bastion"), userKnownHosts: ["/nonexistent/known"] };
    const { hint } = await faultOf(jumping(), known);
    expect(hint).toContain(`ssh bastion ssh-keyscan -p ${inner.port} 127.0.0.1 >> /nonexistent/known`);
    expect(readFileSync(join(inner.dir, "known"), "utf8")).not.toBe("");
  });

  it("that is given up at holds nobody", async () => {
    const connector = jumping();
    const giveUp = new AbortController();
    const going = connector.connect(behind("bastion"), giveUp.signal);
    giveUp.abort();
    expect(await going).toMatchObject({ kind: "unreachable", message: "interrupted" });
    expect(await eventually(noLogins(bastion))).toBe(true);
    expect(await logsIn(connector, behind("bastion"))).toBe(true);
  });
});
