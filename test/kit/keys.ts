import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A key made by ssh-keygen: its private file, its public line, and its fingerprint as ssh-keygen says it. */
export type TestKey = { readonly file: string; readonly line: string; readonly fingerprint: string };

/** A directory of SSH keys and of files of signers, gone with the test. */
export type KeyBox = Disposable & {
  readonly directory: string;
  make(name: string, passphrase?: string): TestKey;
  /** Writes a file and gives back its path. */
  write(name: string, ...lines: readonly string[]): string;
};

/** Makes a box for keys. */
export function keyBox(): KeyBox {
  const directory = mkdtempSync(join(tmpdir(), "runbook-keys-"));
  return {
    directory,
    make: (name, passphrase = "") => {
      const file = join(directory, name);
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", file]);
      const said = execFileSync("ssh-keygen", ["-l", "-f", `${file}.pub`], { encoding: "utf8" });
      return { file, line: readFileSync(`${file}.pub`, "utf8").trim(), fingerprint: said.split(" ")[1] ?? "" };
    },
    write: (name, ...lines) => {
      const file = join(directory, name);
      writeFileSync(file, lines.map((line) => `${line}\n`).join(""));
      return file;
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
