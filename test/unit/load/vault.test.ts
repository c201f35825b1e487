import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { inventoryDigest } from "../../../src/cli/settings.ts";
import { selectHosts } from "../../../src/language/inventory/pattern.ts";
import { loadInventory, type LoadedInventory } from "../../../src/load/inventory.ts";
import type { Fault } from "../../../src/model/fault.ts";
import { Runbook } from "../../../src/model/runbook.ts";

const CORPUS = join(import.meta.dirname, "../../fixtures/inventory/corpus");
const VALUE = join(CORPUS, "vault/hosts.yml");
const PASSWORD = join(CORPUS, "vault/password");

const cwd = mkdtempSync(join(tmpdir(), "runbook-vault-"));
afterAll(() => rmSync(cwd, { recursive: true }));

function write(name: string, text: string, mode = 0o600): string {
  writeFileSync(join(cwd, name), text);
  chmodSync(join(cwd, name), mode);
  return name;
}

async function load(source: string, ...vaultPasswordFiles: readonly string[]): Promise<LoadedInventory> {
  const loaded = await loadInventory([source], { cwd, home: "/home/me", vaultPasswordFiles });
  if (Array.isArray(loaded)) throw new Error(JSON.stringify(loaded));
  return loaded;
}

async function faults(source: string, ...vaultPasswordFiles: readonly string[]): Promise<readonly Fault[]> {
  const loaded = await loadInventory([source], { cwd, home: "/home/me", vaultPasswordFiles });
  return Array.isArray(loaded) ? loaded : [];
}

/** The hosts of the corpus in a directory of our own, without the files beside them. */
function alone(): string {
  copyFileSync(VALUE, join(cwd, "alone.yml"));
  return "alone.yml";
}

describe("an encrypted password", () => {
  test("is the host's password, and dots wherever it might be seen", async () => {
    const { inventory } = await load(alone(), PASSWORD);
    const host = inventory.hosts.get("v1");
    expect(host?.password?.reveal()).toBe("hunter2");
    expect(JSON.stringify([host, host?.vars])).not.toMatch(/hunter|two lines|ANSIBLE_VAULT/);
  });

  test("is not in the digest that a run keeps: another password is no other inventory", async () => {
    const runbook = Runbook.parse({
      name: "a",
      title: "A",
      about: "b",
      steps: [{ id: "s", title: "T", detect: { run: "true" } }],
    });
    const digest = async (): Promise<string> =>
      inventoryDigest([...(await load("alone.yml", PASSWORD)).inventory.hosts.values()], runbook, {});
    alone();
    const one = await digest();
    const text = readFileSync(VALUE, "utf8");
    const [, other = ""] = /!vault-encrypted \|\n((?: {8}\S+\n)+)/.exec(text) ?? [];
    write("alone.yml", text.replace(/(ansible_password: !vault \|\n)(?: {8}\S+\n)+/, `$1${other}`));
    expect((await load("alone.yml", PASSWORD)).inventory.hosts.get("v1")?.password?.reveal()).toBe("an old tag");
    expect(await digest()).toBe(one);
  });

  test.each([
    [[], "it is encrypted by ansible-vault, and no password was given"],
    [["wrong"], "and the vault password does not open it"],
    [["wrong", "wrong2"], "and none of the vault passwords opens it"],
  ])("that cannot be opened refuses its host alone: %j", async (files, message) => {
    for (const file of files) write(file, "not it\n");
    const { inventory } = await load(alone(), ...files);
    expect(selectHosts(inventory, "v2")).toEqual(["v2"]);
    expect(selectHosts(inventory, "v1")).toMatchObject({
      message: expect.stringContaining(message),
      where: "alone.yml:5:9",
      hint: "--vault-password-file FILE gives the password, or $ANSIBLE_VAULT_PASSWORD_FILE",
    });
  });

  test.each([
    ["$ANSIBLE_VAULT;1.1;AES256\n3132\n", "is damaged"],
    ["$ANSIBLE_VAULT;1.1;AES256\nxyz\n", "is damaged"],
    ["$ANSIBLE_VAULT;1.1;AES\n31\n", "has encrypted it by AES, and only AES256 is read"],
    ["$ANSIBLE_VAULT;9.9;AES256\n31\n", "no text that ansible-vault has encrypted"],
    ["just text", "no text that ansible-vault has encrypted"],
  ])("that is none is told: %j", async (text, message) => {
    const hosts = { web: { hosts: { w1: {} }, vars: {} } };
    const body = text
      .split("\n")
      .map((line) => `      ${line}`)
      .join("\n");
    write(
      "odd.yml",
      `web:\n  vars:\n    ansible_password: !vault |\n${body}\n  hosts: ${JSON.stringify(hosts.web.hosts)}\n`,
    );
    const { inventory } = await load("odd.yml", PASSWORD);
    expect(selectHosts(inventory, "w1")).toMatchObject({ message: expect.stringContaining(message) });
  });
});

describe("what would be shown must not be encrypted", () => {
  test.each([
    "ansible_host",
    "ansible_user",
    "ansible_port",
    "ansible_connection",
    "ansible_become",
    "ansible_ssh_private_key_file",
    "ansible_ssh_common_args",
  ])("%s", async (name) => {
    write("shown.yml", `web: { hosts: { w1: { ${name}: !vault "$ANSIBLE_VAULT;1.1;AES256" }, w2: } }\n`);
    const { inventory } = await load("shown.yml", PASSWORD);
    expect(selectHosts(inventory, "w1")).toMatchObject({
      message: expect.stringContaining(`\`${name}\`: it is encrypted, and it would be shown`),
      where: expect.stringMatching(/^shown\.yml:1:\d+$/),
    });
    expect(selectHosts(inventory, "w2")).toEqual(["w2"]);
  });
});

/** Encrypts a text by Ansible's own program. */
function whole(text: string): string {
  const args = ["encrypt", "--vault-password-file", PASSWORD, "--output", join(cwd, "whole"), "-"];
  execFileSync("/usr/bin/ansible-vault", args, {
    input: text,
    stdio: ["pipe", "ignore", "ignore"],
    env: { PATH: "/usr/bin:/bin", HOME: cwd, LC_ALL: "C.UTF-8" },
  });
  return "whole";
}

describe("a file that is encrypted as a whole", () => {
  test("has a mistake: its place is told, and nothing of what stands there", async () => {
    const told = await faults(whole("[web]\nw1 s3cret-without-a-name\n[s3:cret]\n"), PASSWORD);
    expect(told.map(({ where }) => where)).toEqual(["whole:2:4", "whole:3:1"]);
    expect(JSON.stringify(told)).not.toContain("cret-");
  });

  test("is a fault without its password: what it says is not known", async () => {
    expect(await faults(whole("[web]\nw1\n"))).toMatchObject([
      { where: "whole", message: "it is encrypted by ansible-vault, and no password was given" },
    ]);
  });
});

describe("a password file", () => {
  test.each([
    ["none", () => "absent", "there is no such file"],
    ["a directory", () => ".", "this is a directory"],
    ["empty", () => write("empty", " \n"), "the vault's password is empty"],
    ["a program that fails", () => write("fails", "#!/bin/sh\nexit 3\n", 0o700), "it ended with exit code 3"],
    ["no program, and executable", () => write("noexec", "text\n", 0o700), "this may be executed and is no program"],
  ])("that is %s", async (_, file, message) => {
    expect(await faults("h,", file())).toMatchObject([{ kind: "usage", message: expect.stringContaining(message) }]);
  });

  test("may be a program or a pipe", async () => {
    write("program", "#!/bin/sh\nprintf 'correct horse\\n'\n", 0o700);
    execFileSync("mkfifo", [join(cwd, "pipe")]);
    const writer = spawn("sh", ["-c", 'echo "correct horse" > pipe'], { cwd, stdio: "ignore" });
    const ended = once(writer, "close");
    for (const file of ["program", "pipe"]) {
      const { inventory } = await load(alone(), file);
      expect(inventory.hosts.get("v1")?.password?.reveal()).toBe("hunter2");
    }
    await ended;
  });
});
