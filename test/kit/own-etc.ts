import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
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
  /** Of `PASSWORD`, as in shadow. */
  readonly hash: string;
  /** Writes a file of its /etc as root's. */
  write(name: string, text: string, mode?: number): void;
  read(name: string): string;
  remove(name: string): void;
  /** Adds a user with a file in sudoers.d, `USER` being the name there. */
  sudoer(rules: string, over?: NewUser, mode?: number): User;
  /** Adds a user with the only rule in doas.conf, likewise. */
  doer(rule: string): User;
  /** Puts lines before what PAM does for a program, until it is disposed of. */
  pam(service: string, ...lines: readonly string[]): Disposable;
  /** A program that is none of the host's: its path. */
  standIn(name: string, text: string): string;
  /** A copy of a program without the right to become root: its path. */
  unprivileged(name: string): string;
  /** Sets fields of a user's line in shadow, in days since 1970: when the account expires, and when its password was changed (0: it must be). */
  expire(name: string, days: { readonly expires?: string; readonly changed?: string }): void;
  /** Adds a user with a home and the password of `PASSWORD`; `over` replaces fields of its lines. */
  user(over?: NewUser): User;
};

/** What of a user's lines is not as usual. */
export type NewUser = { readonly shell?: string; readonly hash?: string };

/** Who logs in: the name, and how to reach the host as that user. */
export type User = { readonly name: string; readonly host: (over?: Partial<Host>) => Host };

/** Starts one. `before` is shell text that is run in its mount namespace, such as further mounts. */
export async function startOwnEtc(
  options: { readonly config?: readonly string[]; readonly before?: string } = {},
): Promise<OwnEtc> {
  const dir = mkdtempSync("/var/tmp/rb-etc-");
  chmodSync(dir, 0o755);
  const etc = join(dir, "etc");
  // Other tests add users meanwhile: what vanishes under it does not matter.
  spawnSync("cp", ["-a", "/etc", etc]);
  // Nobody guesses here: what was wrong is told at once.
  execFileSync("sed", ["-i", "s/pam_unix.so/& nodelay/", join(etc, "pam.d/common-auth")]);
  appendFileSync(join(etc, "login.defs"), "FAIL_DELAY 0\n");
  const state = ["/run/sudo", "/run/doas", "/run/faillock", "/var/lib/sudo"];
  const mounts = state.map((place) => `mkdir -p ${place}; mount -t tmpfs -o mode=711 own ${place}`);
  const before = [`mount --bind ${etc} /etc`, ...mounts, options.before ?? ""].join("\n");
  const sshd = await startSshd({ ...options, before });
  const hash = execFileSync("openssl", ["passwd", "-6", "-stdin"], { input: PASSWORD, encoding: "utf8" }).trim();
  const append = (name: string, line: string): void => appendFileSync(join(etc, name), `${line}\n`);
  let last = 52_000;
  const there: OwnEtc = {
    sshd,
    hash,
    write(name, text, mode = 0o644) {
      // Whoever reads it meanwhile must not find half of it.
      const file = join(dir, "new");
      writeFileSync(file, text);
      chmodSync(file, mode);
      renameSync(file, join(etc, name));
    },
    read: (name) => readFileSync(join(etc, name), "utf8"),
    remove: (name) => rmSync(join(etc, name), { force: true }),
    expire(name, { expires = "", changed = "20000" }) {
      const lines = readFileSync(join(etc, "shadow"), "utf8").split("\n");
      const changedLine = (line: string): string =>
        line.startsWith(`${name}:`) ? line.replace(/^([^:]*:[^:]*):.*/, `$1:${changed}:0:99999:7::${expires}:`) : line;
      there.write("shadow", lines.map(changedLine).join("\n"), 0o600);
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
    sudoer(rules, over, mode = 0o440) {
      const user = there.user(over);
      there.write(`sudoers.d/${user.name}`, `${rules.replaceAll("USER", user.name)}\n`, mode);
      return user;
    },
    doer(rule) {
      const user = there.user();
      there.write("doas.conf", `${rule.replaceAll("USER", user.name)}\n`, 0o600);
      return user;
    },
    pam(service, ...lines) {
      const usual = there.read(`pam.d/${service}`);
      there.write(`pam.d/${service}`, `${lines.join("\n")}\n${usual}`);
      return { [Symbol.dispose]: () => there.write(`pam.d/${service}`, usual) };
    },
    standIn(name, text) {
      const program = join(sshd.dir, name);
      writeFileSync(program, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
      return program;
    },
    unprivileged(name) {
      const program = join(sshd.dir, name);
      copyFileSync(`/usr/bin/${name}`, program);
      chmodSync(program, 0o755);
      return program;
    },
    async [Symbol.asyncDispose]() {
      await sshd[Symbol.asyncDispose]();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return there;
}
