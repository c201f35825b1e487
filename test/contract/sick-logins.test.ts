import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { connected, faultOf, plainSsh, script, told } from "../kit/connections.ts";
import { type SickHost, startSick } from "../kit/sick.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 60_000 });

const SHELLS = {
  chatty:
    "echo Welcome; echo be nice >&2; printf 'caf\\351 '; head -c 5000000 /dev/zero | tr '\\0' x; exec /bin/sh \"$@\"",
  endless: "exec yes",
  hanging: "exec sleep 1000",
  asking: "printf 'Press enter: '; read -r answer; exec /bin/sh \"$@\"",
  refusing: 'printf \'Continue? [y/N] \'; read -r answer; [ "$answer" = y ] || exit 1; exec /bin/sh "$@"',
} as const;

let sick: SickHost;
beforeAll(async () => {
  sick = await startSick("sick1", ["UsePAM yes", "Banner /run/ssh/banner"]);
  await sick.inside.write("/run/ssh/banner", "Unauthorized access is prohibited.\n");
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
    ["expired", "/bin/sh"],
  ] as const) {
    await sick.user(name, shell);
  }
  const rules = ["csh", "tcsh", "fish", "chatty"].map((user) => `${user} ALL=(ALL) NOPASSWD: ALL`).join("\n");
  await sick.inside.must("cat >>/etc/sudoers", `${rules}\n`);
  await sick.user("homeless", "/bin/sh", "/nonexistent");
});
afterAll(() => sick[Symbol.asyncDispose]());

describe("login shells of all kinds", () => {
  it.each(["csh", "tcsh", "fish", "chatty"])(
    "logs in where it is %s, and runs scripts and jobs there in sh",
    async (user) => {
      await using host = await connected(plainSsh(), sick.host({ user }));
      const text = 'read -r x </etc/hostname; echo "$x: $(id -un)"; exit 3';
      expect(told(await host.run(script(text)))).toEqual({ end: "exited 3", stdout: `sick1: ${user}\n`, stderr: "" });
      expect(told(await host.run(script("id -un", { become: "root" }))).stdout).toBe("root\n");
      const job = { ...script("echo done", { late: "kill" }), name: `runbook-job-shell.1.${user}`, secret: false };
      expect((await host.job(job)).ended).toMatchObject({ kind: "exited", code: 0, stdout: { head: "done\n" } });
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

  it("says that a password must be changed before anybody is let in, and that an account has expired", async () => {
    await shadow("old", "0:0:99999:7:::");
    await shadow("expired", "20000:0:99999:7::1:");
    const old = await faultOf(plainSsh(), sick.host({ user: "old" }));
    expect(old).toMatchObject({ kind: "auth", hint: expect.stringContaining("chage") });
    expect(old.message).toContain("the login user's password has expired and must be changed");
    const expired = await faultOf(plainSsh(), sick.host({ user: "expired" }));
    expect(expired.kind).toBe("auth");
    expect(expired.message).toMatch(/; the host says: Your account has expired/);
    const stranger = await faultOf(plainSsh(), sick.host({ user: "stranger" }));
    expect(stranger.message).not.toContain("the host says");
  });

  it("waits for a login shell that hangs for a time of its own", async () => {
    const fault = await faultOf(plainSsh({ shellPatience: 1 }), sick.host({ user: "hanging" }));
    expect(fault).toMatchObject({ kind: "session", message: "the shell on the host did not answer within 1 s" });
    expect(fault.hint).toContain("waits for something");
  });

  it("keeps the prohibitions of a banner and a home directory that is not there out of what scripts say", async () => {
    await using host = await connected(plainSsh(), sick.host({ user: "homeless" }));
    expect(told(await host.run(script("pwd")))).toEqual({ end: "exited 0", stdout: "/\n", stderr: "" });
  });
});

/** Sets a user's dates in /etc/shadow, with a password that can be given. */
async function shadow(user: string, dates: string): Promise<void> {
  const edit = `hash=$(grep ^wary: /etc/shadow | cut -d: -f2); grep -v ^${user}: /etc/shadow >/etc/shadow.new; echo "${user}:$hash:${dates}" >>/etc/shadow.new; mv /etc/shadow.new /etc/shadow`;
  await sick.inside.must(edit);
}
