import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PracticeHost, startHost } from "../../src/lab/host.ts";
import { findIsolation } from "../../src/lab/isolation.ts";
import { keyPair } from "../../src/lab/keys.ts";
import type { Host } from "../../src/model/inventory.ts";
import { startSshd } from "./practice-sshd.ts";
import { hostAt } from "./sshd.ts";

/** A practice host behind a real sshd that a test makes sick; all of it ends with the test. */
export type SickHost = AsyncDisposable & {
  readonly inside: PracticeHost;
  /** How to reach it; `over` changes what a test is about. */
  host(over?: Partial<Host>): Host;
  /** Adds a user with a login shell. */
  user(name: string, shell: string, home?: string): Promise<void>;
};

/** Starts one, with lines of sshd_config that win over the usual ones. Needs root and OpenSSH. */
export async function startSick(name = "sick1", config: readonly string[] = []): Promise<SickHost> {
  const stack = new AsyncDisposableStack();
  const dir = mkdtempSync(join(tmpdir(), "rb-sick-"));
  stack.defer(() => rmSync(dir, { recursive: true, force: true }));
  const mountPoint = join(dir, "mnt");
  const isolation = findIsolation(mountPoint);
  if ("message" in isolation || isolation.kind !== "root") throw new Error("these tests need root and namespaces");
  const inside = stack.use(await startHost({ name, megabytes: 8, mountPoint }, isolation));
  const sshd = stack.use(await startSshd(inside, keyPair(dir, "key").public, config));
  writeFileSync(join(dir, "known"), `[127.0.0.1]:${sshd.port} ${sshd.hostKey}\n`);
  let uid = 2000;
  return {
    inside,
    host: (over = {}) => hostAt(sshd.port, dir, { name, ...over }),
    async user(user, shell, home = "/") {
      uid += 1;
      await inside.must(
        `echo '${user}:x:${uid}:65534::${home}:${shell}' >>/etc/passwd; echo '${user}:*:20000:0:99999:7:::' >>/etc/shadow`,
      );
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
