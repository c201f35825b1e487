import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FaultError } from "../../../src/model/fault.ts";
import { defaultKey, signTexts } from "../../../src/sign/signer.ts";
import { eventually } from "../../kit/processes.ts";
import { keyBox, type KeyBox, type TestKey } from "../../kit/keys.ts";

let box: KeyBox;
let ada: TestKey;
beforeEach(() => {
  box = keyBox();
  ada = box.make("ada");
  mkdirSync(join(box.directory, "home/.ssh"), { recursive: true });
  vi.stubEnv("SSH_AUTH_SOCK", undefined);
  vi.stubEnv("HOME", join(box.directory, "home"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  box[Symbol.dispose]();
});

const home = (): string => join(box.directory, "home");

/** A real agent with these keys in it. */
async function agent(...keys: readonly TestKey[]): Promise<AsyncDisposable> {
  const socket = join(box.directory, "agent");
  const child = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  if (!(await eventually(() => existsSync(socket)))) throw new Error("no agent");
  vi.stubEnv("SSH_AUTH_SOCK", socket);
  for (const { file } of keys) execFileSync("ssh-add", ["-q", file], { stdio: "ignore" });
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await once(child, "exit");
    },
  };
}

/** The fingerprint of the key that signed a text, by ssh-keygen itself. */
function signerOf(text: string, signature = ""): string {
  const file = box.write("signature", signature);
  const argv = ["-Y", "check-novalidate", "-n", "runbook-decision", "-s", file];
  return /SHA256:\S+/.exec(execFileSync("ssh-keygen", argv, { input: text, encoding: "utf8" }))?.[0] ?? "";
}

async function faultOf(doing: Promise<unknown>): Promise<string> {
  const error = await doing.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof FaultError)) throw new Error("no fault");
  return error.faults.map((fault) => `${fault.where}: ${fault.message} (${fault.hint})`).join("\n");
}

test("each text gets its own signature, in order", async () => {
  const texts = Array.from({ length: 12 }, (_, at) => `text ${at}`);
  const signatures = await signTexts(texts, { file: ada.file }, () => undefined);
  expect(texts.map((text, at) => signerOf(text, signatures[at]))).toEqual(texts.map(() => ada.fingerprint));
});

test("a public key signs where its private half is in the agent", async () => {
  await using _ = await agent(ada);
  rmSync(ada.file);
  const [signature] = await signTexts(["text"], { file: `${ada.file}.pub` }, () => undefined);
  expect(signerOf("text", signature)).toBe(ada.fingerprint);
});

test("without a terminal an encrypted key signs nothing, and it says what to do", async () => {
  const locked = box.make("locked", "open sesame");
  expect(await faultOf(signTexts(["text"], { file: locked.file }, () => undefined))).toMatch(
    /^--sign \S+locked: nothing was signed: .*passphrase.* \(run it on a terminal, .*ssh-add\)\)$/,
  );
});

test("what is no key is said so", async () => {
  const junk = box.write("junk", "junk");
  for (const file of [junk, `${junk}.gone`, box.directory]) {
    expect(await faultOf(signTexts(["text"], { file }, () => undefined))).toMatch(
      /nothing was signed: .+name a private key/,
    );
  }
});

test("the key that is meant when none is named is git's, the agent's only one, or the first of the usual files", async () => {
  expect(await faultOf(defaultKey(home()))).toMatch(/there is no key to sign with/);

  copyFileSync(ada.file, join(home(), ".ssh/id_rsa"));
  expect(await defaultKey(home())).toEqual({ file: join(home(), ".ssh/id_rsa") });
  copyFileSync(ada.file, join(home(), ".ssh/id_ed25519"));
  expect(await defaultKey(home())).toEqual({ file: join(home(), ".ssh/id_ed25519") });

  const bob = box.make("bob");
  await using _ = await agent(bob);
  expect(await defaultKey(home())).toEqual({ publicKey: bob.line });
  const [signature] = await signTexts(["text"], await defaultKey(home()), () => undefined);
  expect(signerOf("text", signature)).toBe(bob.fingerprint);

  execFileSync("ssh-add", ["-q", ada.file], { stdio: "ignore" });
  expect(await faultOf(defaultKey(home()))).toMatch(/the agent has 2 keys, and nothing says which/);

  box.write("home/.gitconfig", "[user]", "signingkey = ~/.ssh/id_ed25519.pub");
  expect(await faultOf(defaultKey(home()))).toMatch(/the agent has 2 keys/);
  box.write("home/.gitconfig", "[user]", "signingkey = ~/.ssh/id_ed25519.pub", "[gpg]", "format = ssh");
  expect(await defaultKey(home())).toEqual({ file: join(home(), ".ssh/id_ed25519.pub") });
  box.write("home/.gitconfig", "[user]", `signingkey = key::${ada.line}`, "[gpg]", "format = ssh");
  expect(await defaultKey(home())).toEqual({ publicKey: ada.line });
});
