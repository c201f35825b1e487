import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Secret } from "../../src/model/secret.ts";
import { connected, faultOf, plainSsh, script, told } from "../kit/connections.ts";
import { PASSWORD } from "../kit/practice-sshd.ts";
import { type SickHost, startSick } from "../kit/sick.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const SHELLS = {
  chatty:
    "echo Welcome; echo be nice >&2; printf 'caf\\351 '; head -c 5000000 /dev/zero | tr '\\0' x; exec /bin/sh \"$@\"",
  endless: "exec yes",
  asking: "printf 'Press enter: '; read -r answer; exec /bin/sh \"$@\"",
  refusing: 'printf \'Continue? [y/N] \'; read -r answer; [ "$answer" = y ] || exit 1; exec /bin/sh "$@"',
} as const;

let sick: SickHost;
beforeAll(async () => {
  sick = await startSick();
  for (const [name, text] of Object.entries(SHELLS)) {
    await sick.inside.write(`/opt/${name}`, `#!/bin/sh\n${text}\n`, 0o755);
    await sick.user(name, `/opt/${name}`);
  }
  for (const [name, shell] of [
    ["csh", "/bin/csh"],
    ["tcsh", "/bin/tcsh"],
    ["fish", "/usr/bin/fish"],
    ["none", "/usr/sbin/nologin"],
    ["no", "/bin/false"],
    ["old", "/bin/sh"],
  ] as const) {
    await sick.user(name, shell);
  }
});
afterAll(() => sick[Symbol.asyncDispose]());

describe("login shells of all kinds", () => {
  it.each(["csh", "tcsh", "fish", "chatty"])(
    "logs in where it is %s, and runs scripts and jobs there in sh",
    async (user) => {
      await using host = await connected(plainSsh(), sick.host({ user }));
      const text = 'read -r x </etc/hostname; echo "$x: $(id -un)"; exit 3';
      expect(told(await host.run(script(text)))).toEqual({ end: "exited 3", stdout: `sick1: ${user}\n`, stderr: "" });
      const job = { ...script("echo done", { late: "kill" }), name: `runbook-job-shell.1.${user}`, secret: false };
      expect((await host.job(job)).ended).toMatchObject({ kind: "exited", code: 0, stdout: { head: "done\n" } });
      await host.run(script(`rm -rf /var/tmp/${job.name}`));
    },
  );

  it.each([
    ["endless", "session", "the login shell prints without end: y"],
    ["asking", "session", "the login shell asks something before it takes a command: Press enter:"],
    ["refusing", "session", "the shell on the host ended before it took a script: Continue? [y/N]"],
    ["none", "auth", "the login user may not log in: This account is currently not available."],
    ["no", "session", "the shell on the host ended before it took a script"],
  ])("says what is in the way of %s", async (user, kind, message) => {
    const fault = await faultOf(plainSsh(), sick.host({ user }));
    expect(fault).toMatchObject({ kind, message, where: "sick1" });
    expect(fault.hint).toBeDefined();
  });

  it("says that a password must be changed before anybody is let in", async () => {
    const hash = (await sick.inside.must("grep ^wary: /etc/shadow | cut -d: -f2")).trim();
    await sick.inside.must(
      "cat >/etc/shadow.new; grep -v ^old: /etc/shadow >>/etc/shadow.new; mv /etc/shadow.new /etc/shadow",
      `old:${hash}:0:0:99999:7:::\n`,
    );
    const fault = await faultOf(plainSsh(), sick.host({ user: "old", keyFiles: [], password: new Secret(PASSWORD) }));
    expect(fault.kind).toBe("auth");
    expect(fault.message).toContain("the login user's password has expired and must be changed");
    expect(fault.hint).toContain("chage");
  });
});
