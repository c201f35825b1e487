import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { statementOf } from "../../../src/engine/statement.ts";
import { signTexts } from "../../../src/sign/signer.ts";
import { identify, sshVerifier } from "../../../src/sign/verifier.ts";
import { keyBox, type KeyBox, type TestKey } from "../../kit/keys.ts";

let box: KeyBox;
let ada: TestKey;
let signers: string;
beforeEach(() => {
  box = keyBox();
  ada = box.make("ada");
  signers = box.write("signers", `ada@example.org ${ada.line}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  box[Symbol.dispose]();
});

const DECIDED = {
  host: "web1",
  step: "sweep",
  digest: "ab".repeat(16),
  verdict: "approve",
  by: "ada",
  decidedAt: Date.UTC(2026, 10, 3, 14, 5, 9),
} as const;

async function sign(decision: Parameters<typeof statementOf>[1] = DECIDED, key = ada, run = "r1"): Promise<string> {
  const [signature = ""] = await signTexts([statementOf(run, decision)], { file: key.file }, () => undefined);
  return signature;
}

async function refusal(signature: string, files: readonly string[] = [signers], decision = DECIDED): Promise<string> {
  const answer = await identify("r1", decision, signature, files);
  return "refused" in answer ? answer.refused : `taken as ${answer.principal}`;
}

test("a signature names its signer and its key", async () => {
  expect(await identify("r1", DECIDED, await sign(), [signers])).toEqual({
    principal: "ada@example.org",
    key: ada.fingerprint,
  });
});

test("a decision with its signature is taken as it was given, and not under another name or key", async () => {
  const good = { principal: "ada@example.org", key: ada.fingerprint, text: await sign() };
  expect(await sshVerifier.verify("r1", { ...DECIDED, signature: good }, [signers])).toBeNull();
  for (const forged of [{ principal: "bob@example.org" }, { key: `SHA256:${"A".repeat(43)}` }]) {
    const answer = await sshVerifier.verify("r1", { ...DECIDED, signature: { ...good, ...forged } }, [signers]);
    expect(answer?.refused).toMatch(/^it says that it was signed by .*, and ada@example.org \(SHA256:\S+\) signed it$/);
  }
  const timeless = { ...DECIDED, decidedAt: undefined, signature: good };
  expect((await sshVerifier.verify("r1", timeless, [signers]))?.refused).toMatch(/does not say when/);
  expect((await sshVerifier.verify("r1", DECIDED, [signers]))?.refused).toBe("it is not signed");
});

test.each([
  ["host", { host: "web2" }],
  ["step", { step: "other" }],
  ["digest", { digest: "cd".repeat(16) }],
  ["verdict", { verdict: "deny" }],
  ["person", { by: "eve" }],
  ["time", { decidedAt: DECIDED.decidedAt + 1 }],
  ["reason", { reason: "because" }],
  ["machine", { machine: "m" }],
] as const)("a signature for another %s is for another text", async (_, other) => {
  expect(await refusal(await sign({ ...DECIDED, ...other }))).toBe(
    "the signature is for another text than this decision",
  );
});

test("a signature for another run is for another text", async () => {
  expect(await refusal(await sign(DECIDED, ada, "r2"))).toBe("the signature is for another text than this decision");
});

test("a signature that was given for something else is no decision", async () => {
  const text = box.write("text");
  box.write("text", statementOf("r1", DECIDED).slice(0, -1));
  execFileSync("ssh-keygen", ["-q", "-Y", "sign", "-n", "git", "-f", ada.file, text], { stdio: "ignore" });
  const signature = execFileSync("cat", [`${text}.sig`], { encoding: "utf8" });
  expect(await refusal(signature)).toBe("the signature was given for something else, not for a decision");
});

test("a key that the file does not know is refused by its fingerprint", async () => {
  const eve = box.make("eve");
  expect(await refusal(await sign(DECIDED, eve))).toBe(`its key (${eve.fingerprint}) is not in ${signers}`);
});

test("what is cut, changed or no signature at all is malformed", async () => {
  const whole = await sign();
  const lines = whole.split("\n");
  const cut = [...lines.slice(0, 3), ...lines.slice(4)].join("\n");
  for (const broken of [
    "",
    "junk",
    whole.slice(0, 100),
    whole.replace("U1NIU0lH", "AAAAAAAA"),
    cut,
    "x".repeat(60_000),
  ]) {
    expect(await refusal(broken)).toMatch(/^the signature is malformed: ./);
  }
});

test("a key is good only for the time that the file gives it", async () => {
  const signature = await sign();
  const old = box.write("old", `ada valid-before="20261103" ${ada.line}`);
  expect(await refusal(signature, [old])).toMatch(/was not valid when it was decided, by \S+: key has expired/);
  const early = box.write("early", `ada valid-after="20261105" ${ada.line}`);
  expect(await refusal(signature, [early])).toMatch(/was not valid when it was decided, by \S+: key is not yet valid/);
  const then = box.write("then", `ada valid-after="20261101",valid-before="20261105" ${ada.line}`);
  expect(await refusal(signature, [then])).toBe("taken as ada");
});

test("a revoked key is refused, and so is every key while the list cannot be understood", async () => {
  const signature = await sign();
  const eve = box.make("eve");
  box.write("signers.revoked", eve.line);
  expect(await refusal(signature)).toBe("taken as ada@example.org");
  box.write("signers.revoked", eve.line, ada.line);
  expect(await refusal(signature)).toMatch(/^its key \(SHA256:\S+\) is revoked/);
  box.write("signers.revoked", "junk");
  expect(await refusal(signature)).toMatch(/no such list/);
});

test("a key that is meant for other uses, or for a pattern of names, names nobody", async () => {
  const signature = await sign();
  const git = box.write("git", `ada namespaces="git" ${ada.line}`);
  expect(await refusal(signature, [git])).toMatch(
    /may not sign decisions by .*not permitted for use in signature namespace/,
  );
  const pattern = box.write("pattern", `*@example.org ${ada.line}`);
  expect(await refusal(signature, [pattern])).toMatch(/stands in \S+ under a pattern, which names nobody/);
});

test("every file of signers must know the key, under the same name", async () => {
  const signature = await sign();
  const both = box.write("both", `root,ada@example.org ${ada.line}`);
  expect(await refusal(signature, [signers, both])).toBe("taken as ada@example.org");
  const other = box.write("other", `countess ${ada.line}`);
  expect(await refusal(signature, [signers, other])).toMatch(/has different names in/);
  const empty = box.write("empty", "# nobody");
  expect(await refusal(signature, [signers, empty])).toMatch(/is not in \S+empty$/);
});

test("no file of signers, or one that is not there, is no yes", async () => {
  const signature = await sign();
  expect(await refusal(signature, [])).toMatch(/no policy of the run names a file of signers/);
  expect(await refusal(signature, [`${signers}.gone`])).toMatch(/^the file of signers cannot be read: /);
});

test("a key that a line of the file gives several names is known by the first of them", async () => {
  const both = box.write("both", `ada@example.org,ada@example.net ${ada.line}`);
  expect(await refusal(await sign(), [both])).toBe("taken as ada@example.org");
  const net = box.write("net", `ada@example.net ${ada.line}`);
  expect(await refusal(await sign(), [both, net])).toBe("taken as ada@example.net");
});

test("where nothing can be written for ssh-keygen, a signature is refused with the reason, and signing says what to do", async () => {
  const signature = await sign();
  vi.stubEnv("TMPDIR", join(box.directory, "missing"));
  expect(await refusal(signature)).toMatch(/^its signature cannot be checked here: .*cannot be written: ENOENT/);
  await expect(sign()).rejects.toMatchObject({ faults: [{ kind: "usage", hint: expect.stringContaining("$TMPDIR") }] });
});

test("a certificate is good under the name that its authority gave it", async () => {
  const authority = box.make("authority");
  const period = ["-V", "20260101:20270101"];
  const argv = ["-q", "-s", authority.file, "-I", "id", "-n", "ada@corp", ...period, `${ada.file}.pub`];
  execFileSync("ssh-keygen", argv);
  const [signature = ""] = await signTexts(
    [statementOf("r1", DECIDED)],
    { file: `${ada.file}-cert.pub` },
    () => undefined,
  );
  const file = box.write("authorities", `*@corp cert-authority ${authority.line}`);
  expect(await identify("r1", DECIDED, signature, [file])).toEqual({ principal: "ada@corp", key: ada.fingerprint });
});

test("nothing stays behind in the directory for temporary files, and nobody else may look into what is there meanwhile", async () => {
  const before = process.env["TMPDIR"];
  const place = join(box.directory, "tmp");
  mkdirSync(place);
  process.env["TMPDIR"] = place;
  try {
    const modes = new Set<number>();
    const seen = setInterval(() => {
      for (const name of readdirSync(place)) {
        // It may be gone by now.
        const there = statSync(join(place, name), { throwIfNoEntry: false });
        if (there !== undefined) modes.add(there.mode & 0o777);
      }
    }, 1);
    await refusal(await sign());
    await refusal("junk");
    await expect(signTexts(["a"], { file: `${ada.file}.gone` }, () => undefined)).rejects.toThrow(/nothing was signed/);
    clearInterval(seen);
    expect([...modes]).toEqual([0o700]);
    expect(readdirSync(place)).toEqual([]);
  } finally {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  }
});
