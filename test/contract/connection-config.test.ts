import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import PQueue from "p-queue";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type ConfigPlace, configReader } from "../../src/connect/config/read.ts";
import { isFault } from "../../src/model/fault.ts";
import type { Host } from "../../src/model/inventory.ts";
import type { Connector } from "../../src/run/ports.ts";
import { faultOf, logsIn, plainSsh } from "../kit/connections.ts";
import { network } from "../kit/network.ts";
import { type Sshd, startSshd } from "../kit/sshd.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await sshd[Symbol.asyncDispose]();
});

/** A host of which an inventory says nothing but its name. */
function bare(name: string, over: Partial<Host> = {}): Host {
  return sshd.host({
    name,
    address: name,
    port: 22,
    user: undefined,
    keyFiles: [],
    identitiesOnly: false,
    userKnownHosts: undefined,
    globalKnownHosts: undefined,
    ...over,
  });
}

function configured(
  text: string,
  over: Partial<ConfigPlace> = {},
  options: Parameters<typeof plainSsh>[0] = {},
): Connector {
  const file = join(sshd.dir, "config");
  writeFileSync(file, text.replaceAll("DIR", sshd.dir).replaceAll("PORT", String(sshd.port)));
  return plainSsh({ config: configReader({ home: "/nonexistent", file, ...over }), ...options });
}

const WHOLE = `Host web1
  HostName 127.0.0.1
  Port PORT
  User root
  IdentityFile DIR/%n-key
  IdentityFile DIR/key
  UserKnownHostsFile DIR/known
`;

describe("ssh's configuration", () => {
  it("says where a host is, who logs in, with which key, and where its key is known", async () => {
    expect(await logsIn(configured(WHOLE), bare("web1"))).toBe(true);
    const ghost = await faultOf(configured(WHOLE.replace("User root", "User ghost")), bare("web1"));
    expect(ghost.message).toContain("ghost@web1: no key was accepted");
    expect(ghost.message).toContain("web1-key is not there");
  });

  it("comes after what the inventory says", async () => {
    const wrong =
      "Host *\n  HostName 192.0.2.1\n  Port 1\n  User ghost\n  IdentityFile DIR/no\n  UserKnownHostsFile none\n";
    const own = sshd.host({ ssh: { hostName: "127.0.0.1" } });
    expect(await logsIn(configured(wrong), own)).toBe(true);
    const fault = await faultOf(
      configured(`Host web1\n  Port 2\n  HostName 127.0.0.1\n`),
      bare("web1", { ssh: { port: 22 } }),
    );
    expect(fault.message).toContain("127.0.0.1 port 22");
  });

  it("says how long a connection may take, and not how long a login", async () => {
    using cut = network();
    cut.ip("link", "set", cut.device, "down");
    const impatient = configured(WHOLE.replace("HostName 127.0.0.1", `HostName ${cut.address}\n  ConnectTimeout 1`));
    const fault = await faultOf(impatient, bare("web1"));
    expect(fault.message).toMatch(/^timed out: /);
    expect(fault.message).toContain(`${cut.address} port ${sshd.port}`);
    expect(await logsIn(configured(`${WHOLE}  ConnectTimeout 1\n`), bare("web1"))).toBe(true);
  });

  it("does not forbid to learn keys where the command line allows it", async () => {
    const strict = `${WHOLE.replace("DIR/known", "DIR/learnt")}  StrictHostKeyChecking yes\n`;
    expect((await faultOf(configured(strict), bare("web1"))).kind).toBe("host-key");
    expect(await logsIn(configured(strict, {}, { acceptNewHostKeys: true }), bare("web1"))).toBe(true);
  });

  it("is the file that the inventory names, and none where it says so", async () => {
    const elsewhere = join(sshd.dir, "elsewhere");
    writeFileSync(elsewhere, WHOLE.replaceAll("DIR", sshd.dir).replaceAll("PORT", String(sshd.port)));
    const connector = configured("Host *\n  HostName 192.0.2.1\n");
    expect(await logsIn(connector, bare("web1", { ssh: { configFile: elsewhere } }))).toBe(true);
    expect(await logsIn(connector, sshd.host({ ssh: { configFile: "none" } }))).toBe(true);
  });

  it("is found in the home of whoever runs us", async () => {
    const home = join(sshd.dir, "home");
    mkdirSync(join(home, ".ssh"), { recursive: true });
    writeFileSync(join(home, ".ssh/config"), WHOLE.replaceAll("DIR", sshd.dir).replaceAll("PORT", String(sshd.port)));
    const connector = plainSsh({ home, config: configReader({ home }) });
    expect(await logsIn(connector, bare("web1"))).toBe(true);
  });

  it("may keep a host's key under another name, without its port", async () => {
    const [, ...key] = readFileSync(join(sshd.dir, "known"), "utf8").split(" ");
    writeFileSync(join(sshd.dir, "alias"), `old-name ${key.join(" ")}`);
    const text = WHOLE.replace("DIR/known", "DIR/alias");
    expect(await logsIn(configured(`${text}  HostKeyAlias old-name\n`), bare("web1"))).toBe(true);
    const fault = await faultOf(configured(`${text}  HostKeyAlias new-name\n`), bare("web1"));
    expect(fault.message).toContain("the key of new-name is not known");
    expect(fault.hint).not.toContain("KnownHostsCommand");
    expect(fault.hint).toContain("| sed 's/^[^# ][^ ]*/new-name/' >>");
  });

  it("may name a command that knows keys, which is told where a key is not known", async () => {
    const asks = `${WHOLE.replace("DIR/known", "none")}  KnownHostsCommand /usr/bin/sss_ssh_knownhosts %H\n`;
    expect((await faultOf(configured(asks), bare("web1"))).hint).toContain("KnownHostsCommand is not asked here");
    expect(await logsIn(configured(asks.replace("none", "DIR/known")), bare("web1"))).toBe(true);
  });

  it("may hide the names of the hosts whose keys are learnt", async () => {
    const text = `${WHOLE.replace("DIR/known", "DIR/hidden")}  StrictHostKeyChecking accept-new\n  HashKnownHosts yes\n`;
    const connector = configured(text);
    await Promise.all([1, 2, 3].map(() => logsIn(connector, bare("web1"))));
    const lines = readFileSync(join(sshd.dir, "hidden"), "utf8").trim().split("\n");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\|1\|/);
    expect(await logsIn(configured(WHOLE.replace("DIR/known", "DIR/hidden")), bare("web1"))).toBe(true);
  });

  it.each([
    ["ProxyCommand nc %h %p", "ProxyCommand"],
    ["PKCS11Provider /usr/lib/opensc.so", "PKCS11Provider"],
    ["RevokedHostKeys /etc/ssh/revoked", "RevokedHostKeys"],
  ])("that needs what we cannot do is refused by name: %s", async (line, name) => {
    const fault = await faultOf(configured(`Host *\n  ${line}\n`), bare("web1"));
    expect(fault).toMatchObject({ kind: "unreachable", where: "web1", hint: expect.stringContaining("openssh") });
    expect(fault.message).toContain(`not supported yet: ${name} (`);
  });

  it("asks for algorithms: old ones by their names, fewer than ours, and none of ours", async () => {
    const only = "KexAlgorithms diffie-hellman-group14-sha1";
    await using old = await startSshd({ config: [only, "Ciphers aes256-cbc", "MACs hmac-sha1"] });
    const to = (more: string): string => `Host web1\n  HostName 127.0.0.1\n  Port ${old.port}\n${more}`;
    const host = bare("web1", { keyFiles: [join(old.dir, "key")], userKnownHosts: [join(old.dir, "known")] });
    expect((await faultOf(configured(to("")), host)).message).toContain("no common key exchange");
    const both = to("  KexAlgorithms +diffie-hellman-group14-sha1\n  Ciphers aes256-cbc,aes128-ctr\n");
    expect(await logsIn(configured(both), host)).toBe(true);
    const short = await faultOf(configured(`${both}  MACs hmac-sha2-256\n`), host);
    expect(short.message).toMatch(/no common .*MAC/i);
    const none = await faultOf(configured(to("  KexAlgorithms diffie-hellman-group-exchange-sha256\n")), host);
    expect(none.message).toContain("no algorithm of KexAlgorithms");
  });

  it("that changes nothing for us is passed over", async () => {
    const more =
      "  ControlMaster auto\n  ControlPath ~/.ssh/%C\n  LocalForward 8080 localhost:80\n  GSSAPIAuthentication yes\n";
    expect(await logsIn(configured(`${WHOLE}${more}  Compression yes\n  LogLevel DEBUG\n`), bare("web1"))).toBe(true);
  });

  it("with a mistake in it is told as ssh tells it", async () => {
    const fault = await faultOf(configured("Host *\n  Prot 22\n"), bare("web1"));
    expect(fault).toMatchObject({ kind: "unreachable", where: "web1" });
    expect(fault.message).toMatch(/config: line 2: Bad configuration option: prot/);
    const missing = await faultOf(configured("", { file: "/nonexistent/config" }), bare("web1"));
    expect(missing.message).toContain("/nonexistent/config is not there");
  });

  it("is asked for once for all hosts that it does not tell apart", async () => {
    // A stand-in that counts, and then is ssh.
    const bin = join(sshd.dir, "counting");
    mkdirSync(bin);
    writeFileSync(join(bin, "ssh"), `#!/bin/sh\necho "$@" >> ${bin}/calls\nexec /usr/bin/ssh "$@"\n`, { mode: 0o755 });
    vi.stubEnv("PATH", `${bin}:${process.env["PATH"]}`);
    const place = (text: string): ConfigPlace => {
      writeFileSync(join(bin, "config"), text);
      writeFileSync(join(bin, "calls"), "");
      return { home: "/nonexistent", file: join(bin, "config") };
    };
    const calls = (): number => readFileSync(join(bin, "calls"), "utf8").trim().split("\n").length;
    const names = Array.from({ length: 30 }, (_, at) => `web${at}`);
    const portOf = async (text: string): Promise<(readonly string[] | undefined)[]> => {
      const read = configReader(place(text));
      const all = await Promise.all(names.map((name) => read(bare(name))));
      return all.map((lines) => ("kind" in lines ? [lines.message] : lines.get("port")));
    };
    writeFileSync(join(bin, "more"), "Host web?\n  Port 23\n");
    const told = await portOf(`Include ${bin}/more\nHost web2* !web29\n  Port 24\nHost *\n  Port 25\n`);
    expect(told.map(String)).toEqual(
      names.map((name) => (name.length === 4 ? "23" : /^web2[0-8]/.test(name) ? "24" : "25")),
    );
    // Four kinds of hosts, since two blocks are about web2, and what ssh says by itself.
    expect(calls()).toBe(5);
    await portOf("Host web1*\n  Port 23\nMatch final all\n  Port 24\n");
    expect(calls()).toBe(3);
    await portOf("Host *\n  UserKnownHostsFile /etc/known/%h\n");
    expect(calls()).toBe(31);
    const place1 = place("Host web1*\n  HostName %h.one.example\nHost *\n  HostName %h.example\n  Port 24\n");
    const named = configReader(place1);
    const told1 = await Promise.all(names.map(async (name) => named(bare(name))));
    expect(told1.map((lines) => ("kind" in lines ? [] : lines.get("hostname")))).toEqual(
      names.map((name) => [name.startsWith("web1") ? `${name}.one.example` : `${name}.example`]),
    );
    expect(calls()).toBe(3);
    await portOf(`Match exec "test %h = web7"\n  Port 7\n`);
    expect(calls()).toBe(31);
    // As Debian has it in /etc for everybody.
    const usual = configReader(
      place("Host *\n  SendEnv LANG LC_*\n  HashKnownHosts yes\n  GSSAPIAuthentication yes\n"),
    );
    const said = [["hashknownhosts", ["yes"]] as const, ["gssapiauthentication", ["yes"]] as const];
    expect(await usual(bare("web1"))).toEqual(new Map(said));
    expect(readFileSync(join(bin, "calls"), "utf8")).toBe("");
    await portOf("Host *\n  SendEnv LANG\nPort\n");
    expect(calls()).toBe(1);
    vi.unstubAllEnvs();
  });
});

/** Lines of known_hosts, and whether ssh itself logs in by them. */
const JUDGED: readonly (readonly [lines: string, known: boolean])[] = [
  ["[127.0.0.1]:PORT KEY", true],
  ["127.0.0.1 KEY", true],
  ["* KEY", true],
  ["[127.0.0.*]:PORT KEY", true],
  ["[127.0.0.?]:PORT,other KEY", true],
  ["127.0.0.1,!127.0.0.* KEY", false],
  ["*,![127.0.0.1]:PORT KEY", true],
  ["[127.0.0.1]:1 KEY", false],
  ["[127.0.0.1]:PORT OTHER", false],
  ["[127.0.0.1]:PORT OTHER\n[127.0.0.1]:PORT KEY", true],
  ["@revoked * KEY\n[127.0.0.1]:PORT KEY", false],
  ["@revoked 127.0.0.1 KEY\n[127.0.0.1]:PORT KEY", true],
  ["@revoked 127.0.0.1 KEY\n127.0.0.1 KEY", false],
  ["@revoked other KEY\n[127.0.0.1]:PORT KEY", true],
  ["@revoked * OTHER\n[127.0.0.1]:PORT KEY", true],
  ["@cert-authority * OTHER\n[127.0.0.1]:PORT KEY", true],
  ["@cert-authority * KEY", false],
  ["# [127.0.0.1]:PORT KEY", false],
  ["HASHED", true],
  ["", false],
];

describe("a host's key", () => {
  it("is judged as ssh judges it", async () => {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(sshd.dir, "wrong")]);
    const files = JUDGED.map(([lines], at) => judgedFile(lines, at));
    const queue = new PQueue({ concurrency: 4 });
    const sshs = queue.addAll(files.map((file) => () => sshLogsIn(file)));
    const ours = queue.addAll(files.map((file) => () => judgement(file)));
    const kinds = JUDGED.map(([lines, known]) => [lines, known ? "in" : "host-key"]);
    expect((await sshs).map((known, at) => [JUDGED[at]?.[0], known])).toEqual(JUDGED);
    expect((await ours).map((kind, at) => [JUDGED[at]?.[0], kind])).toEqual(kinds);
  });
});

function judgedFile(lines: string, at: number): string {
  const file = join(sshd.dir, `judged${at}`);
  const [key, other] = ["host.pub", "wrong.pub"].map((name) =>
    readFileSync(join(sshd.dir, name), "utf8").split(" ").slice(0, 2).join(" "),
  );
  const text = lines === "HASHED" ? "[127.0.0.1]:PORT KEY" : lines;
  const filled = text
    .replaceAll("PORT", String(sshd.port))
    .replaceAll("KEY", key ?? "")
    .replaceAll("OTHER", other ?? "");
  writeFileSync(file, `${filled}\n`);
  if (lines === "HASHED") execFileSync("ssh-keygen", ["-q", "-H", "-f", file], { stdio: "ignore" });
  return file;
}

/** Whether ssh itself logs in with only these lines to go by. */
function sshLogsIn(file: string): Promise<boolean> {
  const only = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "GlobalKnownHostsFile=none",
    `UserKnownHostsFile=${file}`,
  ];
  const options = only.flatMap((option) => ["-o", option]);
  const to = ["-p", String(sshd.port), "-i", join(sshd.dir, "key"), "root@127.0.0.1", "true"];
  const child = spawn("ssh", ["-F", "none", ...options, ...to], { stdio: "ignore" });
  return new Promise((resolve) => child.once("exit", (code) => resolve(code === 0)));
}

async function judgement(file: string): Promise<string> {
  const answer = await plainSsh().connect(sshd.host({ userKnownHosts: [file] }));
  if (isFault(answer)) return answer.kind;
  await answer[Symbol.asyncDispose]();
  return "in";
}
