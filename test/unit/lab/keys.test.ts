import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freshKey } from "../../../src/lab/keys.ts";

test("every key has its whole public half, which one in 256 would lack, and OpenSSH reads it", () => {
  const keys = Array.from({ length: 1500 }, () => freshKey());
  const sizes = new Set(keys.map((key) => Buffer.from(key.public.split(" ")[1] ?? "", "base64").length));
  expect([...sizes]).toEqual([51]);

  const directory = mkdtempSync(join(tmpdir(), "runbook-keys-"));
  try {
    const file = join(directory, "key");
    const [first] = keys;
    writeFileSync(file, `${first?.private}\n`, { mode: 0o600 });
    const told = execFileSync("ssh-keygen", ["-y", "-f", file], { encoding: "utf8" });
    expect(first?.public).toContain(told.trim().split(" ")[1]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
