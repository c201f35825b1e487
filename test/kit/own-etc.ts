import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Host } from "../../src/model/inventory.ts";
import { type Sshd, startSshd } from "./sshd.ts";
import { PASSWORD } from "./user.ts";

/** A real sshd on which users, sudoers, doas.conf and PAM are its own: a copy of /etc, seen only by those who log in there. */
export type OwnEtc = AsyncDisposable & {
  readonly sshd: Sshd;
  /** Writes a file of its /etc as root's. */
  write(name: string, text: string, mode?: number): void;
  read(name: string): string;
  remove(name: string): void;
  /** Sets fields of a user's line in shadow, in days since 1970: when the account expires, and when its password was changed (0: it must be). */
  expire(name: string, days: { readonly expires?: string; readonly changed?: string }): void;
  /** Adds a user with a home and the password of `PASSWORD`; `over` replaces fields of its lines. */
  user(over?: { readonly shell?: string; readonly hash?: string }): User;
};

/** Who logs in: the name, and how to reach the host as that user. */
export type User = { readonly name: string; readonly host: (over?: Partial<Host>) => Host };

/** Starts one. `before` is shell text that is run in its mount namespace, such as further mounts. */
export async function startOwnEtc(
  options: { readonly config?: readonly string[]; readonly before?: string } = {},
): Promise<OwnEtc> {
  const dir = mkdtempSync("/var/tmp/rb-etc-");
  chmodSync(dir, 0o755);
  const etc = join(dir, "etc");
  execFileSync("cp", ["-a", "/etc", etc]);
  // Nobody guesses here: what was wrong is told at once.
  execFileSync("sed", ["-i", "s/pam_unix.so/& nodelay/", join(etc, "pam.d/common-auth")]);
  appendFileSync(join(etc, "login.defs"), "FAIL_DELAY 0\n");
  const state = ["/run/sudo", "/run/doas", "/run/faillock", "/var/lib/sudo"];
  const mounts = state.map((place) => `mkdir -p ${place}; mount -t tmpfs -o mode=711 own ${place}`);
  const before = [`mount --bind ${etc} /etc`, ...mounts, options.before ?? ""].join("\n");
  const sshd = await startSshd({ ...options, before });
  const hash = execFileSync("openssl", ["passwd", "-6", "-stdin"], { input: PASSWORD, encoding: "utf8" }).trim();
  const append = (name: string, line: string): void => {
    writeFileSync(join(etc, name), `${readFileSync(join(etc, name), "utf8").trimEnd()}\n${line}\n`);
  };
  let last = 52_000;
  return {
    sshd,
    write(name, text, mode = 0o644) {
      const file = join(etc, name);
      rmSync(file, { force: true });
      writeFileSync(file, text, { mode });
      chmodSync(file, mode);
    },
    read: (name) => readFileSync(join(etc, name), "utf8"),
    remove: (name) => rmSync(join(etc, name), { force: true }),
    expire(name, { expires = "", changed = "20000" }) {
      const lines = readFileSync(join(etc, "shadow"), "utf8").split("\n");
      const changedLine = (line: string): string =>
        line.startsWith(`${name}:`) ? line.replace(/^([^:]*:[^:]*):.*/, `$1:${changed}:0:99999:7::${expires}:`) : line;
      writeFileSync(join(etc, "shadow"), lines.map(changedLine).join("\n"));
    },
    user(over = {}) {
      last += 1;
      const name = `rb${randomBytes(4).toString("hex")}`;
      const home = join(dir, name);
      mkdirSync(home);
      chownSync(home, last, last);
      append("group", `${name}:x:${last}:`);
      append("passwd", `${name}:x:${last}:${last}::${home}:${over.shell ?? "/bin/sh"}`);
      append("shadow", `${name}:${over.hash ?? hash}:20000:0:99999:7:::`);
      return { name, host: (more) => sshd.host({ user: name, ...more }) };
    },
    async [Symbol.asyncDispose]() {
      await sshd[Symbol.asyncDispose]();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
