import { execFileSync } from "node:child_process";
import { chmod, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { localJob, sweep } from "../kit/shelf.ts";
import type { Workshop } from "../kit/workshop.ts";

const TOKEN = "s3cret-of-the-vault";

/** What Ansible's own program makes of a text; its password is in the file `pw`. */
function encrypted(shop: Workshop, text: string): string {
  const args = ["encrypt_string", "--vault-password-file", "pw", "--name", "token", text];
  const env = { PATH: "/usr/bin:/bin", HOME: shop.directory, LC_ALL: "C.UTF-8" };
  return execFileSync("/usr/bin/ansible-vault", args, {
    cwd: shop.directory,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
}

/** A directory with a file in INI, a program, and variables beside them, one of them encrypted. */
async function fleet(): Promise<Workshop> {
  const top = "inputs: { dir: { type: string }, token: { type: string, secret: true } }\n";
  const steps = sweep()
    .replace('run: cd "$dir";', `run: '[ \${#token} = ${TOKEN.length} ] || exit 9; cd "$dir";`)
    .replace("| sort\n", "| sort'\n")
    .replaceAll("'*.bad'", '"*.bad"');
  const shop = await localJob(steps, { top, files: { "a/x.bad": "", "b/x.bad": "" }, hosts: ["a", "b"] });
  await shop.write("inv/10-hosts", "[box]\na\n[box:vars]\nansible_connection=local\n");
  await shop.write(
    "inv/20-program",
    `#!/bin/sh\necho '{"box": ["b"], "_meta": {"hostvars": {"b": {"dir": "${shop.directory}/b"}}}}'\n`,
  );
  await chmod(join(shop.directory, "inv/20-program"), 0o755);
  await shop.write("inv/host_vars/a.yml", `dir: ${shop.directory}/a\n`);
  await shop.write("pw", "correct horse\n");
  await shop.write("inv/group_vars/all.yml", encrypted(shop, TOKEN));
  return shop;
}

/** All that is written of runs. */
async function record(shop: Workshop): Promise<string> {
  const directory = join(shop.directory, ".local/state/runbook");
  const files = (await readdir(directory, { recursive: true, withFileTypes: true })).filter((file) => file.isFile());
  const texts = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), "latin1")));
  return texts.join("\n");
}

describe("an inventory as Ansible has it", { timeout: 60_000 }, () => {
  test("is what a run works with and what resume reads again; its secrets are on no record", async () => {
    await using shop = await fleet();
    const first = await shop.run("run", "job", "-i", "inv", "--vault-password-file", "pw");
    expect({ exit: first.exit, err: first.err }).toEqual({ exit: 3, err: expect.any(String) });
    expect((await shop.run("resume", "last")).exit).toBe(3);
    const fixed = await shop.runWith({ ANSIBLE_VAULT_PASSWORD_FILE: "pw" }, "run", "job", "-i", "inv", "-y");
    expect(fixed.exit).toBe(0);
    const all = await record(shop);
    expect(all).toContain("sweep");
    expect(all + first.out + first.err + fixed.out + fixed.err).not.toMatch(/s3cret-of|correct horse/);
  });

  test("is shown as JSON by either name", async () => {
    await using shop = await fleet();
    const listed = await shop.run("inventory", "-i", "inv", "--vault-password-file", "pw", "--list");
    expect(JSON.parse(listed.out)).toHaveProperty("_meta");
    expect(await shop.run("inventory", "-i", "inv", "--vault-password-file", "pw", "--json")).toEqual(listed);
  });

  test("says what is in the way: no password, a password file that has gone, a value that cannot be opened", async () => {
    await using shop = await fleet();
    const none = await shop.run("run", "job", "-i", "inv");
    expect(none).toMatchObject({
      exit: 64,
      err: expect.stringContaining(
        "inv/group_vars/all.yml:2:11: a and one more host: `token`: it is encrypted by ansible-vault, and no password was given\n  → --vault-password-file FILE",
      ),
    });
    expect((await shop.run("run", "job", "-i", "inv", "--vault-password-file", "pw")).exit).toBe(3);
    await rm(join(shop.directory, "pw"));
    expect(await shop.run("resume", "last")).toMatchObject({
      exit: 64,
      err: expect.stringContaining("pw: there is no such file"),
    });
    await shop.write("pw", "another\n");
    expect(await shop.run("resume", "last")).toMatchObject({
      exit: 64,
      err: expect.stringContaining("the vault password does not open it"),
    });
  });
});
