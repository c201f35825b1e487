import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { connect, createServer } from "node:net";
import { once } from "node:events";
import { freshKey } from "../../src/lab/keys.ts";
import type { PracticeHost } from "../../src/lab/host.ts";

/** A real OpenSSH server inside a practice host, and what a client needs to reach it. */
export type Sshd = AsyncDisposable & { readonly port: number; readonly hostKey: string };

/** The password of the user `wary`, who may use sudo with it. */
export const PASSWORD = "open sesame";

// Made once with crypt(3): sha512 of the password above.
const PASSWORD_HASH =
  "$6$practice$.TvtlPFx9ghvfMH6ru0jQODarkeJvKuG5cgQKagg3X5/Cd8bNeD3CIa2vyA8liYey4y6aea2.4DXac7G4OQOJ/";

const USERS = [
  "root:x:0:0:root:/root:/bin/sh",
  "sshd:x:100:65534::/run/sshd:/usr/sbin/nologin",
  "trusted:x:1001:1001::/home/trusted:/bin/sh",
  "wary:x:1002:1002::/home/wary:/bin/sh",
  "nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin",
];

/**
 * Starts OpenSSH's sshd in a practice host, on a free port of loopback. `clientKey` lets in root, `trusted` (sudo without a
 * password), `wary` (sudo with one). `config`: lines of sshd_config that win over the usual ones. Nothing of it lies on the root disk but the homes. Needs root and the package openssh-server.
 */
export async function startSshd(host: PracticeHost, clientKey: string, config: readonly string[] = []): Promise<Sshd> {
  const key = freshKey();
  const port = await freePort();
  const lines = [
    ...config,
    `ListenAddress 127.0.0.1:${port}`,
    "HostKey /run/ssh/host_key",
    "AuthorizedKeysFile /run/ssh/authorized_keys",
    "StrictModes no",
    "UsePAM no",
    "PidFile none",
    "LogLevel ERROR",
  ];
  await host.write("/run/ssh/sshd_config", lines.join("\n"));
  await host.write("/run/ssh/host_key", `${key.private}\n`, 0o600);
  await host.write("/run/ssh/authorized_keys", `${clientKey}\n`);
  await addUsers(host);
  const server = host.spawn(["/usr/sbin/sshd", "-D", "-e", "-f", "/run/ssh/sshd_config"]);
  await answering(server, port);
  return {
    port,
    hostKey: key.public,
    [Symbol.asyncDispose]: async () => {
      server.kill("SIGKILL");
      if (server.exitCode === null && server.signalCode === null) await once(server, "exit");
    },
  };
}

async function addUsers(host: PracticeHost): Promise<void> {
  await host.write("/etc/passwd", `${USERS.join("\n")}\n`);
  await host.write("/etc/group", "root:x:0:\ntrusted:x:1001:\nwary:x:1002:\nnogroup:x:65534:\n");
  const secrets = [`root:*`, `sshd:*`, `trusted:*`, `wary:${PASSWORD_HASH}`].map(
    (entry) => `${entry}:20000:0:99999:7:::\n`,
  );
  await host.write("/etc/shadow", secrets.join(""), 0o600);
  const rules = ["root ALL=(ALL) ALL", "trusted ALL=(ALL) NOPASSWD: ALL", "wary ALL=(ALL) ALL"];
  await host.write("/etc/sudoers", `${rules.join("\n")}\n`, 0o440);
  await host.must(
    "mkdir -p /run/sshd; for user in trusted wary; do mkdir /home/$user; chown $user:$user /home/$user; done",
  );
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Waits until the server greets; its own words are the error when it ends instead. */
async function answering(server: ChildProcessWithoutNullStreams, port: number): Promise<void> {
  let words = "";
  server.stdout.resume();
  server.stderr.on("data", (chunk) => (words += String(chunk)));
  for (;;) {
    if (server.exitCode !== null) throw new Error(`sshd ended: ${words.trim()}`);
    if (await greets(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Whether something greets at a port of loopback. */
export function greets(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  return new Promise((resolve) => {
    const answer = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once("data", () => answer(true));
    socket.once("error", () => answer(false));
    socket.once("close", () => answer(false));
  });
}
