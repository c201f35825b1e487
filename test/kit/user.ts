import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allProcesses, killIfThere } from "./processes.ts";

/** A user of this machine that lives as long as a test, with the password `Pa ss'w"ö$rd`. */
export type TestUser = AsyncDisposable & { readonly name: string; readonly home: string };

/** As hard to quote as a password may be. */
export const PASSWORD = "Pa ss'w\"ö$rd";

/** Adds a user whose sudo rules are `sudoers`, with `USER` for its name; null: no rules. Needs root. */
export async function addUser(sudoers: string | null): Promise<TestUser> {
  const name = `rbtest${randomBytes(4).toString("hex")}`;
  const home = mkdtempSync(join(tmpdir(), "rb-home-"));
  const hash = execFileSync("openssl", ["passwd", "-6", "-stdin"], { input: PASSWORD, encoding: "utf8" }).trim();
  execFileSync("useradd", ["-M", "-d", home, "-s", "/bin/sh", "-p", hash, name]);
  execFileSync("chown", [name, home]);
  const rules = `/etc/sudoers.d/${name}`;
  if (sudoers !== null) writeFileSync(rules, `${sudoers.replaceAll("USER", name)}\n`, { mode: 0o440 });
  return {
    name,
    home,
    async [Symbol.asyncDispose]() {
      const own = allProcesses().filter((seen) => seen.args === `sshd: ${name}@notty`);
      for (const { pid } of own) killIfThere(pid);
      rmSync(rules, { force: true });
      execFileSync("userdel", ["-f", name], { stdio: "ignore" });
      rmSync(home, { recursive: true, force: true });
    },
  };
}
