import { execFileSync } from "node:child_process";
import { chmod, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadPolicies, type PolicyPlaces } from "../../../src/load/policy.ts";
import type { Fault } from "../../../src/model/fault.ts";
import { told } from "../../kit/mistakes.ts";
import { workshop, type Workshop } from "../../kit/workshop.ts";

const ASK = "rules:\n  - approve: ask\n";

/** What is loaded in a workshop; the machine's own policy is `etc/policy.yml` there. */
async function load(shop: Workshop, places: Partial<PolicyPlaces> = {}): ReturnType<typeof loadPolicies> {
  const system = join(shop.directory, "etc/policy.yml");
  return loadPolicies({ env: {}, cwd: shop.directory, system, ...places });
}

async function sourcesOf(shop: Workshop, places: Partial<PolicyPlaces> = {}): Promise<string[]> {
  const loaded = await load(shop, places);
  if ("faults" in loaded) throw new Error(told(loaded.faults).join("\n"));
  return loaded.policies.map(({ source }) => source);
}

async function faultsOf(shop: Workshop, places: Partial<PolicyPlaces> = {}): Promise<readonly Fault[]> {
  const loaded = await load(shop, places);
  return "faults" in loaded ? loaded.faults : [];
}

describe("policies are read", () => {
  test("from all four places, and from none", async () => {
    await using shop = await workshop({ "a.yml": ASK, "b.yml": ASK, "policy.yml": ASK, "etc/policy.yml": ASK });
    expect(await sourcesOf(shop, { option: "a.yml", env: { RUNBOOK_POLICY: "b.yml" } })).toEqual([
      "a.yml",
      "b.yml",
      "policy.yml",
      join(shop.directory, "etc/policy.yml"),
    ]);
    await using empty = await workshop();
    expect(await sourcesOf(empty, { env: { RUNBOOK_POLICY: "" } })).toEqual([]);
  });

  test("each file once, by whatever way it is named", async () => {
    await using shop = await workshop({ "policy.yml": ASK });
    await symlink("policy.yml", join(shop.directory, "link.yml"));
    const env = { RUNBOOK_POLICY: join(shop.directory, "policy.yml") };
    expect(await sourcesOf(shop, { option: "link.yml", env })).toEqual(["link.yml"]);
    expect(await sourcesOf(shop, { env })).toEqual([join(shop.directory, "policy.yml")]);
  });

  test("with a byte order mark and Windows line ends", async () => {
    await using shop = await workshop({ "policy.yml": `\uFEFF${ASK.replaceAll("\n", "\r\n")}` });
    expect(await sourcesOf(shop)).toEqual(["policy.yml"]);
  });
});

describe("a policy that is named must be there", () => {
  test("by --policy and by $RUNBOOK_POLICY; all are told at once", async () => {
    await using shop = await workshop({ "policy.yml": "rules: []\n" });
    const faults = await faultsOf(shop, { option: "a.yml", env: { RUNBOOK_POLICY: "b.yml" } });
    expect(faults.map(({ kind, where, message, hint }) => [kind, where, message, hint])).toEqual([
      ["invalid-file", "a.yml", "the policy cannot be used: there is no such file", "--policy names it"],
      ["invalid-file", "b.yml", "the policy cannot be used: there is no such file", "$RUNBOOK_POLICY names it"],
      ["invalid-file", "policy.yml:1:8", "`rules`: expected at least 1 item, found an empty list", expect.anything()],
    ]);
    expect(await faultsOf(shop, { option: "" })).toMatchObject([{ kind: "usage", where: "--policy" }, {}]);
  });
});

describe("a policy that is there and cannot be read is never passed over", () => {
  test.each([
    ["a directory", "the policy cannot be used: this is a directory, and a file is expected"],
    ["a link to nowhere", "the policy cannot be used: there is no such file"],
    ["a link to itself", "the policy cannot be used: the file is a symbolic link that leads to itself"],
    ["a pipe", "the policy cannot be used: this is no regular file"],
    ["10 MB", "the policy cannot be used: the file is too large: 10 MB, and at most 1 MB is read"],
    ["binary", "the policy cannot be used: the file is binary: it holds NUL bytes"],
    ["Latin-1", "the policy cannot be used: the file is not text in UTF-8"],
    ["empty", "1:1 the file is empty → expected a YAML document"],
  ])("%s", async (what, message) => {
    await using shop = await workshop();
    const path = join(shop.directory, "policy.yml");
    if (what === "a directory") await mkdir(path);
    else if (what === "a link to nowhere") await symlink("nowhere", path);
    else if (what === "a link to itself") await symlink("policy.yml", path);
    else if (what === "a pipe") execFileSync("mkfifo", [path]);
    else if (what === "10 MB") await shop.write("policy.yml", "#".repeat(10_000_000));
    else if (what === "binary") await shop.write("policy.yml", new Uint8Array([114, 0, 1]));
    else if (what === "Latin-1") await shop.write("policy.yml", new Uint8Array([0x23, 0xe9, 0x0a]));
    else await shop.write("policy.yml", "");
    const faults = await faultsOf(shop);
    expect(faults).toMatchObject([{ kind: "invalid-file", where: expect.stringMatching(/^policy\.yml/) }]);
    expect(told(faults)[0]).toContain(message);
  });

  test("one under something that is no directory", async () => {
    await using shop = await workshop({ etc: "a file" });
    expect(await faultsOf(shop)).toMatchObject([{ message: "the policy cannot be used: there is no such file" }]);
  });

  test.skipIf(process.getuid?.() !== 0)("one that the user may not read, or not even see", async () => {
    await using shop = await workshop({ "policy.yml": ASK, "etc/policy.yml": ASK });
    await chmod(shop.directory, 0o755);
    await chmod(join(shop.directory, "policy.yml"), 0o600);
    await chmod(join(shop.directory, "etc"), 0o700);
    process.seteuid?.("nobody");
    try {
      expect((await faultsOf(shop)).map(({ message }) => message)).toEqual([
        "the policy cannot be used: the file may not be read: permission denied",
        "the policy cannot be used: the file may not be read: permission denied",
      ]);
    } finally {
      process.seteuid?.(0);
    }
  });
});

test("a policy, or a file of signers, that everybody may write binds nobody, and is refused", async () => {
  const signed = "allowed_signers: keys\nrules:\n  - { approve: ask, signed: true }\n";
  await using shop = await workshop({ "policy.yml": signed, keys: "ada ssh-ed25519 AAAA\n" });
  await chmod(join(shop.directory, "keys"), 0o666);
  expect(told(await faultsOf(shop))).toEqual(["1:18 `allowed_signers`: everybody on this machine may write the file"]);
  await chmod(join(shop.directory, "keys"), 0o664);
  expect(await faultsOf(shop)).toEqual([]);
  await chmod(join(shop.directory, "policy.yml"), 0o646);
  expect(await faultsOf(shop)).toEqual([
    {
      kind: "invalid-file",
      where: "policy.yml",
      message: "the policy cannot be used: everybody on this machine may write the file",
      hint: "chmod o-w policy.yml",
    },
  ]);
});

describe("the file of signers", () => {
  const SIGNED = "allowed_signers: keys/signers\nrules:\n  - approve: ask\n    signed: true\n";

  test("stands beside the policy, wherever that is", async () => {
    await using shop = await workshop({ "team/p.yml": SIGNED, "team/keys/signers": "# us\nada ssh-ed25519 AAAA\n" });
    expect(await load(shop, { option: "team/p.yml" })).toMatchObject({
      policies: [{ source: "team/p.yml", signers: join(shop.directory, "team/keys/signers") }],
    });
  });

  test("must be there, be text, and name somebody; its fault points at the policy's line, beside the others", async () => {
    await using shop = await workshop({ "policy.yml": SIGNED });
    expect(told(await faultsOf(shop))).toEqual(["1:18 `allowed_signers`: there is no such file"]);
    await mkdir(join(shop.directory, "keys/signers"), { recursive: true });
    expect(told(await faultsOf(shop))).toEqual(["1:18 `allowed_signers`: this is a directory, and a file is expected"]);
    await using other = await workshop({
      "policy.yml": `${SIGNED}    step: [a]\n`,
      "keys/signers": "\n# nobody yet\n",
    });
    expect(told(await faultsOf(other))).toEqual([
      "1:18 `allowed_signers`: the file names nobody who may sign",
      "5:5 unknown key `step` in rule 1 → did you mean `steps`?",
    ]);
  });
});
