import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, vi } from "vitest";
import { startSshd } from "../kit/sshd.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** Has this machine's name service as a process of its own sees it ask a server that never answers. */
const DEAF = `cd "$1"; shift
mount --bind resolv.conf /etc/resolv.conf; mount --bind hosts /etc/hosts; mount --bind nsswitch.conf /etc/nsswitch.conf
exec "$@"`;

it("names that nobody answers for take no other's time, though only two may be asked for at once", async () => {
  await using sshd = await startSshd();
  const deaf = createSocket("udp4").bind(53, "127.0.0.78");
  await once(deaf, "listening");
  const write = (name: string, text: string): void => writeFileSync(join(sshd.dir, name), text);
  write("resolv.conf", "nameserver 127.0.0.78\noptions timeout:1 attempts:1\n");
  write("hosts", "127.0.0.1 localhost good\n");
  write("nsswitch.conf", "hosts: files dns\n");
  const dead = Array.from({ length: 6 }, (_, at) => `dead${at}.test`);
  const script = join(import.meta.dirname, "fixtures/names.ts");
  const host = JSON.stringify(sshd.host({ hostKeyChecking: "off" }));
  const command = [process.execPath, script, host, ...dead, "good"];
  const env = { PATH: process.env["PATH"], UV_THREADPOOL_SIZE: "4" };
  const { stdout } = await promisify(execFile)("unshare", ["-m", "sh", "-ec", DEAF, "sh", sshd.dir, ...command], {
    env,
  });
  deaf.close();
  const { good, ...others } = JSON.parse(stdout) as Record<string, string>;
  expect(good).toBe("in");
  const unanswered = dead.map((name) => [name, `no such host for now: the name service does not answer for ${name}`]);
  expect(others).toEqual(Object.fromEntries(unanswered));
});
